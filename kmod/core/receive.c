// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "receive.h"

#include "bus.h"
#include "endpoint.h"
#include "request.h"
#include "value.h"

static void take_message(struct ab_taken *taken,
			 const struct ab_message *message)
{
	taken->head = message->head;
	taken->name = message->name;
	taken->data = message->data;
	taken->creds = message->creds;
}

static void take_mark(struct ab_taken *taken, const char *name, u32 size)
{
	memset(&taken->head, 0, sizeof(taken->head));
	taken->head.type = AUTOBUS_MARK;
	taken->head.header_size = sizeof(taken->head);
	taken->head.name_size = size;
	taken->head.size = sizeof(taken->head) + ab_pad(size);
	taken->name = name;
	taken->data = NULL;
	taken->creds = NULL;
}

static void take_lost(struct ab_queue *queue, struct ab_taken *taken)
{
	/* Zero padded beyond the name's end. */
	static const char name[16] = AUTOBUS_NAME_LOST;

	take_mark(taken, name, sizeof(AUTOBUS_NAME_LOST) - 1);
	taken->kind = AB_TAKEN_LOST;
	taken->head.lost = queue->lost;
	WRITE_ONCE(queue->lost, 0);
}

static int take_from_cursor(struct ab_cursor *cursor, struct ab_taken *taken)
{
	static const char name[16] = AUTOBUS_NAME_SYNCED;
	struct ab_message *message;

	if (ab_cursor_peek(cursor, &message))
		return 1;
	if (message) {
		take_message(taken, message);
		ab_message_ref(message);
		taken->kind = AB_TAKEN_VALUE;
		taken->message = message;
		taken->head.flags |= AUTOBUS_CURRENT;
	} else {
		take_mark(taken, name, sizeof(AUTOBUS_NAME_SYNCED) - 1);
		taken->kind = AB_TAKEN_SYNCED;
	}
	return 0;
}

int ab_receive_take(struct ab_endpoint *endpoint, struct ab_taken *taken)
{
	struct ab_queue *queue = &endpoint->queue;
	struct ab_slot *slot = ab_queue_first(queue);
	int r = ab_endpoint_check(endpoint);

	ab_assert_held(&endpoint->bus->lock);
	ab_assert(!queue->taken);
	if (r)
		return r;
	if (!endpoint->may_read)
		return -EBADF;
	if (!slot) {
		if (!queue->lost)
			return -EAGAIN;
		take_lost(queue, taken);
		return 0;
	}
	if (slot->message) {
		take_message(taken, slot->message);
		taken->kind = AB_TAKEN_RECORD;
	} else if (take_from_cursor(slot->cursor, taken)) {
		return 1;
	}
	taken->head.flags |= slot->flags;
	taken->head.cookie = slot->cookie;
	taken->head.lost = slot->lost;
	queue->taken = slot;
	return 0;
}

static void end_cursor(struct ab_slot *slot, struct ab_effects *fx)
{
	ab_cursor_stop(slot->cursor);
	ab_discard(fx, &slot->cursor->junk);
}

bool ab_receive_done(struct ab_endpoint *endpoint, struct ab_taken *taken,
		     struct ab_effects *fx)
{
	struct ab_queue *queue = &endpoint->queue;
	struct ab_slot *slot = queue->taken;
	bool gone;

	ab_assert_held(&endpoint->bus->lock);
	if (taken->kind == AB_TAKEN_LOST)
		return true;
	/* What it told of lost ones isn't told if it's not given. */
	gone = queue->taken_gone;
	ab_queue_untake(queue, !gone, fx);
	if (!gone) {
		switch (taken->kind) {
		case AB_TAKEN_VALUE:
			ab_cursor_pass(slot->cursor, taken->message);
			break;
		case AB_TAKEN_SYNCED:
			end_cursor(slot, fx);
			ab_queue_remove(queue, slot, fx);
			break;
		default:
			if (slot->request)
				ab_request_handed(slot->request);
			ab_queue_remove(queue, slot, fx);
			break;
		}
	}
	if (taken->kind == AB_TAKEN_VALUE)
		ab_message_unref(taken->message, fx);
	ab_endpoint_has_room(endpoint, fx);
	return !gone;
}

void ab_receive_put_back(struct ab_endpoint *endpoint, struct ab_taken *taken,
			 struct ab_effects *fx)
{
	ab_assert_held(&endpoint->bus->lock);
	if (taken->kind == AB_TAKEN_LOST) {
		ab_queue_put_back_lost(&endpoint->queue, taken->head.lost);
		return;
	}
	if (ab_queue_untake(&endpoint->queue, false, fx))
		ab_endpoint_has_room(endpoint, fx);
	if (taken->kind == AB_TAKEN_VALUE)
		ab_message_unref(taken->message, fx);
}
