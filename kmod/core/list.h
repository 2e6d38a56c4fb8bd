/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_LIST_H
#define AB_LIST_H

/**
 * DOC: Lists for tools
 *
 * Problem    - An operator asks who is there and who owes what, on a bus with
 *              thousands of each, while it works.
 * States     - A place: (endpoint, id) of the last item given.
 * Guarantees - 1. One item per hold of the lock.
 *              2. What was there all the time is listed once.
 * Limits     - What came or went meanwhile may or may not be listed.
 * Ownership and locking - Bus lock; the item holds copies.
 */

#include "host.h"
#include "name.h"

struct ab_bus;

struct ab_listed {
	struct autobus_item item;	/* but for item.opener */
	char name[AUTOBUS_KERNEL_NAME_MAX + 8]; /* zero padded */
	struct ab_creds *creds;		/* of item.opener, referenced, or NULL */
	u64 endpoint;			/* the place of this item */
	u64 id;
};

/*
 * The first item behind the place (endpoint, id). what: AUTOBUS_LIST_ENDPOINTS,
 * _BINDINGS or _REQUESTS. -ENOENT at the end.
 */
int ab_list_next(struct ab_bus *bus, u32 what, u64 endpoint, u64 id,
		 struct ab_listed *listed);

/* The binding that would get a request of that name. -EADDRNOTAVAIL. */
int ab_list_replier(struct ab_bus *bus, const struct ab_name *name,
		    struct ab_listed *listed);

#endif /* AB_LIST_H */
