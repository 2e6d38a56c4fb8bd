// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "endpoint.h"

#include "binding.h"
#include "bus.h"
#include "request.h"
#include "send.h"
#include "value.h"
#include "watch.h"

void ab_endpoint_init(struct ab_endpoint *endpoint, struct ab_bus *bus,
		      struct ab_creds *creds, bool may_read, bool may_write,
		      bool privileged)
{
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->bus = bus;
	endpoint->creds = creds;
	endpoint->may_read = may_read;
	endpoint->may_write = may_write;
	endpoint->privileged = privileged;
	endpoint->state = AB_CLOSED;
	endpoint->bindings_limit = bus->limits.bindings;
	endpoint->pollout.sender = endpoint;
	ab_ref_init(&endpoint->ref);
	INIT_LIST_HEAD(&endpoint->wakes);
	INIT_LIST_HEAD(&endpoint->room);
	INIT_LIST_HEAD(&endpoint->bindings);
	INIT_LIST_HEAD(&endpoint->asked);
	INIT_LIST_HEAD(&endpoint->owed);
	INIT_LIST_HEAD(&endpoint->watches);
	INIT_LIST_HEAD(&endpoint->watchers);
	INIT_LIST_HEAD(&endpoint->refused);
	INIT_LIST_HEAD(&endpoint->parked);
	INIT_LIST_HEAD(&endpoint->pollout.link);
	ab_queue_init(&endpoint->queue, bus->limits.bytes);
}

void ab_endpoint_deinit(struct ab_endpoint *endpoint)
{
	ab_assert(endpoint->state == AB_CLOSED);
	ab_queue_deinit(&endpoint->queue);
	ab_creds_put(endpoint->creds);
}

int ab_endpoint_add(struct ab_endpoint *endpoint, struct ab_slots *slots,
		    struct ab_table_spare *spare)
{
	struct ab_bus *bus = endpoint->bus;

	ab_assert_held(&bus->lock);
	if (bus->endpoints.entries >= bus->limits.endpoints)
		return -ENFILE;
	endpoint->number = ++bus->last_endpoint;
	endpoint->state = AB_OPEN;
	endpoint->queue.limit = slots->count;
	ab_queue_grow(&endpoint->queue, slots);
	ab_table_add(&bus->endpoints, &endpoint->by_number, endpoint->number,
		     spare);
	list_add_tail(&endpoint->link, &bus->in_order);
	return 0;
}

struct ab_endpoint *ab_endpoint_find(struct ab_bus *bus, u64 number)
{
	struct ab_endpoint *endpoint;

	hlist_for_each_entry(endpoint, ab_table_bucket(&bus->endpoints, number),
			     by_number.node) {
		if (endpoint->number == number)
			return endpoint->state == AB_OPEN ? endpoint : NULL;
	}
	return NULL;
}

int ab_endpoint_check(const struct ab_endpoint *endpoint)
{
	return endpoint->state == AB_OPEN ? 0 : -ESHUTDOWN;
}

struct ab_slot *ab_endpoint_push(struct ab_endpoint *endpoint,
				 struct ab_message *message, u32 flags,
				 u64 cookie, struct ab_effects *fx)
{
	ab_wake(fx, endpoint);
	return ab_queue_push(&endpoint->queue, message, flags, cookie);
}

void ab_endpoint_has_room(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	if (list_empty(&endpoint->refused))
		return;
	endpoint->tried = 0;
	if (endpoint->roomy)
		return;
	endpoint->roomy = true;
	list_add_tail(&endpoint->room, &endpoint->bus->roomy);
	fx->more = true;
}

bool ab_endpoint_close(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	ab_assert_held(&endpoint->bus->lock);
	if (endpoint->state != AB_OPEN)
		return false;
	WRITE_ONCE(endpoint->state, AB_CLOSING);
	ab_wait_end(&endpoint->pollout);
	ab_endpoint_has_room(endpoint, fx);
	ab_wake(fx, endpoint);
	return true;
}

static void answer_owed(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	struct ab_request *request = list_first_entry(&endpoint->owed,
						      struct ab_request, owed);
	bool unread = request->slot;

	if (endpoint->bus->router == endpoint)
		ab_request_status(endpoint->bus, request,
				  AB_ANSWER_UNREACHABLE, 0,
				  unread ? AUTOBUS_REACHED_NO :
					   AUTOBUS_REACHED_UNKNOWN, fx);
	else
		ab_request_status(endpoint->bus, request,
				  unread ? AB_ANSWER_GONE_AWAY :
					   AB_ANSWER_IGNORED, 0, 0, fx);
}

static void empty_queue(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	struct ab_queue *queue = &endpoint->queue;
	struct ab_slot *slot = ab_queue_first(queue);

	if (!slot->message) {
		ab_cursor_stop(slot->cursor);
		ab_discard(fx, &slot->cursor->junk);
	}
	ab_queue_remove(queue, slot, fx);
}

/* Last: from now on the bus doesn't know it. */
static void forget(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	struct ab_bus *bus = endpoint->bus;

	if (bus->router == endpoint)
		WRITE_ONCE(bus->router, NULL);
	ab_table_del(&bus->endpoints, &endpoint->by_number);
	list_del(&endpoint->link);
	WRITE_ONCE(endpoint->queue.lost, 0);
	WRITE_ONCE(endpoint->state, AB_CLOSED);
	ab_wake(fx, endpoint);
}

bool ab_endpoint_close_step(struct ab_endpoint *endpoint,
			    struct ab_effects *fx)
{
	struct ab_bus *bus = endpoint->bus;

	ab_assert_held(&bus->lock);
	if (endpoint->state == AB_CLOSED)
		return false;
	if (!list_empty(&endpoint->parked))
		ab_send_shut_down(endpoint, fx);
	else if (!list_empty(&endpoint->asked))
		ab_request_withdraw(bus,
				    list_first_entry(&endpoint->asked,
						     struct ab_request, asked),
				    fx);
	else if (!list_empty(&endpoint->owed))
		answer_owed(endpoint, fx);
	else if (!list_empty(&endpoint->bindings))
		ab_binding_end(list_first_entry(&endpoint->bindings,
						struct ab_binding, own), fx);
	else if (!list_empty(&endpoint->watchers))
		ab_watch_fire(list_first_entry(&endpoint->watchers,
					       struct ab_watch, by_target),
			      0, fx);
	else if (bus->router == endpoint && !list_empty(&bus->far_watches))
		ab_watch_fire(list_first_entry(&bus->far_watches,
					       struct ab_watch, by_target),
			      AUTOBUS_REACHED_UNKNOWN, fx);
	else if (!list_empty(&endpoint->watches))
		ab_watch_end(list_first_entry(&endpoint->watches,
					      struct ab_watch, own), fx);
	else if (ab_queue_first(&endpoint->queue))
		empty_queue(endpoint, fx);
	else if (endpoint->roomy || !list_empty(&endpoint->refused))
		ab_send_retry(endpoint, fx);
	else
		forget(endpoint, fx);
	return endpoint->state != AB_CLOSED;
}
