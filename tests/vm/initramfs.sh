#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Packs a guest's root file system: busybox, our /init, the files asked for, the shared libraries
# those need, and kernel modules with all that they depend on. Prints the path of the archive; the
# same contents give the same archive again without packing.
#
# Usage: tests/vm/initramfs.sh --modules DIR [--module NAME]... [--program NAME]...
#                              [--file SRC[:DEST]]...
#   --modules DIR     the kernel's module tree, as tests/vm/kernel.sh prints it
#   --module NAME     a kernel module of that tree that the guest loads with modprobe
#   --program NAME    a program of this machine, found by PATH; ends up in /usr/bin
#   --file SRC:DEST   a file or folder; DEST is absolute, and a DEST that ends in / is a folder.
#                     Without DEST, SRC must be absolute and keeps its place.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
store=$top/build/vm/initramfs

fail() {
    echo "initramfs.sh: $*" >&2
    exit 1
}

tree=
names=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/files"

# Notes the copy of $1 to $2 for later.
want() {
    [ -e "$1" ] || fail "$1 does not exist"
    printf '%s\t%s\n' "$(readlink -f "$1")" "$2" >>"$work/files"
}

want_file() {
    case $1 in
    *:*/) want "${1%%:*}" "${1#*:}$(basename "${1%%:*}")" ;;
    *:/*) want "${1%%:*}" "${1#*:}" ;;
    *:*) fail "the place in \"$1\" must be absolute" ;;
    /*) want "$1" "$1" ;;
    *) fail "\"$1\" needs a place in the guest: SRC:DEST" ;;
    esac
}

while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "$1 needs a value, or is no option; see the top of $0"
    case $1 in
    --modules) tree=$2 ;;
    --module) names="$names $2" ;;
    --program)
        path=$(command -v "$2") || fail "no program $2 here"
        want "$path" "/usr/bin/$2"
        ;;
    --file) want_file "$2" ;;
    *) fail "unknown option $1; see the top of $0" ;;
    esac
    shift 2
done
[ -d "$tree" ] || fail "--modules must name a kernel's module tree"
release=$(basename "$tree")
root=${tree%/lib/modules/*}

busybox=$(command -v busybox) || fail "busybox-static is not installed; run tools/deps.sh"
want "$busybox" /bin/busybox
# The guest's scripts run in dash, its prompt is bash's: busybox's own shell prefers busybox's
# programs to those of the same name that we bring, such as ip.
want "$(command -v dash)" /bin/sh
want "$(command -v bash)" /bin/bash
want /lib/terminfo/l/linux /lib/terminfo/l/linux
want "$here/guest/init" /init
want "$here/guest/agent" /usr/lib/guest/agent

# The name of an archive is made from all that decides what is in it.
key=$({
    echo "$tree" "$names"
    stat -c '%n %s %.Y' "$0" "$tree/modules.dep" /var/lib/dpkg/status
    sort "$work/files"
    cut -f1 "$work/files" | tr '\n' '\0' | xargs -0 -I{} find {} -printf '%p %s %T@ %m\n'
} | sha256sum | cut -c1-20)
archive=$store/$key.cpio
if [ -e "$archive" ]; then
    touch "$archive"
    echo "$archive"
    exit 0
fi

stage=$work/root
mkdir -p "$stage/bin" "$stage/etc" "$stage/usr/bin" "$stage/tmp"

copy_files() {
    while IFS='	' read -r source place; do
        mkdir -p "$stage$(dirname "$place")"
        if [ -d "$source" ]; then
            mkdir -p "$stage$place"
            cp -a "$source/." "$stage$place"
        else
            cp "$source" "$stage$place"
        fi
    done <"$work/files"
}

# Everything that the staged programs load at their start: libraries and the loader itself.
copy_libraries() {
    cut -f1 "$work/files" | tr '\n' '\0' |
        xargs -0 -I{} find {} -type f ! -name '*.ko' \( -perm -u+x -o -name '*.so*' \) -print0 |
        xargs -0 -r ldd 2>/dev/null >"$work/ldd" || true
    if grep -q 'not found' "$work/ldd"; then
        grep -B 20 'not found' "$work/ldd" >&2
        fail "a shared library is missing here"
    fi
    sed -n 's/.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p' "$work/ldd" | sort -u | while read -r library; do
        mkdir -p "$stage$(dirname "$library")"
        cp -L "$library" "$stage$library"
    done
    mkdir -p "$stage/etc/ld.so.conf.d"
    cp /etc/ld.so.conf "$stage/etc/"
    cp /etc/ld.so.conf.d/*.conf "$stage/etc/ld.so.conf.d/"
    for folder in $(sed -n 's/^[[:space:]]*\(\/.*\)/\1/p' /etc/ld.so.conf.d/*.conf); do
        mkdir -p "$stage$folder"
    done
    /sbin/ldconfig -r "$stage" 2>/dev/null
}

# The modules in $names, their dependencies, and what modprobe needs to find them.
copy_modules() {
    target=$stage/lib/modules/$release
    mkdir -p "$target"
    for name in $names; do
        /sbin/modprobe -C /dev/null -d "$root" -S "$release" --show-depends "$name" \
            >>"$work/depends" 2>"$work/error" || fail "kernel $release: $(cat "$work/error")"
    done
    [ ! -e "$work/depends" ] || sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/depends" | sort -u |
        while read -r module; do
            place=$target${module#"$tree"}
            mkdir -p "$(dirname "$place")"
            case $module in
            *.xz) xz -dc "$module" >"${place%.xz}" ;;
            *) cp "$module" "$place" ;;
            esac
        done
    cp "$tree"/modules.builtin "$tree"/modules.builtin.modinfo "$tree"/modules.order "$target/"
    /sbin/depmod -b "$stage" "$release"
    echo "$names" >"$stage/etc/modules"
}

copy_files
copy_libraries
copy_modules
cat >"$stage/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
alice:x:1000:1000:alice:/tmp:/bin/sh
bob:x:1001:1001:bob:/tmp:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
END
cat >"$stage/etc/group" <<'END'
root:x:0:
alice:x:1000:
bob:x:1001:
nogroup:x:65534:
END
echo 'set enable-bracketed-paste off' >"$stage/etc/inputrc"
chmod 755 "$stage/init" "$stage/usr/lib/guest/agent"

mkdir -p "$store"
find "$store" -name '*.cpio' -mmin +120 -delete
(cd "$stage" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/archive"
mv "$work/archive" "$archive.$$"
mv "$archive.$$" "$archive"
echo "$archive"
