/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */
#ifndef AB_HOST_H
#define AB_HOST_H

/*
 * The core's only door, outside the kernel
 *
 * The names that kmod/core and kmod/file expect, on top of libc, liburcu's lists
 * and libsodium's keyed hash. kmod/host.h is the same door in the kernel, and
 * has the same include guard.
 */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <linux/autobus.h>
#include <sodium/crypto_shorthash.h>
#include <urcu/hlist.h>
#include <urcu/list.h>
#include <urcu/ref.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#include "core/kind.h"

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define fallthrough		__attribute__((fallthrough))

/* The kernel's names for liburcu's lists. */
#define list_head		cds_list_head
#define INIT_LIST_HEAD		CDS_INIT_LIST_HEAD
#define list_add		cds_list_add
#define list_add_tail		cds_list_add_tail
#define list_del		cds_list_del
#define list_entry		cds_list_entry
#define list_first_entry	cds_list_first_entry
#define list_for_each_entry	cds_list_for_each_entry
#define list_for_each_entry_safe cds_list_for_each_entry_safe
#define hlist_head		cds_hlist_head
#define hlist_node		cds_hlist_node
#define hlist_add_head		cds_hlist_add_head
#define hlist_del		cds_hlist_del
#define hlist_for_each_entry	cds_hlist_for_each_entry_2

/* liburcu 0.13 has both, but neither const nor under these names. */
static inline void list_del_init(struct list_head *element)
{
	cds_list_del(element);
	CDS_INIT_LIST_HEAD(element);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

void *ab_alloc(size_t size);
void ab_free(void *memory);
void *ab_new(enum ab_kind kind);
void ab_delete(enum ab_kind kind, void *object);

struct ab_hash_key {
	unsigned char key[crypto_shorthash_KEYBYTES];
};

void ab_hash_key_init(struct ab_hash_key *key);
u64 ab_hash(const struct ab_hash_key *key, const void *data, size_t size);

struct ab_ref {
	struct urcu_ref ref;
};

static inline void ab_ref_init(struct ab_ref *ref)
{
	urcu_ref_init(&ref->ref);
}

static inline void ab_ref_get(struct ab_ref *ref)
{
	urcu_ref_get(&ref->ref);
}

static inline void ab_ref_put(struct ab_ref *ref,
			      void (*release)(struct ab_ref *ref))
{
	if (!uatomic_sub_return(&ref->ref.refcount, 1))
		release(ref);
}

struct ab_creds;

struct ab_creds *ab_creds_get(struct ab_creds *creds);
void ab_creds_put(struct ab_creds *creds);

struct ab_lock {
	pthread_mutex_t mutex;
	bool held;	/* for ab_assert_held() */
};

#define ab_assert_held(l)	assert((l)->held)
#define ab_assert(condition)	assert(condition)

#endif /* AB_HOST_H */
