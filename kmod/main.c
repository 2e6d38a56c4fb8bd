// SPDX-License-Identifier: GPL-2.0
// Copyright autobus contributors
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "creds.h"
#include "device.h"

#define DEVICES_MAX	256

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "how many buses: /dev/autobus0 and on (1 to 256)");

static int __init autobus_init(void)
{
	int r;

	if (devices < 1 || devices > DEVICES_MAX) {
		pr_err("devices=%u: must be 1 to %u\n", devices, DEVICES_MAX);
		return -EINVAL;
	}
	r = ab_host_init();
	if (r)
		return r;
	r = ab_devices_init(devices);
	if (r)
		ab_host_exit();
	return r;
}

static void __exit autobus_exit(void)
{
	ab_devices_exit();
	ab_host_exit();
}

module_init(autobus_init);
module_exit(autobus_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("autobus contributors");
MODULE_DESCRIPTION("A message bus that you open()");
