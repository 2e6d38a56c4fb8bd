// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "core/send.h"
#include "core/record.h"
#include "file.h"

/* Are the bytes behind `size`, up to the next multiple of 8, zero? */
static bool is_padded(const char *at, u32 size)
{
	for (; size % 8; size++) {
		if (at[size])
			return false;
	}
	return true;
}

/* Makes a message of the next record of `from`, its header checked. */
static int take_in(struct ab_file *file, struct ab_io *from,
		   struct ab_message **messagep)
{
	struct ab_endpoint *sender = &file->endpoint;
	struct ab_message *message;
	struct autobus_record head;
	size_t room = ab_io_left(from);
	int r;

	if (room < sizeof(head))
		return -EINVAL;
	if (ab_io_in(from, &head, sizeof(head)))
		return -EFAULT;
	r = ab_record_check(&head, sender, room);
	if (r)
		return r;
	message = ab_message_new(head.name_size, head.data_size, sender->creds);
	if (!message)
		return -ENOMEM;
	message->head = head;
	if (ab_io_in(from, (void *)message->name, head.size - sizeof(head)))
		r = -EFAULT;
	else if (!is_padded(message->name, head.name_size) ||
		 !is_padded(message->data, head.data_size))
		r = -EINVAL;
	if (r) {
		ab_message_free(message);
		return r;
	}
	*messagep = message;
	return 0;
}

static bool is_done(void *arg)
{
	return READ_ONCE(((struct ab_send *)arg)->done);
}

/* Waits for a parked send. Another thread may accept it at any moment. */
static int await(struct ab_file *file, struct ab_send *send, u64 timeout)
{
	bool cancelled;
	int r;

	r = ab_wait(&file->waiters, is_done, send, timeout);
	ab_file_lock(file);
	cancelled = ab_send_cancel(send);
	ab_file_unlock(file);
	return cancelled ? r : send->result;
}

int ab_file_send(struct ab_file *file, struct ab_io *from, int flags,
		 u64 timeout, u64 *serialp)
{
	struct ab_message *message;
	struct ab_effects fx;
	struct ab_send send;
	int r;

	if (!file->endpoint.may_write)
		return -EBADF;
	r = take_in(file, from, &message);
	if (r)
		return r;
	r = ab_send_prepare(&send, &file->endpoint, message);
	if (r)
		return r;
	ab_effects_init(&fx);
	ab_file_lock(file);
	r = ab_send_commit(&send, !(flags & AB_NONBLOCK), &fx);
	ab_file_unlock(file);
	ab_file_finish(file->endpoint.bus, &fx);
	if (r == AB_SEND_PARKED)
		r = await(file, &send, timeout);
	*serialp = send.serial;
	ab_send_free(&send);
	return r;
}

ssize_t ab_file_write(struct ab_file *file, struct ab_io *from, int flags)
{
	ssize_t done = 0;
	u64 serial;
	int r = 0;

	if (!ab_io_left(from))
		return -EINVAL;
	while (ab_io_left(from)) {
		size_t left = ab_io_left(from);

		r = ab_file_send(file, from, flags, 0, &serial);
		if (r)
			break;
		done += left - ab_io_left(from);
		ab_pause();
	}
	return done ? done : r;
}
