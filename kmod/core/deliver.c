// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "deliver.h"

#include "binding.h"
#include "bus.h"
#include "recipients.h"
#include "request.h"
#include "send.h"
#include "watch.h"

/* `full` has no room: what the sender wants then. */
static int refuse(const struct ab_send *send, struct ab_endpoint *full,
		  struct ab_endpoint **fullp)
{
	if (!(send->message->head.flags & AUTOBUS_WAIT))
		return -EBUSY;
	if (full == send->sender)
		return -EDEADLK;
	*fullp = full;
	return -EAGAIN;
}

/* The policy of the sender for full listeners. */
static int check_listeners(const struct ab_send *send,
			   struct ab_recipients *found, u64 bytes,
			   struct ab_endpoint **fullp)
{
	struct ab_endpoint *full;

	if (!(send->message->head.flags & (AUTOBUS_WAIT | AUTOBUS_FAIL)))
		return 0;
	full = ab_recipients_full(found, bytes);
	found->sure = !full;
	return full ? refuse(send, full, fullp) : 0;
}

static void look_up(struct ab_send *send, struct ab_recipients *found)
{
	struct ab_bus *bus = send->sender->bus;

	if (send->message->head.flags & AUTOBUS_REMOTE)
		found->not_listener = bus->router;
	ab_recipients_find(bus, &send->name, found);
}

/* Stamps the message and hands it to the listeners; the last step of all. */
static void accept(struct ab_send *send)
{
	struct ab_message *message = send->message;

	ab_bus_stamp(send->sender->bus, message, send->sender);
	send->serial = message->head.serial;
}

static void let_go(struct ab_send *send, struct ab_effects *fx)
{
	ab_message_unref(send->message, fx);
	send->message = NULL;
}

/* Announcements, cleared notices, and copies of what went elsewhere. */
static int deliver_to_listeners(struct ab_send *send, struct ab_effects *fx,
				struct ab_endpoint **fullp)
{
	struct ab_recipients found = { .want_listeners = true };
	int r;

	look_up(send, &found);
	r = check_listeners(send, &found, ab_message_bytes(send->message),
			    fullp);
	if (r)
		return r;
	accept(send);
	ab_recipients_push(send->sender->bus, &found, send->message, fx);
	let_go(send, fx);
	return 0;
}

/* Who is to answer a request, as its `to` has it. */
static int find_target(const struct ab_send *send,
		       const struct ab_recipients *found,
		       struct ab_endpoint **targetp)
{
	struct autobus_address *to = &send->message->head.to;
	struct ab_bus *bus = send->sender->bus;

	if (to->bus && to->bus != bus->id) {
		*targetp = ab_bus_router(bus);
		if (!*targetp || *targetp == send->sender)
			return -EHOSTUNREACH;
		return 0;
	}
	if (!found->replier)
		return -EADDRNOTAVAIL;
	*targetp = found->replier->endpoint;
	if (to->endpoint && to->endpoint != (*targetp)->number)
		return -EPIPE;
	return 0;
}

/* All that must have room for a request, without a trace if it hasn't. */
static int check_request(struct ab_send *send,
			 struct ab_recipients *found,
			 struct ab_endpoint *target,
			 struct ab_endpoint **fullp)
{
	struct ab_queue *answer = &send->sender->queue;
	u64 bytes = ab_message_bytes(send->message);
	int r = 0;

	ab_queue_reserve(answer);
	if (!ab_queue_has_room(&target->queue, bytes)) {
		r = refuse(send, target, fullp);
	} else {
		ab_queue_reserve(&target->queue);
		r = check_listeners(send, found, bytes, fullp);
		ab_queue_unreserve(&target->queue);
	}
	ab_queue_unreserve(answer);
	return r;
}

static int deliver_request(struct ab_send *send, struct ab_effects *fx,
			   struct ab_endpoint **fullp)
{
	struct ab_endpoint *sender = send->sender, *target;
	struct ab_message *message = send->message;
	struct autobus_record *head = &message->head;
	struct ab_bus *bus = sender->bus;
	struct ab_binding *binding;
	struct ab_slot *slot;
	int r;
	struct ab_recipients found = {
		.want_replier = true,
		.want_listeners = !(head->flags &
				    (AUTOBUS_PRIVATE | AUTOBUS_ALONE)),
		.not_replier = head->flags & AUTOBUS_ALONE ? bus->router : NULL,
	};

	if (!ab_queue_has_slots(&sender->queue, 1) ||
	    sender->queue.bytes > sender->queue.bytes_limit)
		return -ENOLCK;
	look_up(send, &found);
	r = find_target(send, &found, &target);
	if (r)
		return r;
	/* The replier's copy is the request itself. */
	if (target->hit == bus->hits) {
		found.has_it = target;
		look_up(send, &found);
	}
	r = check_request(send, &found, target, fullp);
	if (r)
		return r;
	binding = found.replier && found.replier->endpoint == target ?
			  found.replier : NULL;
	if (head->to.endpoint && !head->to.bus)
		head->to.bus = bus->id;
	accept(send);
	slot = ab_endpoint_push(target, message, AUTOBUS_OWED,
				binding ? binding->cookie : 0, fx);
	ab_request_open(bus, send->request, message, sender, target, binding,
			slot, &send->spare);
	send->request = NULL;
	ab_recipients_push(bus, &found, message, fx);
	let_go(send, fx);
	return 0;
}

/* The request that a reply or status answers, if the sender may. */
static int find_asked(const struct ab_send *send, struct ab_request **requestp)
{
	const struct autobus_record *head = &send->message->head;
	struct ab_bus *bus = send->sender->bus;
	struct ab_request *request;

	request = ab_request_find(bus, head->in_reply_to);
	if (!request) {
		if (head->to.endpoint &&
		    !ab_endpoint_find(bus, head->to.endpoint))
			return -EADDRNOTAVAIL;
		return -ECONNREFUSED;
	}
	if (request->replier != send->sender || request->slot)
		return -ECONNREFUSED;
	if (head->to.endpoint &&
	    (head->to.endpoint != request->requester->number ||
	     (head->to.bus && head->to.bus != bus->id)))
		return -ECONNREFUSED;
	*requestp = request;
	return 0;
}

/* A reply's name is the request's; left out, it's taken from there. */
static int take_name(struct ab_send *send, struct ab_message *asked)
{
	struct ab_message *message = send->message;

	if (send->named) {
		if (message->head.name_size != asked->head.name_size ||
		    memcmp(message->name, asked->name, asked->head.name_size))
			return -ECONNREFUSED;
		return 0;
	}
	return ab_name_parse(&send->name, asked->name, asked->head.name_size,
			     false);
}

static void lend_name(struct ab_message *message, struct ab_message *asked)
{
	ab_message_ref(asked);
	message->named = asked;
	message->name = asked->name;
	ab_message_set_sizes(message, asked->head.name_size,
			     message->head.data_size);
}

static int deliver_reply(struct ab_send *send, struct ab_effects *fx,
			 struct ab_endpoint **fullp)
{
	struct ab_message *message = send->message;
	struct ab_bus *bus = send->sender->bus;
	struct ab_recipients found = { };
	struct ab_request *request;
	int r;

	r = find_asked(send, &request);
	if (r)
		return r;
	r = take_name(send, request->message);
	if (r)
		return r;
	found.want_listeners =
		!(message->head.flags & AUTOBUS_ALONE) &&
		!(request->message->head.flags & AUTOBUS_PRIVATE);
	found.has_it = request->requester;
	look_up(send, &found);
	/* The name may yet be the request's. */
	r = check_listeners(send, &found,
			    (u64)request->message->head.name_size +
				    message->head.data_size, fullp);
	if (r)
		return r;
	if (!send->named)
		lend_name(message, request->message);
	message->head.to.bus = bus->id;
	message->head.to.endpoint = request->requester->number;
	accept(send);
	ab_request_reply(bus, request, message, fx);
	ab_recipients_push(bus, &found, message, fx);
	let_go(send, fx);
	return 0;
}

/* A router's answer in place of a far replier. */
static int deliver_status(struct ab_send *send, struct ab_effects *fx)
{
	const struct autobus_record *head = &send->message->head;
	struct ab_bus *bus = send->sender->bus;
	struct ab_request *request;
	enum ab_answer answer;
	int r;

	answer = ab_answer_of_name(send->message->name, head->name_size);
	if (answer == AB_ANSWERS)
		return -EBADMSG;
	r = find_asked(send, &request);
	if (r)
		return r;
	ab_request_status(bus, request, answer, head->code, head->reached, fx);
	send->serial = bus->serial;
	let_go(send, fx);
	return 0;
}

static int deliver_direct(struct ab_send *send, struct ab_effects *fx,
			  struct ab_endpoint **fullp)
{
	struct autobus_address *to = &send->message->head.to;
	struct ab_bus *bus = send->sender->bus;
	struct ab_endpoint *target;

	if (to->bus && to->bus != bus->id) {
		target = ab_bus_router(bus);
		if (!target || target == send->sender)
			return -EHOSTUNREACH;
	} else {
		target = ab_endpoint_find(bus, to->endpoint);
		if (!target || !target->may_read)
			return -ENXIO;
		to->bus = bus->id;
	}
	if (!ab_queue_has_room(&target->queue, ab_message_bytes(send->message)))
		return refuse(send, target, fullp);
	accept(send);
	ab_endpoint_push(target, send->message, 0, 0, fx);
	let_go(send, fx);
	return 0;
}

/* A router says that an endpoint of another bus closed. */
static int deliver_closed(struct ab_send *send, struct ab_effects *fx)
{
	const struct autobus_record *head = &send->message->head;
	struct ab_bus *bus = send->sender->bus;
	struct ab_watch *watch, *next;

	list_for_each_entry_safe(watch, next, &bus->far_watches, by_target) {
		if (watch->target.bus == head->origin.bus &&
		    watch->target.endpoint == head->origin.endpoint)
			ab_watch_fire(watch, head->reached, fx);
	}
	send->serial = bus->serial;
	let_go(send, fx);
	return 0;
}

/* A router says that messages of another bus were lost on the way. */
static int deliver_lost(struct ab_send *send, struct ab_effects *fx)
{
	u32 lost = send->message->head.lost;
	struct ab_bus *bus = send->sender->bus;
	struct ab_endpoint *endpoint;

	list_for_each_entry(endpoint, &bus->in_order, link) {
		if (endpoint == send->sender || !endpoint->n_listeners ||
		    endpoint->state != AB_OPEN)
			continue;
		ab_queue_lose(&endpoint->queue, lost);
		ab_wake(fx, endpoint);
	}
	bus->lost_total += lost;
	send->serial = bus->serial;
	let_go(send, fx);
	return 0;
}

static int deliver_notice(struct ab_send *send, struct ab_effects *fx,
			  struct ab_endpoint **fullp)
{
	if (send->message->head.code == AUTOBUS_NOTICE_CLOSED)
		return deliver_closed(send, fx);
	return deliver_to_listeners(send, fx, fullp);
}

int ab_deliver(struct ab_send *send, struct ab_effects *fx,
	       struct ab_endpoint **fullp)
{
	const struct autobus_record *head = &send->message->head;
	int r;

	ab_assert_held(&send->sender->bus->lock);
	*fullp = NULL;
	r = ab_endpoint_check(send->sender);
	if (r)
		return r;
	if (head->flags & AUTOBUS_COPY)
		return deliver_to_listeners(send, fx, fullp);
	switch (head->type) {
	case AUTOBUS_ANNOUNCEMENT:
		return deliver_to_listeners(send, fx, fullp);
	case AUTOBUS_REQUEST:
		return deliver_request(send, fx, fullp);
	case AUTOBUS_REPLY:
		return deliver_reply(send, fx, fullp);
	case AUTOBUS_STATUS:
		return deliver_status(send, fx);
	case AUTOBUS_DIRECT:
		return deliver_direct(send, fx, fullp);
	case AUTOBUS_NOTICE:
		return deliver_notice(send, fx, fullp);
	default:
		return deliver_lost(send, fx);
	}
}
