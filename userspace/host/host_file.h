/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */
#ifndef AB_HOST_FILE_H
#define AB_HOST_FILE_H

/*
 * What kmod/file needs beyond host.h, outside the kernel: the names of
 * kmod/host_file.h on top of pthreads.
 */

#include <sched.h>

#include <asm/ioctls.h>

#include "host.h"

#define ab_container_of(p, type, member) caa_container_of(p, type, member)
#define AB_COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define AB_FIONREAD	FIONREAD
#define AB_RESTART	EINTR
#define AB_POLLIN	1
#define AB_POLLOUT	2
#define AB_POLLHUP	4

void ab_lock_init(struct ab_lock *lock);
void ab_lock_take(struct ab_lock *lock);
void ab_lock_release(struct ab_lock *lock);

static inline void ab_pause(void)
{
}

struct ab_mutex {
	pthread_mutex_t mutex;
};

void ab_mutex_init(struct ab_mutex *mutex);
int ab_mutex_lock(struct ab_mutex *mutex);
bool ab_mutex_trylock(struct ab_mutex *mutex);
void ab_mutex_unlock(struct ab_mutex *mutex);

/*
 * Those who wait on a file. Each wake counts, so that one between the look at
 * the condition and the wait isn't missed. An eventfd, if there is one, follows
 * the file's state for poll().
 */
struct ab_waiters {
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	u64 wakes;
	u64 interrupts;
	int fd;			/* -1: none */
	bool signalled;		/* fd is readable */
};

void ab_waiters_init(struct ab_waiters *waiters);
void ab_waiters_deinit(struct ab_waiters *waiters);
void ab_waiters_wake(struct ab_waiters *waiters);
/* Ends all waits with -AB_RESTART. */
void ab_waiters_interrupt(struct ab_waiters *waiters);

int ab_wait(struct ab_waiters *waiters, bool (*condition)(void *), void *arg,
	    u64 timeout);

/* The caller's memory as a stream. */
struct ab_io {
	char *at;
	size_t left;
};

int ab_io_init(struct ab_io *io, u64 at, u64 size, bool in);
int ab_io_in(struct ab_io *io, void *to, size_t size);
int ab_io_out(struct ab_io *io, const void *from, size_t size);

static inline size_t ab_io_left(const struct ab_io *io)
{
	return io->left;
}

static inline void ab_io_rewind(struct ab_io *io, size_t left)
{
	io->at -= left - io->left;
	io->left = left;
}

int ab_copy_in(void *to, u64 at, size_t size);
int ab_copy_out(u64 at, const void *from, size_t size);

void ab_creds_show(const struct ab_creds *creds,
		   struct autobus_credentials *shown);

#endif /* AB_HOST_FILE_H */
