// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "index.h"

static void init_lists(struct ab_node *node)
{
	int i;

	for (i = 0; i < 2; i++) {
		INIT_LIST_HEAD(&node->here[i]);
		INIT_LIST_HEAD(&node->star[i]);
	}
}

void ab_index_init(struct ab_index *index)
{
	memset(&index->root, 0, sizeof(index->root));
	init_lists(&index->root);
	ab_hash_key_init(&index->hash_key);
	ab_table_init(&index->table);
}

void ab_index_deinit(struct ab_index *index)
{
	ab_assert(!index->root.uses);
	ab_table_deinit(&index->table);
}

/*
 * A child's key: the word's hash is secret, so is the sum; a node's place in
 * the table can't be chosen by the one who chooses its words.
 */
static u64 child_key(const struct ab_node *parent, u64 word_hash)
{
	u64 key = parent->key * 0x9e3779b97f4a7c15ull + word_hash;

	return key ^ (key >> 32);
}

static u64 hash_word(struct ab_index *index, const struct ab_name *name, u32 i)
{
	return ab_hash(&index->hash_key, name->text + name->word[i].at,
		       name->word[i].size);
}

static struct ab_node *find_child(struct ab_index *index,
				  struct ab_node *parent,
				  const struct ab_name *name, u32 i, u64 hash)
{
	const struct ab_word *word = &name->word[i];
	u64 key = child_key(parent, hash);
	struct ab_node *node;

	hlist_for_each_entry(node, ab_table_bucket(&index->table, key),
			     entry.node) {
		if (node->key == key && node->parent == parent &&
		    node->size == word->size &&
		    !memcmp(node->word, name->text + word->at, word->size))
			return node;
	}
	return NULL;
}

static struct ab_node *node_new(const struct ab_name *pattern, u32 i)
{
	const struct ab_word *word = &pattern->word[i];
	struct ab_node *node = ab_new(AB_NODE);
	char *text;

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	node->junk.kind = AB_NODE;
	init_lists(node);
	text = node->room;
	if (word->size > sizeof(node->room)) {
		node->own = text = ab_alloc(word->size);
		if (!text) {
			ab_delete(AB_NODE, node);
			return NULL;
		}
	}
	memcpy(text, pattern->text + word->at, word->size);
	node->word = text;
	node->size = word->size;
	node->is_percent = ab_name_is_percent(pattern, i);
	return node;
}

void ab_node_free(struct ab_node *node)
{
	ab_free(node->own);
	ab_delete(AB_NODE, node);
}

int ab_index_prepare(struct ab_index *index, const struct ab_name *pattern,
		     struct ab_index_spare *spare)
{
	struct ab_table *table = &index->table;
	u32 entries = READ_ONCE(table->entries);
	u32 buckets = READ_ONCE(table->buckets);
	u32 i;

	memset(spare, 0, sizeof(*spare));
	if (ab_table_prepare(entries, buckets, &spare->table))
		return -ENOMEM;
	for (i = 0; i < pattern->words; i++) {
		spare->node[i] = node_new(pattern, i);
		if (!spare->node[i]) {
			ab_index_spare_free(spare);
			return -ENOMEM;
		}
		spare->nodes++;
	}
	return 0;
}

void ab_index_spare_free(struct ab_index_spare *spare)
{
	u32 i;

	for (i = 0; i < AUTOBUS_KERNEL_WORDS_MAX; i++) {
		if (spare->node[i])
			ab_node_free(spare->node[i]);
	}
	ab_table_spare_free(&spare->table);
	memset(spare, 0, sizeof(*spare));
}

static struct ab_node *descend(struct ab_index *index, struct ab_node *node,
			       const struct ab_name *pattern, u32 i)
{
	if (ab_name_is_percent(pattern, i))
		return node->percent;
	return find_child(index, node, pattern, i,
			  hash_word(index, pattern, i));
}

static struct ab_node *add_child(struct ab_index *index,
				 struct ab_node *parent,
				 const struct ab_name *pattern, u32 i,
				 struct ab_index_spare *spare)
{
	struct ab_node *node = spare->node[i];

	spare->node[i] = NULL;
	node->parent = parent;
	if (node->is_percent) {
		node->key = child_key(parent, 0);
		parent->percent = node;
	} else {
		node->key = child_key(parent, hash_word(index, pattern, i));
		ab_table_add(&index->table, &node->entry, node->key,
			     &spare->table);
	}
	ab_node_use(parent);
	return node;
}

struct ab_node *ab_index_insert(struct ab_index *index,
				const struct ab_name *pattern,
				struct ab_index_spare *spare)
{
	struct ab_node *node = &index->root, *next;
	u32 i;

	for (i = 0; i < pattern->words; i++) {
		next = descend(index, node, pattern, i);
		node = next ? next : add_child(index, node, pattern, i, spare);
	}
	return node;
}

struct ab_node *ab_index_find(struct ab_index *index,
			      const struct ab_name *pattern)
{
	struct ab_node *node = &index->root;
	u32 i;

	for (i = 0; node && i < pattern->words; i++)
		node = descend(index, node, pattern, i);
	return node;
}

void ab_node_use(struct ab_node *node)
{
	node->uses++;
}

void ab_node_unuse(struct ab_index *index, struct ab_node *node,
		   struct ab_effects *fx)
{
	struct ab_node *parent;

	while (!--node->uses && node->parent) {
		parent = node->parent;
		if (node->is_percent)
			parent->percent = NULL;
		else
			ab_table_del(&index->table, &node->entry);
		ab_discard(fx, &node->junk);
		node = parent;
	}
}

static void push(struct ab_walk *walk, struct ab_node *node, u32 depth,
		 bool star)
{
	walk->stack[walk->depth_of_stack].node = node;
	walk->stack[walk->depth_of_stack].depth = depth;
	walk->stack[walk->depth_of_stack].star = star;
	walk->depth_of_stack++;
}

void ab_walk_init(struct ab_walk *walk, struct ab_index *index,
		  const struct ab_name *name)
{
	u32 i;

	walk->name = name;
	walk->depth_of_stack = 0;
	for (i = 0; i < name->words; i++)
		walk->word_hash[i] = hash_word(index, name, i);
	push(walk, &index->root, 0, false);
}

static bool has_bindings(const struct list_head *lists)
{
	return !list_empty(&lists[0]) || !list_empty(&lists[1]);
}

/* Pushes what may match below the node, least specific first. */
static void push_below(struct ab_walk *walk, struct ab_index *index,
		       struct ab_node *node, u32 depth)
{
	struct ab_node *child;

	/* No wildcard stands for the first word Autobus. */
	if (depth || !walk->name->kernel) {
		if (has_bindings(node->star))
			push(walk, node, depth, true);
		if (node->percent)
			push(walk, node->percent, depth + 1, false);
	}
	child = find_child(index, node, walk->name, depth,
			   walk->word_hash[depth]);
	if (child)
		push(walk, child, depth + 1, false);
}

struct ab_node *ab_walk_next(struct ab_walk *walk, struct ab_index *index,
			     bool *starp)
{
	while (walk->depth_of_stack) {
		struct ab_node *node;
		u32 depth;

		walk->depth_of_stack--;
		node = walk->stack[walk->depth_of_stack].node;
		depth = walk->stack[walk->depth_of_stack].depth;
		*starp = walk->stack[walk->depth_of_stack].star;
		if (*starp)
			return node;
		if (depth < walk->name->words)
			push_below(walk, index, node, depth);
		else if (has_bindings(node->here))
			return node;
	}
	return NULL;
}
