# SPDX-License-Identifier: MIT
#
# In the guest, after the kill test: is anything left in the kernel? Unloads the module. Prints TAP.
# The kernel was booted with slab_nomerge, so that our caches have nobody else's objects.
failed=0

# $1: whether it worked, $2: what
result() {
    if [ "$1" = 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        failed=1
    fi
}

caches=0
left=
for cache in /sys/kernel/slab/autobus_*; do
    [ -e "$cache/shrink" ] || continue
    caches=$((caches + 1))
    # Empty slabs go back first: /proc/slabinfo counts all objects of a CPU's own slab as active.
    echo 1 >"$cache/shrink"
    objects=$(cut -d' ' -f1 "$cache/objects")
    active=$(awk -v name="${cache##*/}" '$1 == name { print $2 }' /proc/slabinfo)
    [ "$objects $active" = "0 0" ] || left="$left ${cache##*/}: $objects ($active)"
done
[ "$caches" -ge 7 ] && [ -z "$left" ]
result $? "nothing is left in our $caches slab caches$left"

leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
    # What is younger than five seconds isn't called a leak.
    sleep 6
    echo scan >$leaks
    echo scan >$leaks
    sed 's/^/# /' $leaks
    [ ! -s $leaks ] && [ -z "$(cat $leaks)" ]
    result $? "kmemleak finds nothing"
fi

if [ -e /proc/lockdep_stats ]; then
    grep -q 'debug_locks: *1' /proc/lockdep_stats
    result $? "lockdep has watched to the end"
fi

rmmod autobus && ! grep -q '^autobus ' /proc/modules
result $? "the module unloads"
! grep -q '^autobus' /proc/slabinfo
result $? "its caches have gone with it"

dmesg | head -n 60 | sed 's/^/# dmesg: /'
! dmesg | grep -qiE 'autobus|ab_|warn|bug|oops|kasan|lock|leak|slab|stall|hung|trace|fail|memory|corrupt'
result $? "the kernel's log has nothing to say"
exit $failed
