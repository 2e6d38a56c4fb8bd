// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "request.h"

#include "binding.h"
#include "bus.h"
#include "endpoint.h"

/* Padded, as a message's name has to be. */
static const struct {
	char text[32];
	u32 size;
} answer_name[AB_ANSWERS] = {
#define NAME(text) { text, sizeof(text) - 1 }
	[AB_ANSWER_UNBOUND] = NAME(AUTOBUS_NAME_UNBOUND_REPLIER),
	[AB_ANSWER_GONE_AWAY] = NAME(AUTOBUS_NAME_GONE_AWAY),
	[AB_ANSWER_IGNORED] = NAME(AUTOBUS_NAME_IGNORED),
	[AB_ANSWER_TIMED_OUT] = NAME(AUTOBUS_NAME_TIMED_OUT),
	[AB_ANSWER_UNREACHABLE] = NAME(AUTOBUS_NAME_UNREACHABLE),
	[AB_ANSWER_REFUSED] = NAME(AUTOBUS_NAME_REFUSED),
#undef NAME
};

enum ab_answer ab_answer_of_name(const char *name, u32 size)
{
	u32 i;

	for (i = 0; i < AB_ANSWERS; i++) {
		if (answer_name[i].size == size &&
		    !memcmp(answer_name[i].text, name, size))
			break;
	}
	return i;
}

struct ab_request *ab_request_new(void)
{
	struct ab_request *request = ab_new(AB_REQUEST);

	if (!request)
		return NULL;
	memset(request, 0, sizeof(*request));
	request->status.junk.kind = AB_REQUEST;
	request->status.refs = 1;
	INIT_LIST_HEAD(&request->unread);
	return request;
}

void ab_request_free(struct ab_request *request)
{
	if (request)
		ab_delete(AB_REQUEST, request);
}

void ab_request_open(struct ab_bus *bus, struct ab_request *request,
		     struct ab_message *message, struct ab_endpoint *requester,
		     struct ab_endpoint *replier, struct ab_binding *binding,
		     struct ab_slot *slot, struct ab_table_spare *spare)
{
	request->message = message;
	ab_message_ref(message);
	request->serial = message->head.serial;
	request->requester = requester;
	request->replier = replier;
	request->slot = slot;
	slot->request = request;
	list_add_tail(&request->asked, &requester->asked);
	requester->n_asked++;
	list_add_tail(&request->owed, &replier->owed);
	replier->n_owed++;
	if (binding)
		list_add_tail(&request->unread, &binding->unread);
	ab_queue_reserve(&requester->queue);
	ab_table_add(&bus->requests, &request->by_serial, request->serial,
		     spare);
}

struct ab_request *ab_request_find(struct ab_bus *bus, u64 serial)
{
	struct ab_request *request;

	hlist_for_each_entry(request, ab_table_bucket(&bus->requests, serial),
			     by_serial.node) {
		if (request->serial == serial)
			return request;
	}
	return NULL;
}

void ab_request_handed(struct ab_request *request)
{
	request->slot->request = NULL;
	request->slot = NULL;
	list_del_init(&request->unread);
}

/* Takes it from the open ones, and its record from the replier's queue. */
static void close_request(struct ab_bus *bus, struct ab_request *request,
			  struct ab_effects *fx)
{
	struct ab_endpoint *replier = request->replier;
	struct ab_slot *slot = request->slot;

	ab_table_del(&bus->requests, &request->by_serial);
	list_del(&request->asked);
	request->requester->n_asked--;
	list_del(&request->owed);
	replier->n_owed--;
	ab_queue_unreserve(&request->requester->queue);
	if (slot) {
		ab_request_handed(request);
		ab_queue_remove(&replier->queue, slot, fx);
		ab_endpoint_has_room(replier, fx);
	}
	ab_message_unref(request->message, fx);
	request->message = NULL;
}

void ab_request_reply(struct ab_bus *bus, struct ab_request *request,
		      struct ab_message *reply, struct ab_effects *fx)
{
	struct ab_endpoint *requester = request->requester;

	close_request(bus, request, fx);
	ab_endpoint_push(requester, reply, AUTOBUS_ANSWER, 0, fx);
	ab_message_unref(&request->status, fx);
}

void ab_request_status(struct ab_bus *bus, struct ab_request *request,
		       enum ab_answer answer, u32 code, u32 reached,
		       struct ab_effects *fx)
{
	struct ab_endpoint *requester = request->requester;
	struct ab_message *status = &request->status;

	status->name = answer_name[answer].text;
	ab_message_set_sizes(status, answer_name[answer].size, 0);
	status->head.type = AUTOBUS_STATUS;
	status->head.code = code;
	status->head.reached = reached;
	status->head.in_reply_to = request->serial;
	status->head.to.bus = bus->id;
	status->head.to.endpoint = requester->number;
	ab_bus_stamp(bus, status, NULL);
	close_request(bus, request, fx);
	ab_endpoint_push(requester, status, AUTOBUS_ANSWER, 0, fx);
	ab_message_unref(status, fx);
}

void ab_request_withdraw(struct ab_bus *bus, struct ab_request *request,
			 struct ab_effects *fx)
{
	struct ab_endpoint *requester = request->requester;

	close_request(bus, request, fx);
	ab_endpoint_has_room(requester, fx);
	ab_message_unref(&request->status, fx);
}
