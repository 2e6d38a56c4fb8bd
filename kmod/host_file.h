/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright autobus contributors */
#ifndef AB_HOST_FILE_H
#define AB_HOST_FILE_H

/*
 * What kmod/file needs beyond host.h: the lock, waits, and the caller's memory,
 * in the kernel. userspace/host/host_file.h has the same names.
 */

#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include <asm/ioctls.h>

#include "host.h"

#define ab_container_of	container_of
#define AB_COUNT(array)	ARRAY_SIZE(array)
#define AB_FIONREAD	FIONREAD
#define AB_RESTART	ERESTARTSYS
#define AB_POLLIN	1
#define AB_POLLOUT	2
#define AB_POLLHUP	4

static inline void ab_lock_init(struct ab_lock *lock)
{
	spin_lock_init(&lock->lock);
}

static inline void ab_lock_take(struct ab_lock *lock)
	__acquires(lock->lock)
{
	spin_lock(&lock->lock);
}

static inline void ab_lock_release(struct ab_lock *lock)
	__releases(lock->lock)
{
	spin_unlock(&lock->lock);
}

/* Between two holds of a long work. */
static inline void ab_pause(void)
{
	cond_resched();
}

struct ab_mutex {
	struct mutex mutex;
};

#define ab_mutex_init(m)	mutex_init(&(m)->mutex)

/* -AB_RESTART: interrupted. */
static inline int ab_mutex_lock(struct ab_mutex *mutex)
{
	return mutex_lock_interruptible(&mutex->mutex) ? -AB_RESTART : 0;
}

static inline bool ab_mutex_trylock(struct ab_mutex *mutex)
{
	return mutex_trylock(&mutex->mutex);
}

static inline void ab_mutex_unlock(struct ab_mutex *mutex)
{
	mutex_unlock(&mutex->mutex);
}

struct ab_waiters {
	wait_queue_head_t queue;
};

#define ab_waiters_init(w)	init_waitqueue_head(&(w)->queue)

static inline void ab_waiters_deinit(struct ab_waiters *waiters)
{
}

static inline void ab_waiters_wake(struct ab_waiters *waiters)
{
	wake_up_interruptible(&waiters->queue);
}

/*
 * Waits until the condition, which takes no lock, holds. timeout in ns, 0: none.
 * 0, -AB_RESTART (interrupted), -ETIMEDOUT.
 */
int ab_wait(struct ab_waiters *waiters, bool (*condition)(void *), void *arg,
	    u64 timeout);

/* The caller's memory as a stream. */
struct ab_io {
	struct iov_iter *iter;
	struct iov_iter own;	/* of an ioctl's buffer */
	struct iovec vec;
};

/* A buffer that an ioctl names; in: to read from. -EFAULT. */
int ab_io_init(struct ab_io *io, u64 at, u64 size, bool in);

static inline size_t ab_io_left(const struct ab_io *io)
{
	return iov_iter_count(io->iter);
}

/* 0 or -EFAULT. */
static inline int ab_io_in(struct ab_io *io, void *to, size_t size)
{
	return copy_from_iter(to, size, io->iter) == size ? 0 : -EFAULT;
}

static inline int ab_io_out(struct ab_io *io, const void *from, size_t size)
{
	return copy_to_iter(from, size, io->iter) == size ? 0 : -EFAULT;
}

/* Goes back to where `left` bytes were left. */
static inline void ab_io_rewind(struct ab_io *io, size_t left)
{
	iov_iter_revert(io->iter, left - ab_io_left(io));
}

/* Memory at an address that an ioctl names. 0 or -EFAULT. */
static inline int ab_copy_in(void *to, u64 at, size_t size)
{
	return copy_from_user(to, u64_to_user_ptr(at), size) ? -EFAULT : 0;
}

static inline int ab_copy_out(u64 at, const void *from, size_t size)
{
	return copy_to_user(u64_to_user_ptr(at), from, size) ? -EFAULT : 0;
}

/* As the calling task sees them. */
void ab_creds_show(const struct ab_creds *creds,
		   struct autobus_credentials *shown);

#endif /* AB_HOST_FILE_H */
