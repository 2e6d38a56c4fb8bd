// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "creds.h"
#include "faults.h"
#include "host_file.h"

int (*ab_alloc_fails)(void);
int (*ab_copy_fails)(void);

static long live;

long ab_alloc_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}

void *ab_alloc(size_t size)
{
	void *memory;

	if (ab_alloc_fails && ab_alloc_fails())
		return NULL;
	memory = malloc(size ? size : 1);
	if (memory)
		__atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
	return memory;
}

void ab_free(void *memory)
{
	if (memory)
		__atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
	free(memory);
}

void *ab_new(enum ab_kind kind)
{
	return ab_alloc(ab_kinds[kind].size);
}

void ab_delete(enum ab_kind kind, void *object)
{
	(void)kind;
	ab_free(object);
}

void ab_hash_key_init(struct ab_hash_key *key)
{
	randombytes_buf(key->key, sizeof(key->key));
}

u64 ab_hash(const struct ab_hash_key *key, const void *data, size_t size)
{
	u64 hash;

	crypto_shorthash((unsigned char *)&hash, data, size, key->key);
	return hash;
}

struct ab_creds *ab_creds_new(u32 tgid, u32 uid, u32 gid)
{
	struct ab_creds *creds = ab_alloc(sizeof(*creds));

	if (!creds)
		return NULL;
	ab_ref_init(&creds->ref);
	creds->shown.tgid = tgid;
	creds->shown.uid = uid;
	creds->shown.gid = gid;
	return creds;
}

struct ab_creds *ab_creds_get(struct ab_creds *creds)
{
	ab_ref_get(&creds->ref);
	return creds;
}

static void free_creds(struct ab_ref *ref)
{
	ab_free(ab_container_of(ref, struct ab_creds, ref));
}

void ab_creds_put(struct ab_creds *creds)
{
	ab_ref_put(&creds->ref, free_creds);
}

void ab_creds_show(const struct ab_creds *creds,
		   struct autobus_credentials *shown)
{
	*shown = creds->shown;
}

void ab_lock_init(struct ab_lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lock->held = false;
}

void ab_lock_take(struct ab_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	lock->held = true;
}

void ab_lock_release(struct ab_lock *lock)
{
	lock->held = false;
	pthread_mutex_unlock(&lock->mutex);
}

void ab_mutex_init(struct ab_mutex *mutex)
{
	pthread_mutex_init(&mutex->mutex, NULL);
}

int ab_mutex_lock(struct ab_mutex *mutex)
{
	pthread_mutex_lock(&mutex->mutex);
	return 0;
}

bool ab_mutex_trylock(struct ab_mutex *mutex)
{
	return !pthread_mutex_trylock(&mutex->mutex);
}

void ab_mutex_unlock(struct ab_mutex *mutex)
{
	pthread_mutex_unlock(&mutex->mutex);
}

void ab_waiters_init(struct ab_waiters *waiters)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&waiters->mutex, NULL);
	pthread_cond_init(&waiters->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	waiters->wakes = 0;
	waiters->interrupts = 0;
	waiters->fd = -1;
	waiters->signalled = false;
}

void ab_waiters_deinit(struct ab_waiters *waiters)
{
	if (waiters->fd >= 0)
		close(waiters->fd);
	pthread_cond_destroy(&waiters->woken);
	pthread_mutex_destroy(&waiters->mutex);
}

static void wake(struct ab_waiters *waiters, u64 interrupts)
{
	pthread_mutex_lock(&waiters->mutex);
	waiters->wakes++;
	waiters->interrupts += interrupts;
	pthread_cond_broadcast(&waiters->woken);
	if (waiters->fd >= 0 && !waiters->signalled) {
		waiters->signalled = true;
		eventfd_write(waiters->fd, 1);
	}
	pthread_mutex_unlock(&waiters->mutex);
}

void ab_waiters_wake(struct ab_waiters *waiters)
{
	wake(waiters, 0);
}

void ab_waiters_interrupt(struct ab_waiters *waiters)
{
	wake(waiters, 1);
}

static void deadline_in(u64 timeout, struct timespec *deadline)
{
	const u64 second = 1000000000;
	const u64 century = 100ull * 365 * 86400 * second;

	if (timeout > century)
		timeout = century;
	clock_gettime(CLOCK_MONOTONIC, deadline);
	timeout += deadline->tv_nsec;
	deadline->tv_sec += timeout / second;
	deadline->tv_nsec = timeout % second;
}

int ab_wait(struct ab_waiters *waiters, bool (*condition)(void *), void *arg,
	    u64 timeout)
{
	struct timespec deadline;
	u64 seen, interrupts;
	int r = 0;

	deadline_in(timeout, &deadline);
	pthread_mutex_lock(&waiters->mutex);
	interrupts = waiters->interrupts;
	for (;;) {
		/* The condition may look at what a waker holds a lock for. */
		seen = waiters->wakes;
		pthread_mutex_unlock(&waiters->mutex);
		if (condition(arg))
			return 0;
		pthread_mutex_lock(&waiters->mutex);
		if (waiters->interrupts != interrupts)
			r = -AB_RESTART;
		if (r)
			break;
		if (waiters->wakes != seen)
			continue;
		if (!timeout)
			pthread_cond_wait(&waiters->woken, &waiters->mutex);
		else if (pthread_cond_timedwait(&waiters->woken,
						&waiters->mutex, &deadline))
			r = -ETIMEDOUT;
	}
	pthread_mutex_unlock(&waiters->mutex);
	return r;
}

static int copy(void *to, const void *from, size_t size)
{
	if (!size)
		return 0;
	if (ab_copy_fails && ab_copy_fails())
		return -EFAULT;
	/* What a caller passes instead of memory, most often. */
	if ((uintptr_t)to < 4096 || (uintptr_t)from < 4096)
		return -EFAULT;
	memcpy(to, from, size);
	return 0;
}

int ab_io_init(struct ab_io *io, u64 at, u64 size, bool in)
{
	(void)in;
	io->at = (char *)(uintptr_t)at;
	io->left = size;
	return 0;
}

int ab_io_in(struct ab_io *io, void *to, size_t size)
{
	if (size > io->left || copy(to, io->at, size))
		return -EFAULT;
	io->at += size;
	io->left -= size;
	return 0;
}

int ab_io_out(struct ab_io *io, const void *from, size_t size)
{
	if (size > io->left || copy(io->at, from, size))
		return -EFAULT;
	io->at += size;
	io->left -= size;
	return 0;
}

int ab_copy_in(void *to, u64 at, size_t size)
{
	return copy(to, (const void *)(uintptr_t)at, size);
}

int ab_copy_out(u64 at, const void *from, size_t size)
{
	return copy((void *)(uintptr_t)at, from, size);
}
