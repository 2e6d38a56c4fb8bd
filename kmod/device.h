/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright autobus contributors */
#ifndef AB_DEVICE_H
#define AB_DEVICE_H

/*
 * /dev/autobus0 ... : one character device per bus. Made when the module is
 * loaded and gone when it's unloaded, which open files prevent.
 */

int ab_devices_init(unsigned int count);
void ab_devices_exit(void);

#endif /* AB_DEVICE_H */
