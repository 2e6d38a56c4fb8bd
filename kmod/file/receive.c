// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "core/receive.h"

#include "file.h"

/* Copies a record out. -EMSGSIZE, -EFAULT. */
static int put_out(struct ab_io *to, struct ab_taken *taken)
{
	struct autobus_record *head = &taken->head;
	size_t name_size = ab_pad(head->name_size);
	size_t data_size = ab_pad(head->data_size);

	if (head->size > ab_io_left(to))
		return -EMSGSIZE;
	if (taken->creds)
		ab_creds_show(taken->creds, &head->sender);
	if (ab_io_out(to, head, sizeof(*head)))
		return -EFAULT;
	/* Most often the data stands right behind the name. */
	if (taken->name + name_size == taken->data)
		return ab_io_out(to, taken->name, name_size + data_size);
	if (ab_io_out(to, taken->name, name_size))
		return -EFAULT;
	return ab_io_out(to, taken->data, data_size);
}

/* The same, and after a failure `to` is where it was. */
static int put_out_whole(struct ab_io *to, struct ab_taken *taken)
{
	size_t left = ab_io_left(to);
	int r = put_out(to, taken);

	if (r)
		ab_io_rewind(to, left);
	return r;
}

/*
 * One hold: done with the record that was copied, if any (givenp isn't NULL:
 * was it the reader's?), and takes the next, if it's wanted.
 */
static int step(struct ab_file *file, struct ab_taken *taken, bool *givenp,
		bool want)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	struct ab_effects fx;
	int r = -EAGAIN;

	ab_effects_init(&fx);
	ab_file_lock(file);
	if (givenp)
		*givenp = ab_receive_done(endpoint, taken, &fx);
	if (want)
		r = ab_receive_take(endpoint, taken);
	ab_file_unlock(file);
	if (givenp)
		ab_file_finish(endpoint->bus, &fx);
	return r;
}

static void put_back(struct ab_file *file, struct ab_taken *taken)
{
	struct ab_effects fx;

	ab_effects_init(&fx);
	ab_file_lock(file);
	ab_receive_put_back(&file->endpoint, taken, &fx);
	ab_file_unlock(file);
	ab_file_finish(file->endpoint.bus, &fx);
	ab_waiters_wake(&file->waiters);
}

/* Takes the next record; a search in many values goes on after a pause. */
static int take_next(struct ab_file *file, struct ab_taken *taken, bool *givenp,
		     bool want)
{
	int r = step(file, taken, givenp, want);

	while (r == 1) {
		ab_pause();
		r = step(file, taken, NULL, true);
	}
	return r;
}

/* What is there, up to `most`. The reader mutex is held. */
static ssize_t receive_some(struct ab_file *file, struct ab_io *to, u32 most)
{
	struct ab_taken taken;
	ssize_t n = 0;
	bool given, want;
	int r;

	r = take_next(file, &taken, NULL, true);
	while (!r) {
		size_t left = ab_io_left(to);

		r = put_out_whole(to, &taken);
		if (r) {
			put_back(file, &taken);
			break;
		}
		n++;
		want = n != most && ab_io_left(to) >= sizeof(taken.head);
		r = take_next(file, &taken, &given, want);
		if (given)
			continue;
		n--;
		ab_io_rewind(to, left);
		if (!want)
			r = take_next(file, &taken, NULL, true);
	}
	return n ? n : r;
}

static bool is_readable(void *arg)
{
	return ab_file_poll(arg) & (AB_POLLIN | AB_POLLHUP);
}

ssize_t ab_file_receive(struct ab_file *file, struct ab_io *to, u32 most,
			int flags, u64 timeout)
{
	ssize_t n;
	int r;

	if (!file->endpoint.may_read)
		return -EBADF;
	for (;;) {
		if (!(flags & AB_NOWAIT))
			r = ab_mutex_lock(&file->reader);
		else
			r = ab_mutex_trylock(&file->reader) ? 0 : -EAGAIN;
		if (r)
			return r;
		n = receive_some(file, to, most);
		ab_mutex_unlock(&file->reader);
		if (n != -EAGAIN || (flags & AB_NONBLOCK))
			return n;
		r = ab_wait(&file->waiters, is_readable, file, timeout);
		if (r)
			return r;
	}
}

ssize_t ab_file_read(struct ab_file *file, struct ab_io *to, int flags)
{
	size_t left = ab_io_left(to);
	ssize_t n = ab_file_receive(file, to, 0, flags, 0);

	return n < 0 ? n : (ssize_t)(left - ab_io_left(to));
}
