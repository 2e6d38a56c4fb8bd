/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */
#ifndef AB_INPROC_H
#define AB_INPROC_H

/*
 * A bus inside the process
 *
 * The same files that make autobus.ko, run by a process for itself: for tests,
 * and for users' own unit tests. A bus has no name here; who holds the pointer
 * can open it. Every call behaves as the system call on /dev/autobusN would,
 * but returns a negative errno instead of setting errno.
 *
 * Thread-safe like a file descriptor: any thread may call anything on an open
 * file, except that nothing may run on a file while or after it is closed.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ab_inproc_bus;
struct ab_inproc_file;

/* Whom messages of an open file are attested to come from. */
struct ab_inproc_opener {
	uint32_t tgid;
	uint32_t uid;
	uint32_t gid;
	int privileged;		/* has CAP_SYS_ADMIN */
};

/* Makes a bus; NULL without memory. Thread-safe. */
struct ab_inproc_bus *ab_inproc_bus_new(void);

/* Gives it back. Its files must be closed. NULL is fine. Returns NULL. */
struct ab_inproc_bus *ab_inproc_bus_free(struct ab_inproc_bus *bus);

/*
 * Opens. flags: O_RDONLY, O_WRONLY or O_RDWR, with O_NONBLOCK if wanted.
 * opener: copied; NULL means this process. Returns 0 and *filep, or -ENOMEM,
 * -ENFILE (the bus has as many endpoints as it may), -EMFILE (no descriptor).
 */
int ab_inproc_open(struct ab_inproc_bus *bus, int flags,
		   const struct ab_inproc_opener *opener,
		   struct ab_inproc_file **filep);

/* Closes: the endpoint ends. NULL is fine. Returns NULL. */
struct ab_inproc_file *ab_inproc_close(struct ab_inproc_file *file);

/* What flush does at the exit of the opening process: see AUTOBUS_CLAIM_OPENER. */
void ab_inproc_opener_exits(struct ab_inproc_file *file);

/* As fcntl(F_SETFL) with or without O_NONBLOCK. */
void ab_inproc_set_nonblock(struct ab_inproc_file *file, int nonblock);

/* Bytes done, or a negative errno. */
ssize_t ab_inproc_read(struct ab_inproc_file *file, void *buf, size_t size);
ssize_t ab_inproc_write(struct ab_inproc_file *file, const void *buf, size_t size);

/* 0, or a negative errno. arg as for the ioctls of linux/autobus.h. */
int ab_inproc_ioctl(struct ab_inproc_file *file, unsigned long cmd, void *arg);

/* POLLIN, POLLOUT, POLLHUP as they are now. */
int ab_inproc_poll(struct ab_inproc_file *file);

/*
 * A descriptor for poll() that is readable (POLLIN) exactly while
 * ab_inproc_poll() has POLLIN or POLLHUP. Owned by the file; not for reading.
 */
int ab_inproc_fd(struct ab_inproc_file *file);

/* Wakes a call that waits on the file, which returns as if a signal had come. */
void ab_inproc_interrupt(struct ab_inproc_file *file);

#ifdef __cplusplus
}
#endif

#endif /* AB_INPROC_H */
