#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches Debian's kernel that belongs to the installed linux-headers-amd64 and unpacks it into
# build/vm/debian-6.1/; nothing is installed. Prints where things are, as shell assignments:
#   release, image (what QEMU boots), modules (the tree with modules.dep), headers (what a module is
#   built against)
#
# Usage: tests/vm/kernel.sh
set -eu

cd "$(dirname "$0")/../.."
top=$PWD

fail() {
    echo "kernel.sh: $*" >&2
    exit 1
}

say() {
    echo "kernel.sh: $*" >&2
}

# The headers that linux-headers-amd64 stands for, for instance linux-headers-6.1.0-25-amd64.
package=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 2>/dev/null |
    sed -n 's/.*\(linux-headers-[0-9][^ ,]*-amd64\).*/\1/p')
[ -n "$package" ] || fail "linux-headers-amd64 is not installed; run tools/deps.sh"
version=$(dpkg-query -W -f '${Version}' "$package")
release=${package#linux-headers-}
base=$(echo "$release" | cut -d. -f1,2)
place=$top/build/vm/debian-$base
modules=$place/lib/modules/$release

# Leaves the kernel's package in $place/fetch, or fails.
download() {
    mkdir -p "$place/fetch"
    (cd "$place/fetch" &&
        apt-get -q -o APT::Sandbox::User=root download "linux-image-$release=$version" \
            >log 2>&1)
}

# The number of $3 bytes at offset $2 of the file $1.
number() {
    od -An -v "-tu$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# Writes the kernel in the bzImage $1 to $2. QEMU boots that directly; to leave the decompression to
# the emulated machine takes seconds of each boot. Offsets: Documentation/x86/boot.rst.
extract() {
    start=$((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4)))
    tail -c "+$((start + 1))" "$1" | head -c "$(number "$1" 588 4)" |
        xz -dc --single-stream >"$2"
    [ "$(head -c 4 "$2" | tail -c 3)" = ELF ]
}

unpack() {
    say "fetching linux-image-$release $version (about 70 MB; unpacked, not installed)"
    if ! download; then
        say "apt does not know it; trying again after apt-get update"
        apt-get -q update >/dev/null || fail "apt-get update failed"
        download || fail "cannot fetch linux-image-$release $version:
$(tail -n 1 "$place/fetch/log")
The archive may have moved on; apt-get install linux-headers-amd64 brings newer headers."
    fi
    say "unpacking it into ${place#"$top"/}"
    dpkg -x "$place"/fetch/linux-image-*.deb "$place"
    rm -rf "$place/fetch"
    depmod -b "$place" "$release"
    extract "$place/boot/vmlinuz-$release" "$place/boot/vmlinux-$release" ||
        fail "cannot take the kernel out of $place/boot/vmlinuz-$release"
    echo "$version" >"$place/unpacked"
}

mkdir -p "$top/build/vm"
exec 9>"$top/build/vm/kernel.lock"
flock 9
if [ "$(cat "$place/unpacked" 2>/dev/null)" != "$version" ]; then
    rm -rf "$place"
    unpack
fi

cat <<END
release=$release
image=$place/boot/vmlinux-$release
modules=$modules
headers=/usr/src/$package
END
