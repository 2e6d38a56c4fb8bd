#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Shows that the debug kernel's nets are there: boots it, plants one bug after the other with the
# module in nets/, and looks for the report that names the function with the bug. Prints TAP.
#
# Usage: tests/vm/nets.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

headers=$("$here/debug-kernel.sh" | sed -n 's/^headers=//p')
[ -n "$headers" ] || exit 1
place=$top/build/vm/debug-6.1/nets
mkdir -p "$place"
ln -sf "$here/nets/Kbuild" "$here/nets/nets.c" "$place/"
make -s -C "$headers" M="$place" modules >"$place/log" 2>&1 || {
    cat "$place/log" >&2
    echo "not ok - the module that plants bugs is built"
    exit 1
}
exec "$here/guest.py" run --kernel debug --memory 1024 --boot-seconds 400 --seconds 900 \
    --file "$place/nets.ko:/t/nets.ko" --file "$here/nets/plant.sh:/t/plant.sh" -- sh /t/plant.sh
