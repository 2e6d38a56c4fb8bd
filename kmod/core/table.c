// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "table.h"

/* Segment k > 0 holds the buckets from 64 * 2^(k-1) to 64 * 2^k - 1. */
static u32 segment_of(u32 bucket)
{
	u32 k = 0;

	while (bucket >= (u32)AB_TABLE_FIRST << k)
		k++;
	return k;
}

static u32 segment_start(u32 k)
{
	return k ? (u32)AB_TABLE_FIRST << (k - 1) : 0;
}

static struct hlist_head *bucket_at(struct ab_table *table, u32 bucket)
{
	u32 k = segment_of(bucket);

	return &table->segment[k][bucket - segment_start(k)];
}

void ab_table_init(struct ab_table *table)
{
	memset(table, 0, sizeof(*table));
	table->segment[0] = table->first;
	table->buckets = AB_TABLE_FIRST;
	table->half = AB_TABLE_FIRST;
}

struct hlist_head *ab_table_bucket(struct ab_table *table, u64 hash)
{
	u32 bucket = hash & (2 * (u64)table->half - 1);

	if (bucket >= table->buckets)
		bucket -= table->half;
	return bucket_at(table, bucket);
}

int ab_table_prepare(u32 n_entries, u32 n_buckets, struct ab_table_spare *spare)
{
	u32 k = segment_of(n_buckets);

	*spare = (struct ab_table_spare){ .index = k };
	/* Some slack: others may insert before the spare is used. */
	if (n_entries + n_entries / 4 + AB_TABLE_FIRST / 2 < n_buckets ||
	    n_buckets != segment_start(k) || k >= AB_TABLE_SEGMENTS)
		return 0;
	spare->segment = ab_alloc(sizeof(*spare->segment) * segment_start(k));
	if (!spare->segment)
		return -ENOMEM;
	memset(spare->segment, 0, sizeof(*spare->segment) * segment_start(k));
	return 0;
}

void ab_table_spare_free(struct ab_table_spare *spare)
{
	ab_free(spare->segment);
	spare->segment = NULL;
}

/* Adds bucket table->buckets, with its share of the bucket that it's split off. */
static void split(struct ab_table *table)
{
	u32 from = table->buckets - table->half;
	struct hlist_head *old = bucket_at(table, from);
	struct hlist_head *new = bucket_at(table, table->buckets);
	struct ab_entry *entry;
	bool again;

	do {
		again = false;
		hlist_for_each_entry(entry, old, node) {
			if (!(entry->hash & table->half))
				continue;
			hlist_del(&entry->node);
			hlist_add_head(&entry->node, new);
			again = true;
			break;
		}
	} while (again);
	WRITE_ONCE(table->buckets, table->buckets + 1);
	if (table->buckets == 2 * table->half)
		table->half = table->buckets;
}

void ab_table_add(struct ab_table *table, struct ab_entry *entry, u64 hash,
		  struct ab_table_spare *spare)
{
	u32 k = segment_of(table->buckets);

	if (table->entries >= table->buckets && k < AB_TABLE_SEGMENTS) {
		if (!table->segment[k] && spare->segment && spare->index == k) {
			table->segment[k] = spare->segment;
			spare->segment = NULL;
		}
		if (table->segment[k])
			split(table);
	}
	entry->hash = hash;
	hlist_add_head(&entry->node, ab_table_bucket(table, hash));
	WRITE_ONCE(table->entries, table->entries + 1);
}

void ab_table_del(struct ab_table *table, struct ab_entry *entry)
{
	hlist_del(&entry->node);
	WRITE_ONCE(table->entries, table->entries - 1);
}

void ab_table_deinit(struct ab_table *table)
{
	u32 k;

	ab_assert(!table->entries);
	for (k = 1; k < AB_TABLE_SEGMENTS; k++)
		ab_free(table->segment[k]);
	ab_table_init(table);
}
