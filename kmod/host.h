/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright autobus contributors */
#ifndef AB_HOST_H
#define AB_HOST_H

/*
 * The core's only door, in the kernel
 *
 * All that kmod/core may use: fixed-size types, errno numbers, memcpy, memcmp
 * and memset, READ_ONCE and WRITE_ONCE, the list_ and hlist_ names, the ABI, and
 * what is declared here. userspace/host/host.h is the same door elsewhere, and
 * has the same include guard.
 */

#include <linux/autobus.h>
#include <linux/errno.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#include "core/kind.h"

/* Memory; NULL when there is none. Not zeroed. May sleep. NULL may be freed. */
void *ab_alloc(size_t size);
void ab_free(void *memory);
void *ab_new(enum ab_kind kind);
void ab_delete(enum ab_kind kind, void *object);

/* A hash that others can't foresee. */
struct ab_hash_key {
	siphash_key_t key;
};

void ab_hash_key_init(struct ab_hash_key *key);

static inline u64 ab_hash(const struct ab_hash_key *key, const void *data,
			  size_t size)
{
	return siphash(data, size, &key->key);
}

/* References, for what is counted without the bus lock. */
struct ab_ref {
	struct kref kref;
};

static inline void ab_ref_init(struct ab_ref *ref)
{
	kref_init(&ref->kref);
}

static inline void ab_ref_get(struct ab_ref *ref)
{
	kref_get(&ref->kref);
}

/* The last one calls release. */
static inline void ab_ref_put(struct ab_ref *ref,
			      void (*release)(struct ab_ref *ref))
{
	if (refcount_dec_and_test(&ref->kref.refcount))
		release(ref);
}

/* Who opened an endpoint; ab_creds_get() returns its argument. Any context. */
struct ab_creds;

struct ab_creds *ab_creds_get(struct ab_creds *creds);
void ab_creds_put(struct ab_creds *creds);

/* The bus lock. The core never takes it. */
struct ab_lock {
	spinlock_t lock;
};

#define ab_assert_held(l)	lockdep_assert_held(&(l)->lock)
#define ab_assert(condition)	WARN_ON_ONCE(!(condition))

#endif /* AB_HOST_H */
