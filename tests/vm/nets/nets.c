// SPDX-License-Identifier: GPL-2.0
// Copyright autobus contributors
/*
 * Plants bugs on demand, so that one can see that the debug kernel reports them:
 *
 *	echo BUG >/sys/module/nets/parameters/plant
 *
 * BUG: leak, invert, read-freed, sleep, corrupt-list. A function of that name
 * does it, so that the report can be told from any other.
 */
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_MUTEX(nets_first);
static DEFINE_MUTEX(nets_second);
static DEFINE_SPINLOCK(nets_spin);

/* Ten, as a stale register or stack slot may still hold one address. */
static noinline void nets_leak(void)
{
	void *memory;
	int i;

	for (i = 0; i < 10; i++) {
		memory = kmalloc(200, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(memory);
	}
}

static noinline void nets_invert(void)
{
	mutex_lock(&nets_first);
	mutex_lock(&nets_second);
	mutex_unlock(&nets_second);
	mutex_unlock(&nets_first);

	mutex_lock(&nets_second);
	mutex_lock(&nets_first);
	mutex_unlock(&nets_first);
	mutex_unlock(&nets_second);
}

static noinline void nets_read_freed(void)
{
	char *memory = kzalloc(200, GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(memory[100]);
}

static noinline void nets_sleep(void)
{
	spin_lock(&nets_spin);
	msleep(1);
	spin_unlock(&nets_spin);
}

static noinline void nets_corrupt_list(void)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	OPTIMIZER_HIDE_VAR(entry.next);
	list_del(&entry);
}

static const struct {
	const char *name;
	void (*plant)(void);
} bugs[] = {
	{ "leak", nets_leak },
	{ "invert", nets_invert },
	{ "read-freed", nets_read_freed },
	{ "sleep", nets_sleep },
	{ "corrupt-list", nets_corrupt_list },
};

static int plant(const char *name, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (sysfs_streq(name, bugs[i].name)) {
			bugs[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops plant_ops = { .set = plant };

module_param_cb(plant, &plant_ops, NULL, 0200);
MODULE_PARM_DESC(plant, "the bug to plant, now");

MODULE_LICENSE("GPL");
MODULE_AUTHOR("autobus contributors");
MODULE_DESCRIPTION("Plants bugs that a debug kernel must report");
