// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "file.h"

static int check(const struct autobus_transfer *transfer)
{
	const u32 all = AUTOBUS_TRANSFER_DONTWAIT | AUTOBUS_TRANSFER_PEEK |
			AUTOBUS_TRANSFER_DISCARD;

	if ((transfer->flags & ~all) || transfer->sent || transfer->received ||
	    transfer->reserved || transfer->in_done || transfer->out_done ||
	    transfer->serial)
		return -EINVAL;
	if (transfer->flags & (AUTOBUS_TRANSFER_PEEK |
			       AUTOBUS_TRANSFER_DISCARD))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * Sends what is in `in`. Serials go to `out` if it's there; a fault while they
 * are copied doesn't undo what was accepted.
 */
static int send_all(struct ab_file *file, struct autobus_transfer *transfer,
		    struct ab_io *out, int flags)
{
	struct ab_io in;
	u64 serial;
	int r;

	r = ab_io_init(&in, transfer->in, transfer->in_size, true);
	if (r)
		return r;
	if (!transfer->in_size)
		return -EINVAL;
	while (ab_io_left(&in)) {
		if (out && ab_io_left(out) < sizeof(serial))
			return transfer->sent ? 0 : -EMSGSIZE;
		r = ab_file_send(file, &in, flags, transfer->timeout, &serial);
		if (r)
			return transfer->sent ? 0 : r;
		transfer->sent++;
		transfer->in_done = transfer->in_size - ab_io_left(&in);
		transfer->serial = serial;
		/* A serial that is missing must be the last one. */
		if (out && ab_io_out(out, &serial, sizeof(serial)))
			return 0;
		if (out)
			transfer->out_done += sizeof(serial);
		ab_pause();
	}
	return 0;
}

static int do_send(struct ab_file *file, struct autobus_transfer *transfer,
		   int flags)
{
	struct ab_io out;
	int r;

	if (transfer->most)
		return -EINVAL;
	if (!transfer->out_size)
		return send_all(file, transfer, NULL, flags);
	r = ab_io_init(&out, transfer->out, transfer->out_size, false);
	return r ? r : send_all(file, transfer, &out, flags);
}

static int receive_into(struct ab_file *file, struct ab_io *out,
			struct autobus_transfer *transfer, int flags)
{
	ssize_t n = ab_file_receive(file, out, transfer->most, flags,
				    transfer->timeout);

	if (n < 0)
		return n;
	transfer->received = n;
	transfer->out_done = transfer->out_size - ab_io_left(out);
	return 0;
}

static int do_receive(struct ab_file *file, struct autobus_transfer *transfer,
		      int flags)
{
	struct ab_io out;
	int r;

	if (transfer->in_size)
		return -EINVAL;
	r = ab_io_init(&out, transfer->out, transfer->out_size, false);
	return r ? r : receive_into(file, &out, transfer, flags);
}

/*
 * What was sent is written back before the wait: if that is interrupted, the
 * caller knows, and must not send again.
 */
static int do_call(struct ab_file *file, u64 at,
		   struct autobus_transfer *transfer, int flags)
{
	struct ab_io out;
	int r;

	if (!file->endpoint.may_read)
		return -EBADF;
	r = ab_io_init(&out, transfer->out, transfer->out_size, false);
	if (!r)
		r = send_all(file, transfer, NULL, flags);
	if (r)
		return r;
	if (transfer->in_done != transfer->in_size)
		return 0;	/* not all was accepted: nothing to wait for */
	if (ab_copy_out(at, transfer, sizeof(*transfer)))
		return -EFAULT;
	r = receive_into(file, &out, transfer, flags);
	return r == -AB_RESTART ? -EINTR : r;
}

int ab_file_transfer(struct ab_file *file, unsigned int nr, u64 at,
		     struct autobus_transfer *transfer, int flags)
{
	int r = check(transfer);

	if (r)
		return r;
	if (transfer->flags & AUTOBUS_TRANSFER_DONTWAIT)
		flags |= AB_NONBLOCK;
	if (nr == _IOC_NR(AUTOBUS_IOC_SEND))
		r = do_send(file, transfer, flags);
	else if (nr == _IOC_NR(AUTOBUS_IOC_CALL))
		r = do_call(file, at, transfer, flags);
	else
		r = do_receive(file, transfer, flags);
	/* A limited wait that began anew would last longer than it may. */
	return r == -AB_RESTART && transfer->timeout ? -EINTR : r;
}
