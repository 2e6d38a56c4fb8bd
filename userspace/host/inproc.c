// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "inproc.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sodium.h>

#include "creds.h"
#include "file/file.h"

struct ab_inproc_bus {
	struct ab_bus bus;
};

struct ab_inproc_file {
	struct ab_file *file;
	int flags;	/* AB_NONBLOCK; atomic */
};

struct ab_inproc_bus *ab_inproc_bus_new(void)
{
	struct ab_inproc_bus *bus;
	u64 id;

	if (sodium_init() < 0)
		return NULL;
	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return NULL;
	do {
		randombytes_buf(&id, sizeof(id));
	} while (!id);
	ab_bus_init(&bus->bus, id);
	ab_lock_init(&bus->bus.lock);
	return bus;
}

struct ab_inproc_bus *ab_inproc_bus_free(struct ab_inproc_bus *bus)
{
	if (bus)
		ab_bus_deinit(&bus->bus);
	free(bus);
	return NULL;
}

/*
 * The descriptor follows the state: a wake makes it readable, and after each
 * call it's made what the state says.
 */
static void settle(struct ab_file *file)
{
	struct ab_waiters *waiters = &file->waiters;
	eventfd_t count;
	bool ready;

	pthread_mutex_lock(&waiters->mutex);
	ready = ab_file_poll(file) & (AB_POLLIN | AB_POLLHUP);
	if (ready && !waiters->signalled)
		eventfd_write(waiters->fd, 1);
	else if (!ready && waiters->signalled)
		eventfd_read(waiters->fd, &count);
	waiters->signalled = ready;
	pthread_mutex_unlock(&waiters->mutex);
}

static int open_file(struct ab_inproc_bus *bus, int flags,
		     const struct ab_inproc_opener *opener,
		     struct ab_inproc_file *inproc)
{
	int mode = flags & O_ACCMODE;
	struct ab_creds *creds;
	int r;

	creds = ab_creds_new(opener->tgid, opener->uid, opener->gid);
	if (!creds)
		return -ENOMEM;
	r = ab_file_open(&bus->bus, creds, mode != O_WRONLY, mode != O_RDONLY,
			 opener->privileged, &inproc->file);
	if (r)
		return r;
	inproc->file->waiters.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (inproc->file->waiters.fd < 0) {
		ab_file_close(inproc->file);
		return -EMFILE;
	}
	return 0;
}

int ab_inproc_open(struct ab_inproc_bus *bus, int flags,
		   const struct ab_inproc_opener *opener,
		   struct ab_inproc_file **filep)
{
	const struct ab_inproc_opener self = {
		.tgid = getpid(),
		.uid = geteuid(),
		.gid = getegid(),
		.privileged = geteuid() == 0,
	};
	struct ab_inproc_file *inproc = calloc(1, sizeof(*inproc));
	int r;

	if (!inproc)
		return -ENOMEM;
	r = open_file(bus, flags, opener ? opener : &self, inproc);
	if (r) {
		free(inproc);
		return r;
	}
	ab_inproc_set_nonblock(inproc, flags & O_NONBLOCK);
	*filep = inproc;
	return 0;
}

struct ab_inproc_file *ab_inproc_close(struct ab_inproc_file *inproc)
{
	if (inproc)
		ab_file_close(inproc->file);
	free(inproc);
	return NULL;
}

void ab_inproc_opener_exits(struct ab_inproc_file *inproc)
{
	ab_file_opener_exits(inproc->file);
}

void ab_inproc_set_nonblock(struct ab_inproc_file *inproc, int nonblock)
{
	WRITE_ONCE(inproc->flags, nonblock ? AB_NONBLOCK : 0);
}

ssize_t ab_inproc_read(struct ab_inproc_file *inproc, void *buf, size_t size)
{
	struct ab_io io = { .at = buf, .left = size };
	ssize_t r = ab_file_read(inproc->file, &io, READ_ONCE(inproc->flags));

	settle(inproc->file);
	return r;
}

ssize_t ab_inproc_write(struct ab_inproc_file *inproc, const void *buf,
			size_t size)
{
	struct ab_io io = { .at = (char *)buf, .left = size };
	ssize_t r = ab_file_write(inproc->file, &io, READ_ONCE(inproc->flags));

	settle(inproc->file);
	return r;
}

int ab_inproc_ioctl(struct ab_inproc_file *inproc, unsigned long cmd, void *arg)
{
	int r = ab_file_ioctl(inproc->file, cmd, (uintptr_t)arg,
			      READ_ONCE(inproc->flags));

	settle(inproc->file);
	return r;
}

int ab_inproc_poll(struct ab_inproc_file *inproc)
{
	u32 now = ab_file_poll(inproc->file);

	return (now & AB_POLLIN ? POLLIN : 0) |
	       (now & AB_POLLOUT ? POLLOUT : 0) |
	       (now & AB_POLLHUP ? POLLHUP : 0);
}

int ab_inproc_fd(struct ab_inproc_file *inproc)
{
	settle(inproc->file);
	return inproc->file->waiters.fd;
}

void ab_inproc_interrupt(struct ab_inproc_file *inproc)
{
	ab_waiters_interrupt(&inproc->file->waiters);
}
