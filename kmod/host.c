// SPDX-License-Identifier: GPL-2.0
// Copyright autobus contributors
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "creds.h"

static struct kmem_cache *caches[AB_KINDS];

int ab_host_init(void)
{
	int i;

	for (i = 0; i < AB_KINDS; i++) {
		/* Only messages are copied to users from where they are. */
		unsigned int shown = i == AB_MESSAGE ? ab_kinds[i].size : 0;

		caches[i] = kmem_cache_create_usercopy(ab_kinds[i].name,
						       ab_kinds[i].size, 0,
						       SLAB_ACCOUNT, 0, shown,
						       NULL);
		if (!caches[i]) {
			ab_host_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void ab_host_exit(void)
{
	int i;

	for (i = 0; i < AB_KINDS; i++) {
		kmem_cache_destroy(caches[i]);
		caches[i] = NULL;
	}
}

void *ab_alloc(size_t size)
{
	return kvmalloc(size, GFP_KERNEL_ACCOUNT);
}

void ab_free(void *memory)
{
	kvfree(memory);
}

void *ab_new(enum ab_kind kind)
{
	return kmem_cache_alloc(caches[kind], GFP_KERNEL);
}

void ab_delete(enum ab_kind kind, void *object)
{
	kmem_cache_free(caches[kind], object);
}

void ab_hash_key_init(struct ab_hash_key *key)
{
	get_random_bytes(&key->key, sizeof(key->key));
}

struct ab_creds *ab_creds_of_current(void)
{
	struct ab_creds *creds = kmalloc(sizeof(*creds), GFP_KERNEL_ACCOUNT);

	if (!creds)
		return NULL;
	refcount_set(&creds->refs, 1);
	creds->tgid = get_pid(task_tgid(current));
	creds->uid = current_euid();
	creds->gid = current_egid();
	return creds;
}

struct ab_creds *ab_creds_get(struct ab_creds *creds)
{
	refcount_inc(&creds->refs);
	return creds;
}

void ab_creds_put(struct ab_creds *creds)
{
	if (!refcount_dec_and_test(&creds->refs))
		return;
	put_pid(creds->tgid);
	kfree(creds);
}

bool ab_creds_is_current(const struct ab_creds *creds)
{
	return creds->tgid == task_tgid(current);
}

void ab_creds_show(const struct ab_creds *creds,
		   struct autobus_credentials *shown)
{
	struct user_namespace *ns = current_user_ns();

	shown->tgid = pid_vnr(creds->tgid);
	shown->uid = from_kuid(ns, creds->uid);
	shown->gid = from_kgid(ns, creds->gid);
}

int ab_wait(struct ab_waiters *waiters, bool (*condition)(void *), void *arg,
	    u64 timeout)
{
	int r;

	if (!timeout)
		return wait_event_interruptible(waiters->queue, condition(arg));
	timeout = min_t(u64, timeout, KTIME_MAX);
	r = wait_event_interruptible_hrtimeout(waiters->queue, condition(arg),
					       ns_to_ktime(timeout));
	return r == -ETIME ? -ETIMEDOUT : r;
}

int ab_io_init(struct ab_io *io, u64 at, u64 size, bool in)
{
	io->iter = &io->own;
	if (size > MAX_RW_COUNT)
		size = MAX_RW_COUNT;
	return import_single_range(in ? WRITE : READ, u64_to_user_ptr(at), size,
				   &io->vec, &io->own);
}
