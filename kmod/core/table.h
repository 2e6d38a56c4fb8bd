/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_TABLE_H
#define AB_TABLE_H

/**
 * DOC: Growing hash tables
 *
 * Problem    - Endpoints, requests and words of names are found by key on every
 *              message. A table that is doubled at once would hold the bus lock
 *              for as long as all its entries take.
 * States     - A table has n buckets; bucket n is split off bucket n - half when
 *              an entry is added and there are more entries than buckets (linear
 *              hashing), so each insertion moves the entries of one bucket.
 * Guarantees - 1. Adding, removing and finding take expected constant time,
 *                 whatever the history.
 *              2. Adding can't fail once ab_table_prepare() has succeeded.
 * Limits     - It never shrinks; a segment, once there, stays till the end.
 * Ownership and locking - Entries belong to the caller. The caller's lock covers
 *              everything but ab_table_prepare().
 */

#include "host.h"

#define AB_TABLE_FIRST	64	/* buckets in segment 0, a power of two */
#define AB_TABLE_SEGMENTS 18	/* 64 * 2^17 buckets, more than any limit */

struct ab_entry {
	struct hlist_node node;
	u64 hash;
};

struct ab_table {
	struct hlist_head *segment[AB_TABLE_SEGMENTS];
	struct hlist_head first[AB_TABLE_FIRST];
	u32 buckets;
	u32 half;		/* power of two: half <= buckets < 2 * half */
	u32 entries;
};

/* Memory for one more segment. { } is a legal empty one. */
struct ab_table_spare {
	struct hlist_head *segment;
	u32 index;
};

void ab_table_init(struct ab_table *table);

/*
 * Allocates, without the lock, what the next insertion may need; n_entries and
 * n_buckets as read before (they may be out of date). -ENOMEM.
 */
int ab_table_prepare(u32 n_entries, u32 n_buckets,
		     struct ab_table_spare *spare);
void ab_table_spare_free(struct ab_table_spare *spare);

/*
 * Adds. Takes the spare's memory if it's needed now. Without a spare the
 * table doesn't grow this time.
 */
void ab_table_add(struct ab_table *table, struct ab_entry *entry, u64 hash,
		  struct ab_table_spare *spare);
void ab_table_del(struct ab_table *table, struct ab_entry *entry);

/* The bucket of a hash, to walk with hlist_for_each_entry. */
struct hlist_head *ab_table_bucket(struct ab_table *table, u64 hash);

/* Frees the segments. The table must be empty. */
void ab_table_deinit(struct ab_table *table);

#endif /* AB_TABLE_H */
