#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Builds the debug kernel (tests/vm/debug.config) from Debian's kernel source in
# build/vm/debug-6.1/; nothing is installed but the packages that the build needs. Takes about
# 8 minutes and 1.5 GB the first time; nothing while configuration, source and compiler stay the same.
# Prints what kernel.sh prints.
#
# Usage: tests/vm/debug-kernel.sh
set -eu

cd "$(dirname "$0")/../.."
top=$PWD
config=$top/tests/vm/debug.config
place=$top/build/vm/debug-6.1
source=$place/source
objects=$place/build
tarball=/usr/src/linux-source-6.1.tar.xz

fail() {
    echo "debug-kernel.sh: $*" >&2
    exit 1
}

say() {
    echo "debug-kernel.sh: $*" >&2
}

# Runs a step with its output in $place/log, and shows the end of that if it fails.
quietly() {
    "$@" >"$place/log" 2>&1 || {
        tail -n 25 "$place/log" >&2
        fail "failed: $*  (all of its output: $place/log)"
    }
}

kernel_make() {
    nice -n 10 make -j2 -C "$source" O="$objects" KBUILD_BUILD_USER=autobus \
        KBUILD_BUILD_HOST=autobus KBUILD_BUILD_TIMESTAMP="$version" "$@"
}

unpack() {
    [ "$(cat "$place/unpacked" 2>/dev/null)" != "$version" ] || return 0
    say "unpacking the source of kernel $version"
    rm -rf "$source" "$objects"
    mkdir -p "$source"
    # Without the bulkiest of what other machines and graphics cards need.
    tar -C "$source" --strip-components 1 -xf "$tarball" --exclude='*/boot/dts/*' \
        --exclude='*/drivers/gpu/drm/amd/include/*' --exclude='*/tools/testing/*'
    echo "$version" >"$place/unpacked"
}

# tinyconfig, then ours. A line that Kconfig drops for a missing dependency is an error.
configure() {
    quietly kernel_make tinyconfig
    quietly "$source/scripts/kconfig/merge_config.sh" -m -O "$objects" "$objects/.config" "$config"
    quietly kernel_make olddefconfig
    wrong=$(grep -E '^(CONFIG_|# CONFIG_.* is not set)' "$config" | grep -vxFf "$objects/.config" |
        grep -v 'is not set' || true)
    [ -z "$wrong" ] || fail "the kernel does not take these lines of $config:
$wrong"
}

build() {
    unpack
    say "building the debug kernel $version (about 8 minutes)"
    configure
    quietly kernel_make bzImage modules
    release=$(cat "$objects/include/config/kernel.release")
    rm -rf "$place/lib" "$place/boot"
    quietly kernel_make INSTALL_MOD_PATH="$place" modules_install
    mkdir -p "$place/boot"
    # Not the bare kernel, which would boot a little faster: its entry is one that KASAN breaks.
    cp "$objects/arch/x86/boot/bzImage" "$place/boot/vmlinuz-$release"
    echo "$key" >"$place/built"
    say "done"
}

"$top/tools/deps.sh" debug-kernel >&2
version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
key=$({
    cat "$config" tests/vm/debug-kernel.sh
    echo "$version"
    gcc --version
} | sha256sum | cut -c1-40)

mkdir -p "$place"
exec 9>"$place/lock"
flock 9
if [ "$(cat "$place/built" 2>/dev/null)" != "$key" ]; then
    build
fi
release=$(cat "$objects/include/config/kernel.release")

cat <<END
release=$release
image=$place/boot/vmlinuz-$release
modules=$place/lib/modules/$release
headers=$objects
END
