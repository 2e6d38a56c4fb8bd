/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright autobus contributors */
#ifndef AB_COMPAT_H
#define AB_COMPAT_H

/* What differs between the kernels that the module is built for: 6.1 and later. */

#include <linux/version.h>

/* class_create() lost its owner in 6.4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define compat_class_create(name)	class_create(THIS_MODULE, name)
#else
#define compat_class_create(name)	class_create(name)
#endif

/* devnode() takes a const device since 6.2. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define CONST_DEVNODE
#else
#define CONST_DEVNODE	const
#endif

#endif /* AB_COMPAT_H */
