#!/bin/sh
# SPDX-License-Identifier: MIT
# The module builds without a warning, and sparse has nothing to say. Prints TAP.
cd "$(dirname "$0")/../.." || exit 1
if log=$(make --no-print-directory sparse 2>&1); then
    echo "ok - sparse is silent"
else
    echo "not ok - sparse is silent"
fi
echo "$log" | sed 's/^/# /'
case $log in
*warning:*) echo "not ok - the module builds without a warning" ;;
*) echo "ok - the module builds without a warning" ;;
esac
