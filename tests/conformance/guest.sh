#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the device contract's tests on /dev/autobus0 in a guest, in 64 and 32 bits, and looks for
# what they left in the kernel. Prints TAP: a line per test, and the extra checks.
#
# Usage: tests/conformance/guest.sh [debian|debug] [TESTS]
#   TESTS: which, as for --run_test of Boost.Test
set -eu

cd "$(dirname "$0")/../.."
kernel=${1:-debian}
tests=${2:-}
case $kernel in
debian) facts=$(tests/vm/kernel.sh) memory=768 ;;
debug) facts=$(tests/vm/debug-kernel.sh) memory=2048 ;;
*) echo "guest.sh: there are the kernels debian and debug, not \"$kernel\"" >&2 && exit 2 ;;
esac
headers=$(echo "$facts" | sed -n 's/^headers=//p')
make -s module KDIR="$headers" >&2
make -s build/tests/conformance build/tests/conformance32 >&2
module=build/kmod-$(echo "$facts" | sed -n 's/^release=//p')/kmod/autobus.ko

out=build/tests/conformance-$kernel
rm -rf "$out"
mkdir -p "$out/t"
for program in conformance conformance32; do
    strip -o "$out/t/$program" build/tests/$program
done
cp "$module" tests/conformance/inside.sh "$out/t/"

# A Debian kernel runs programs of 32 bits, the debug kernel needn't.
if ! grep -qs '^CONFIG_IA32_EMULATION=y' "$headers/include/config/auto.conf"; then
    rm "$out/t/conformance32"
fi

status=0
tests/vm/guest.py run --name "conformance-$kernel" --kernel "$kernel" --memory "$memory" \
    --append slab_nomerge --seconds 3000 --file "$PWD/$out/t:/t" --results "/results:$out" \
    -- "RUN_TEST='$tests' sh /t/inside.sh" || status=$?
rm -rf "$out/t"
for program in conformance conformance32; do
    [ -e "$out/$program.xml" ] || continue
    cp "$out/$program.xml" "build/tests/$program-guest.xml"
    python3 tests/conformance/tap.py "$out/$program.xml" "$program" || status=1
done
[ "$status" = 0 ] || [ -e "$out/conformance.xml" ] || echo "not ok - the guest ran the tests"
exit "$status"
