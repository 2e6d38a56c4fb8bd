# SPDX-License-Identifier: MIT
#
# In the guest: plants each bug and looks for its report. Lockdep comes first: it stops working at
# the first report of anybody.
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

# Plants $1 and looks for a line with $2, and then one with $3, in what the kernel says.
plant() {
    dmesg -c >/dev/null
    echo "$1" >/sys/module/nets/parameters/plant
    dmesg | sed -n "/$2/,\$p" | grep -q "$3"
    result $? "$4 reports $3"
}

! dmesg | grep -E 'BUG|WARNING|KASAN|possible'
result $? "the debug kernel boots without a report"
insmod /t/nets.ko || exit 1

plant invert 'possible circular locking dependency' nets_invert lockdep
plant sleep 'sleeping function called from invalid context\|scheduling while atomic' nets_sleep \
    'the check for sleep under a spin lock'
plant corrupt-list 'list_del corruption' nets_corrupt_list 'the check of lists'
plant read-freed 'KASAN: use-after-free\|KASAN: slab-use-after-free' nets_read_freed KASAN

leaks=/sys/kernel/debug/kmemleak
# What is younger than five seconds isn't called a leak; so old ones are looked for first.
sleep 6
echo scan >$leaks
[ -z "$(cat $leaks)" ]
result $? "kmemleak finds nothing before the leak"
echo leak >/sys/module/nets/parameters/plant
sleep 6
echo scan >$leaks
echo scan >$leaks
grep -q nets_leak $leaks
result $? "kmemleak reports nets_leak"
exit $failed
