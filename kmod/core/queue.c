// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "queue.h"

struct ab_slots *ab_slots_new(u32 count)
{
	struct ab_slots *slots;

	slots = ab_alloc(sizeof(*slots) + (size_t)count * sizeof(struct ab_slot));
	if (slots)
		slots->count = count;
	return slots;
}

void ab_slots_free(struct ab_slots *slots)
{
	ab_free(slots);
}

void ab_queue_init(struct ab_queue *queue, u64 bytes_limit)
{
	memset(queue, 0, sizeof(*queue));
	INIT_LIST_HEAD(&queue->blocks);
	INIT_LIST_HEAD(&queue->free);
	INIT_LIST_HEAD(&queue->urgent);
	INIT_LIST_HEAD(&queue->ordinary);
	queue->bytes_limit = bytes_limit;
}

void ab_queue_grow(struct ab_queue *queue, struct ab_slots *slots)
{
	u32 i;

	list_add_tail(&slots->link, &queue->blocks);
	for (i = 0; i < slots->count; i++)
		list_add_tail(&slots->slot[i].link, &queue->free);
	queue->slots += slots->count;
}

int ab_queue_set_limit(struct ab_queue *queue, u32 limit)
{
	ab_assert(limit <= queue->slots);
	if (limit < queue->queued + queue->reserved)
		return -EBUSY;
	queue->limit = limit;
	return 0;
}

void ab_queue_deinit(struct ab_queue *queue)
{
	struct ab_slots *slots, *next;

	ab_assert(!queue->queued && !queue->reserved && !queue->bytes);
	list_for_each_entry_safe(slots, next, &queue->blocks, link)
		ab_slots_free(slots);
	INIT_LIST_HEAD(&queue->blocks);
}

bool ab_queue_has_slots(const struct ab_queue *queue, u32 n)
{
	return (u64)queue->queued + queue->reserved + n <= queue->limit;
}

bool ab_queue_has_room(const struct ab_queue *queue, u64 bytes)
{
	return ab_queue_has_slots(queue, 1) &&
	       (!queue->bytes || queue->bytes + bytes <= queue->bytes_limit);
}

void ab_queue_reserve(struct ab_queue *queue)
{
	queue->reserved++;
}

void ab_queue_unreserve(struct ab_queue *queue)
{
	ab_assert(queue->reserved);
	queue->reserved--;
}

struct ab_slot *ab_queue_push(struct ab_queue *queue, struct ab_message *message,
			      u32 flags, u64 cookie)
{
	bool urgent = message && (message->head.flags & AUTOBUS_URGENT);
	struct ab_slot *slot = list_first_entry(&queue->free, struct ab_slot,
						link);

	ab_assert(queue->queued + queue->reserved < queue->limit);
	list_del(&slot->link);
	slot->message = message;
	slot->request = NULL;
	slot->flags = flags;
	slot->cookie = cookie;
	slot->lost = 0;
	if (message) {
		ab_message_ref(message);
		queue->bytes += ab_message_bytes(message);
	}
	if (urgent) {
		list_add_tail(&slot->link, &queue->urgent);
	} else {
		slot->lost = queue->lost;
		WRITE_ONCE(queue->lost, 0);
		list_add_tail(&slot->link, &queue->ordinary);
	}
	WRITE_ONCE(queue->queued, queue->queued + 1);
	return slot;
}

static u32 add_saturated(u32 a, u32 b)
{
	return a + b < a ? (u32)-1 : a + b;
}

void ab_queue_lose(struct ab_queue *queue, u32 n)
{
	WRITE_ONCE(queue->lost, add_saturated(queue->lost, n));
	queue->lost_total += n;
}

void ab_queue_put_back_lost(struct ab_queue *queue, u32 n)
{
	struct ab_slot *next;

	/* They were missed before all that is queued now. */
	if (list_empty(&queue->ordinary)) {
		WRITE_ONCE(queue->lost, add_saturated(queue->lost, n));
		return;
	}
	next = list_first_entry(&queue->ordinary, struct ab_slot, link);
	next->lost = add_saturated(next->lost, n);
}

struct ab_slot *ab_queue_first(const struct ab_queue *queue)
{
	if (!list_empty(&queue->urgent))
		return list_first_entry(&queue->urgent, struct ab_slot, link);
	if (!list_empty(&queue->ordinary))
		return list_first_entry(&queue->ordinary, struct ab_slot, link);
	return NULL;
}

bool ab_queue_readable(const struct ab_queue *queue)
{
	return READ_ONCE(queue->queued) || READ_ONCE(queue->lost);
}

static void release(struct ab_queue *queue, struct ab_slot *slot,
		    struct ab_effects *fx)
{
	if (slot->message) {
		queue->bytes -= ab_message_bytes(slot->message);
		ab_message_unref(slot->message, fx);
		slot->message = NULL;
	}
	WRITE_ONCE(queue->queued, queue->queued - 1);
	list_add(&slot->link, &queue->free);
}

/* What the slot would have told about lost messages, the next one tells. */
static void hand_on_lost(struct ab_queue *queue, struct ab_slot *slot)
{
	struct ab_slot *next;

	if (!slot->lost)
		return;
	if (slot->link.next == &queue->ordinary) {
		WRITE_ONCE(queue->lost, add_saturated(queue->lost, slot->lost));
		return;
	}
	next = list_entry(slot->link.next, struct ab_slot, link);
	next->lost = add_saturated(next->lost, slot->lost);
}

void ab_queue_remove(struct ab_queue *queue, struct ab_slot *slot,
		     struct ab_effects *fx)
{
	if (slot == queue->taken) {
		list_del(&slot->link);
		queue->taken_gone = true;
		return;
	}
	hand_on_lost(queue, slot);
	list_del(&slot->link);
	release(queue, slot, fx);
}

bool ab_queue_untake(struct ab_queue *queue, bool told, struct ab_effects *fx)
{
	struct ab_slot *slot = queue->taken;
	bool gone = queue->taken_gone;

	queue->taken = NULL;
	queue->taken_gone = false;
	if (told)
		slot->lost = 0;
	if (gone) {
		ab_queue_put_back_lost(queue, slot->lost);
		release(queue, slot, fx);
	}
	return gone;
}
