/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_FILE_H
#define AB_FILE_H

/**
 * DOC: Open files
 *
 * Problem    - What the system calls on an open bus mean (copies that may fault,
 *              waits, batches, ioctl arguments) must be the same wherever the
 *              core runs. It's written once, here, on top of core/ and of
 *              host_file.h.
 * States     - Open; shut (its endpoint closed with its opener, but somebody
 *              still holds the file); closed.
 * Guarantees - 1. The lock isn't held while anything is copied, allocated,
 *                 freed, woken or waited for.
 *              2. A batch ends at its first failure, and returns what was done
 *                 before (G2).
 *              3. Every wait can be interrupted.
 * Limits     - One reader of a file at a time; others wait for it.
 * Ownership and locking - Takes the bus lock by itself. Any thread may call
 *              anything on an open file.
 */

#include "core/bus.h"
#include "core/endpoint.h"
#include "host_file.h"

struct ab_file {
	struct ab_endpoint endpoint;
	struct ab_mutex reader;
	struct ab_waiters waiters;
};

/* Flags of a call. */
#define AB_NONBLOCK	1	/* O_NONBLOCK: don't wait for room or records */
#define AB_NOWAIT	2	/* don't even wait for another reader */

/*
 * Opens; takes over the reference to creds, even if it fails. 0 and *filep, or
 * -ENOMEM, -ENFILE.
 */
int ab_file_open(struct ab_bus *bus, struct ab_creds *creds, bool may_read,
		 bool may_write, bool privileged, struct ab_file **filep);

/* The last reference to the open file is gone. Can't fail. */
void ab_file_close(struct ab_file *file);

/* The process that opened it exits: shuts it, if that was claimed. */
void ab_file_opener_exits(struct ab_file *file);

/* Bytes done, or a negative errno. */
ssize_t ab_file_read(struct ab_file *file, struct ab_io *to, int flags);
ssize_t ab_file_write(struct ab_file *file, struct ab_io *from, int flags);

/* 0 or a negative errno. */
int ab_file_ioctl(struct ab_file *file, unsigned int cmd, u64 arg, int flags);

/* AB_POLLIN, AB_POLLOUT, AB_POLLHUP as they are now; takes no lock. */
u32 ab_file_poll(struct ab_file *file);

/* Between the files of file/. */

#define ab_file_lock(f)		ab_lock_take(&(f)->endpoint.bus->lock)
#define ab_file_unlock(f)	ab_lock_release(&(f)->endpoint.bus->lock)
/* Outside the lock: what a call leaves, and the work that the bus has left. */
void ab_file_finish(struct ab_bus *bus, struct ab_effects *fx);

/* Sends the next record of `from`. *serialp: the serial it was given. */
int ab_file_send(struct ab_file *file, struct ab_io *from, int flags,
		 u64 timeout, u64 *serialp);

/*
 * Receives into `to`, at most `most` records (0: as many as fit), waiting at
 * most `timeout` ns (0: without limit) for the first. Returns how many.
 */
ssize_t ab_file_receive(struct ab_file *file, struct ab_io *to, u32 most,
			int flags, u64 timeout);

int ab_file_transfer(struct ab_file *file, unsigned int nr, u64 arg,
		     struct autobus_transfer *transfer, int flags);
int ab_file_list(struct ab_file *file, struct autobus_list *list);

#endif /* AB_FILE_H */
