/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */
#ifndef AB_CREDS_H
#define AB_CREDS_H

#include "host.h"

/* Whoever opened an endpoint. Constant; shared by its messages. */
struct ab_creds {
	struct ab_ref ref;
	struct autobus_credentials shown;
};

/* NULL without memory. */
struct ab_creds *ab_creds_new(u32 tgid, u32 uid, u32 gid);

#endif /* AB_CREDS_H */
