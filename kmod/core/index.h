/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_INDEX_H
#define AB_INDEX_H

/**
 * DOC: The name index
 *
 * Problem    - A send must find its recipients in a time that depends on the
 *              depth of the name and on how many recipients there are, not on
 *              how many bindings exist, whoever made them.
 *
 *              The patterns form a tree of words. For $.A.B, $.A.*, $.%.B, $.A:
 *
 *                  (root)
 *                    |-- A        here: $.A     star: $.A.*
 *                    |   `-- B    here: $.A.B
 *                    `-- %
 *                        `-- B    here: $.%.B
 *
 *              Children are found in one hash table for the whole index, with a
 *              key from (parent, word) that outsiders can't guess; the child for
 *              '%' by a pointer. A name walks the tree depth first, literal
 *              child before '%' before '*'.
 * States     - A node exists while a binding is at it or below it.
 * Guarantees - 1. A walk meets the matching bindings in order of precedence.
 *              2. At depth d it visits at most 1 + d + d(d-1)/2 nodes, since a
 *                 pattern has at most two '%'.
 *              3. Insertion can't fail after ab_index_prepare(); removal never.
 * Limits     - The order among bindings of one pattern is that of binding.
 * Ownership and locking - Bus lock, but for prepare. Nodes belong to the index.
 */

#include "effects.h"
#include "host.h"
#include "name.h"
#include "table.h"

#define AB_NODE_ROOM	40

struct ab_node {
	struct ab_junk junk;
	struct ab_entry entry;
	struct ab_node *parent;	/* NULL: the root */
	struct ab_node *percent;
	u64 key;		/* hash of the words down to here */
	u32 uses;		/* children and bindings */
	u16 size;
	bool is_percent;
	const char *word;
	char *own;		/* memory of a long word, or NULL */
	struct list_head here[2];  /* bindings of this name, by role */
	struct list_head star[2];  /* bindings of this name and .*, by role */
	char room[AB_NODE_ROOM];
};

struct ab_index {
	struct ab_node root;
	struct ab_table table;
	struct ab_hash_key hash_key;
};

/* Nodes and memory for one insertion. { } is a legal empty one. */
struct ab_index_spare {
	struct ab_node *node[AUTOBUS_KERNEL_WORDS_MAX];
	struct ab_table_spare table;
	u32 nodes;
};

/* A walk over the matching binding lists, in order of precedence. */
struct ab_walk {
	const struct ab_name *name;
	u64 word_hash[AUTOBUS_KERNEL_WORDS_MAX];
	u32 depth_of_stack;
	struct {
		struct ab_node *node;
		u8 depth;
		bool star;
	} stack[3 * AUTOBUS_KERNEL_WORDS_MAX + 1];
};

/* Slots of here[] and star[]. */
#define AB_AT_LISTENERS	0
#define AB_AT_REPLIERS	1

void ab_index_init(struct ab_index *index);
/* The index must be empty. */
void ab_index_deinit(struct ab_index *index);

/* Allocates for the pattern; no lock. -ENOMEM, and then the spare is empty. */
int ab_index_prepare(struct ab_index *index, const struct ab_name *pattern,
		     struct ab_index_spare *spare);
void ab_index_spare_free(struct ab_index_spare *spare);

/* The node of a pattern, made from the spare if it isn't there. */
struct ab_node *ab_index_insert(struct ab_index *index,
				const struct ab_name *pattern,
				struct ab_index_spare *spare);
/* The same without making anything: NULL if it isn't there. */
struct ab_node *ab_index_find(struct ab_index *index,
			      const struct ab_name *pattern);

/* A binding was put at the node, or taken away; an unused node goes. */
void ab_node_use(struct ab_node *node);
void ab_node_unuse(struct ab_index *index, struct ab_node *node,
		   struct ab_effects *fx);

/* The next node with bindings that match; NULL at the end. *starp: which lists. */
void ab_walk_init(struct ab_walk *walk, struct ab_index *index,
		  const struct ab_name *name);
struct ab_node *ab_walk_next(struct ab_walk *walk, struct ab_index *index,
			     bool *starp);

/* For effects. */
void ab_node_free(struct ab_node *node);

#endif /* AB_INDEX_H */
