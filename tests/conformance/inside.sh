# SPDX-License-Identifier: MIT
#
# In the guest: loads the module, runs the conformance programs on its device, and looks for what
# they left in the kernel. Prints TAP for the extra checks; the programs write JUnit logs.
mkdir -p /results
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

insmod /t/autobus.ko devices=3
result $? "the module loads"
dmesg -c | sed 's/^/# boot: /' | grep -i autobus
[ "$(stat -c %a /dev/autobus0)" = 660 ]
result $? "only the owner and the group may open a bus"
# The tests also open it as ordinary users.
chmod 666 /dev/autobus*

export AUTOBUS_HOST=/dev/autobus0
for program in conformance conformance32; do
    [ -x /t/$program ] || continue
    /t/$program --logger=JUNIT,test_suite,/results/$program.xml --logger=HRF,test_suite,/results/$program.log \
        --report_level=no --color_output=no ${RUN_TEST:+--run_test="$RUN_TEST"} >/results/$program.out 2>&1
    status=$?
    [ $status = 0 ] || tail -n 40 /results/$program.out | sed 's/^/# /'
    [ $status = 0 ] || grep -E ' (fatal )?error:' /results/$program.log | head -n 60 | sed 's/^/# /'
    [ -s /results/$program.xml ]
    result $? "$program ran to its end (status $status)"
done

caches=0
left=
for cache in /sys/kernel/slab/autobus_*; do
    [ -e "$cache/shrink" ] || continue
    caches=$((caches + 1))
    # Empty slabs go back first: /proc/slabinfo counts all objects of a CPU's own slab as active.
    echo 1 >"$cache/shrink"
    active=$(awk -v name="${cache##*/}" '$1 == name { print $2 }' /proc/slabinfo)
    [ "$active" = 0 ] || left="$left ${cache##*/}: $active"
done
[ $caches -gt 0 ] && [ -z "$left" ]
result $? "nothing is left in the $caches slab caches$left"

leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
    sleep 6
    echo scan >$leaks
    echo scan >$leaks
    sed 's/^/# /' $leaks
    [ -z "$(cat $leaks)" ]
    result $? "kmemleak finds nothing"
fi

rmmod autobus && ! grep -q '^autobus ' /proc/modules
result $? "the module unloads"
[ ! -e /dev/autobus0 ] && ! grep -q '^autobus_' /proc/slabinfo
result $? "its devices and its caches have gone with it"
insmod /t/autobus.ko && rmmod autobus
result $? "it can be loaded again"

dmesg >/results/dmesg
head -n 60 /results/dmesg | sed 's/^/# dmesg: /'
! grep -qiE 'autobus|ab_|warn|bug|oops|kasan|lock|leak|slab|stall|hung|trace|fail|corrupt' /results/dmesg
result $? "the kernel's log has nothing to say"
exit $failed
