// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "record.h"

#include "bus.h"
#include "endpoint.h"
#include "message.h"

static int check_sizes(const struct autobus_record *head,
		       const struct ab_bus *bus, u64 room)
{
	u64 size;

	if (head->header_size != sizeof(*head) || head->size > room)
		return -EINVAL;
	size = sizeof(*head) + ab_pad(head->name_size) +
	       ab_pad(head->data_size);
	if (head->size != size)
		return -EINVAL;
	if (head->name_size > AUTOBUS_KERNEL_NAME_MAX)
		return -ENAMETOOLONG;
	if (head->data_size > bus->limits.message)
		return -EMSGSIZE;
	return 0;
}

static bool is_zero_credentials(const struct autobus_credentials *credentials)
{
	return !credentials->tgid && !credentials->uid && !credentials->gid;
}

/* The fields that only the kernel sets. */
static bool is_written(const struct autobus_record *head)
{
	return !head->serial && !head->from && !head->cookie &&
	       !head->reserved && is_zero_credentials(&head->sender) &&
	       !(head->flags & AUTOBUS_FLAGS_KERNEL);
}

static bool has_router_fields(const struct autobus_record *head)
{
	return head->origin.bus || head->origin.endpoint ||
	       head->origin.serial || head->code || head->reached ||
	       head->lost || !is_zero_credentials(&head->claimed) ||
	       (head->flags & AUTOBUS_FLAGS_ROUTER) ||
	       head->type == AUTOBUS_STATUS || head->type == AUTOBUS_NOTICE ||
	       head->type == AUTOBUS_MARK;
}

static int check_router_fields(const struct autobus_record *head,
			       const struct ab_bus *bus)
{
	const u32 flags = head->flags;
	bool remote = flags & AUTOBUS_REMOTE;
	bool news = head->type == AUTOBUS_NOTICE ||
		    head->type == AUTOBUS_MARK;

	if (remote != (head->origin.bus != 0) ||
	    (remote && head->origin.bus == bus->id))
		return -EINVAL;
	if (!remote && ((flags & (AUTOBUS_COPY | AUTOBUS_CLAIMED)) || news))
		return -EINVAL;
	if (!(flags & AUTOBUS_CLAIMED) && !is_zero_credentials(&head->claimed))
		return -EINVAL;
	if ((flags & AUTOBUS_ALONE) && (flags & AUTOBUS_COPY))
		return -EINVAL;
	if ((flags & (AUTOBUS_ALONE | AUTOBUS_COPY)) &&
	    head->type != AUTOBUS_REQUEST && head->type != AUTOBUS_REPLY)
		return -EINVAL;
	if (head->type == AUTOBUS_NOTICE) {
		if (head->code != AUTOBUS_NOTICE_CLOSED &&
		    head->code != AUTOBUS_NOTICE_CLEARED)
			return -EINVAL;
	} else if (head->type != AUTOBUS_STATUS && head->code) {
		return -EINVAL;
	}
	if (head->reached > AUTOBUS_REACHED_UNKNOWN ||
	    (head->reached && head->type != AUTOBUS_STATUS &&
	     head->type != AUTOBUS_NOTICE))
		return -EINVAL;
	if ((head->lost != 0) != (head->type == AUTOBUS_MARK))
		return -EINVAL;
	if (head->data_size && (news || head->type == AUTOBUS_STATUS))
		return -EINVAL;
	return 0;
}

/* Which fields and flags belong to which type. */
static int check_type(const struct autobus_record *head)
{
	const u32 flags = head->flags;
	bool answer = head->type == AUTOBUS_REPLY ||
		      head->type == AUTOBUS_STATUS;
	bool request = head->type == AUTOBUS_REQUEST;
	bool copy = flags & AUTOBUS_COPY;

	if (head->type < AUTOBUS_ANNOUNCEMENT || head->type > AUTOBUS_MARK)
		return -EINVAL;
	if (flags & ~(AUTOBUS_FLAGS_SENDER | AUTOBUS_FLAGS_ROUTER))
		return -EINVAL;
	if ((flags & AUTOBUS_FAIL) && (flags & AUTOBUS_WAIT))
		return -EINVAL;
	if ((flags & AUTOBUS_PRIVATE) && !request)
		return -EINVAL;
	if ((flags & AUTOBUS_RETAINED) &&
	    (head->type != AUTOBUS_ANNOUNCEMENT || (flags & AUTOBUS_URGENT)))
		return -EINVAL;
	if ((flags & AUTOBUS_CLEAR) && !(flags & AUTOBUS_RETAINED))
		return -EINVAL;
	if (answer != (head->in_reply_to != 0) && !copy)
		return -EINVAL;
	if (head->timeout && !request)
		return -EINVAL;
	if (head->to.bus && !head->to.endpoint)
		return -EINVAL;
	if (head->to.endpoint && (head->type == AUTOBUS_ANNOUNCEMENT ||
				  head->type == AUTOBUS_NOTICE ||
				  head->type == AUTOBUS_MARK))
		return -EINVAL;
	if (head->type == AUTOBUS_DIRECT && !head->to.endpoint)
		return -EINVAL;
	if ((flags & AUTOBUS_RETAINED) || head->timeout)
		return -EOPNOTSUPP;	/* values, deadlines */
	return 0;
}

int ab_record_check(const struct autobus_record *head,
		    const struct ab_endpoint *sender, u64 room)
{
	const struct ab_bus *bus = sender->bus;
	int r;

	r = check_sizes(head, bus, room);
	if (r)
		return r;
	if (!is_written(head))
		return -EINVAL;
	r = check_type(head);
	if (r)
		return r;
	if (!has_router_fields(head))
		return 0;
	if (READ_ONCE(bus->router) != sender)
		return -EPERM;
	return check_router_fields(head, bus);
}
