/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright autobus contributors */
#ifndef AB_CREDS_H
#define AB_CREDS_H

#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>

#include "host_file.h"

/* Whoever opened an endpoint. Constant; shared by its messages. */
struct ab_creds {
	refcount_t refs;
	struct pid *tgid;
	kuid_t uid;
	kgid_t gid;
};

/* Of the calling task; NULL without memory. */
struct ab_creds *ab_creds_of_current(void);

/* Is the calling task the process that opened it? */
bool ab_creds_is_current(const struct ab_creds *creds);

/* Makes and gives back the caches of ab_kinds[]. */
int ab_host_init(void);
void ab_host_exit(void);

#endif /* AB_CREDS_H */
