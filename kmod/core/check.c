// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "check.h"

#include "binding.h"
#include "bus.h"
#include "endpoint.h"
#include "request.h"
#include "send.h"
#include "value.h"
#include "watch.h"

/* What all endpoints have together, to be compared with the bus's own. */
struct totals {
	u64 endpoints;
	u64 bindings;
	u64 notices;
	u64 asked;
	u64 owed;
	u64 watches;
	u64 watchers;
	u64 cursors;
	u64 waking;
	u64 roomy;
};

#define CHECK(condition)					\
	do {							\
		if (!(condition))				\
			return #condition;			\
	} while (0)
#define CHECK_ALL(call)						\
	do {							\
		const char *wrong = call;			\
								\
		if (wrong)					\
			return wrong;				\
	} while (0)

static u64 length(const struct list_head *list)
{
	const struct list_head *at;
	u64 n = 0;

	for (at = list->next; at != list; at = at->next)
		n++;
	return n;
}

static bool is_in(const struct list_head *list, const struct list_head *element)
{
	const struct list_head *at;

	for (at = list->next; at != list; at = at->next) {
		if (at == element)
			return true;
	}
	return false;
}

static const char *check_slot(struct ab_endpoint *endpoint,
			      struct ab_slot *slot, bool urgent, u64 *bytes,
			      struct totals *all)
{
	struct ab_message *message = slot->message;

	if (!message) {
		CHECK(!urgent);
		CHECK(slot->cursor);
		CHECK(is_in(slot->cursor->values, &slot->cursor->place.link));
		all->cursors++;
		return NULL;
	}
	CHECK(message->refs);
	CHECK(message->head.serial);
	CHECK(message->head.serial <= endpoint->bus->serial);
	CHECK(urgent == !!(message->head.flags & AUTOBUS_URGENT));
	CHECK(!urgent || !slot->lost);
	CHECK(!slot->request || slot->request->slot == slot);
	CHECK(!slot->request || slot->request->replier == endpoint);
	CHECK(!slot->request || slot->request->message == message);
	CHECK(!slot->request || (slot->flags & AUTOBUS_OWED));
	*bytes += ab_message_bytes(message);
	return NULL;
}

static const char *check_line(struct ab_endpoint *endpoint,
			      struct list_head *line, u64 *bytes,
			      struct totals *all)
{
	bool urgent = line == &endpoint->queue.urgent;
	struct ab_slot *slot;
	u64 last = 0;

	list_for_each_entry(slot, line, link) {
		CHECK_ALL(check_slot(endpoint, slot, urgent, bytes, all));
		if (!slot->message)
			continue;
		/* One serial may stand there twice: a copy per binding. */
		CHECK(slot->message->head.serial >= last);
		last = slot->message->head.serial;
	}
	return NULL;
}

static const char *check_queue(struct ab_endpoint *endpoint,
			       struct totals *all)
{
	struct ab_queue *queue = &endpoint->queue;
	struct ab_slots *block;
	u64 bytes = 0, slots = 0, queued;

	CHECK_ALL(check_line(endpoint, &queue->urgent, &bytes, all));
	CHECK_ALL(check_line(endpoint, &queue->ordinary, &bytes, all));
	queued = length(&queue->urgent) + length(&queue->ordinary);
	if (queue->taken_gone) {
		CHECK(queue->taken);
		queued++;
		if (queue->taken->message)
			bytes += ab_message_bytes(queue->taken->message);
	}
	CHECK(queue->queued == queued);
	CHECK(queue->bytes == bytes);
	list_for_each_entry(block, &queue->blocks, link)
		slots += block->count;
	CHECK(queue->slots == slots);
	CHECK(length(&queue->free) + queued == slots);
	CHECK(queue->limit <= slots);
	CHECK((u64)queue->queued + queue->reserved <= queue->limit);
	CHECK(queue->reserved ==
	      endpoint->n_asked + length(&endpoint->watches));
	return NULL;
}

static const char *check_requests(struct ab_endpoint *endpoint,
				  struct totals *all)
{
	struct ab_bus *bus = endpoint->bus;
	struct ab_request *request;
	u64 last = 0;

	CHECK(length(&endpoint->asked) == endpoint->n_asked);
	CHECK(length(&endpoint->owed) == endpoint->n_owed);
	all->asked += endpoint->n_asked;
	all->owed += endpoint->n_owed;
	list_for_each_entry(request, &endpoint->asked, asked) {
		CHECK(request->requester == endpoint);
		CHECK(request->replier->state != AB_CLOSED);
		CHECK(ab_request_find(bus, request->serial) == request);
		CHECK(request->status.refs == 1);
		CHECK(request->message->refs);
		CHECK(request->message->head.serial == request->serial);
	}
	list_for_each_entry(request, &endpoint->owed, owed) {
		CHECK(request->replier == endpoint);
		CHECK(request->requester->state != AB_CLOSED);
		CHECK(request->serial > last);
		last = request->serial;
		CHECK(!request->slot || request->slot->request == request);
		CHECK(request->slot || list_empty(&request->unread));
	}
	return NULL;
}

static const char *check_binding(struct ab_binding *binding)
{
	struct ab_bus *bus = binding->endpoint->bus;
	struct list_head *lists;
	struct ab_request *request;
	int i = binding->role == AUTOBUS_REPLIER ? AB_AT_REPLIERS :
						   AB_AT_LISTENERS;

	lists = binding->text[binding->text_size - 1] == '*' ?
			binding->node->star : binding->node->here;
	CHECK(is_in(&lists[i], &binding->at));
	CHECK(!binding->bound.message == !binding->unbound);
	if (binding->unbound) {
		CHECK(is_in(&bus->bound, &binding->bound.link));
		CHECK(binding->bound.message->head.serial == binding->id);
		CHECK(binding->unbound->refs == 1);
		CHECK(!binding->unbound->head.serial);
	}
	list_for_each_entry(request, &binding->unread, unread) {
		CHECK(request->replier == binding->endpoint);
		CHECK(request->slot);
	}
	return NULL;
}

static const char *check_bindings(struct ab_endpoint *endpoint,
				  struct totals *all)
{
	struct ab_binding *binding;
	u64 last = 0, listeners = 0;

	CHECK(length(&endpoint->bindings) == endpoint->n_bindings);
	all->bindings += endpoint->n_bindings;
	list_for_each_entry(binding, &endpoint->bindings, own) {
		CHECK(binding->endpoint == endpoint);
		CHECK(binding->id > last);
		last = binding->id;
		listeners += binding->role == AUTOBUS_LISTENER;
		all->notices += binding->unbound != NULL;
		CHECK_ALL(check_binding(binding));
	}
	CHECK(endpoint->n_listeners == listeners);
	return NULL;
}

static const char *check_watches(struct ab_endpoint *endpoint,
				 struct totals *all)
{
	struct ab_bus *bus = endpoint->bus;
	struct ab_watch *watch;

	list_for_each_entry(watch, &endpoint->watches, own) {
		CHECK(watch->watcher == endpoint);
		CHECK(watch->notice && watch->notice->refs == 1);
		CHECK(watch->target.bus == bus->id ||
		      is_in(&bus->far_watches, &watch->by_target));
	}
	list_for_each_entry(watch, &endpoint->watchers, by_target) {
		CHECK(watch->target.bus == bus->id);
		CHECK(watch->target.endpoint == endpoint->number);
	}
	all->watches += length(&endpoint->watches);
	all->watchers += length(&endpoint->watchers);
	return NULL;
}

static const char *check_waits(struct ab_endpoint *endpoint,
			       struct totals *all)
{
	struct ab_wait *wait;
	struct ab_send *send;
	u64 last = 0;

	list_for_each_entry(wait, &endpoint->refused, link) {
		CHECK(wait->full == endpoint);
		CHECK(wait->age > last);
		last = wait->age;
		CHECK(wait->send || wait == &wait->sender->pollout);
		CHECK(!wait->send || !wait->send->done);
	}
	list_for_each_entry(send, &endpoint->parked, parked) {
		CHECK(send->sender == endpoint);
		CHECK(send->wait.full);
		CHECK(send->message);
	}
	CHECK(endpoint->roomy == is_in(&endpoint->bus->roomy, &endpoint->room));
	CHECK(endpoint->waking == is_in(&endpoint->bus->wakes,
					&endpoint->wakes));
	all->roomy += endpoint->roomy;
	all->waking += endpoint->waking;
	return NULL;
}

static const char *check_endpoint(struct ab_endpoint *endpoint,
				  struct totals *all)
{
	all->endpoints++;
	CHECK(endpoint->state != AB_CLOSED);
	CHECK_ALL(check_queue(endpoint, all));
	CHECK_ALL(check_requests(endpoint, all));
	CHECK_ALL(check_bindings(endpoint, all));
	CHECK_ALL(check_watches(endpoint, all));
	return check_waits(endpoint, all);
}

/* Of a node: its bindings, and, through *chainp, its children for '%'. */
static const char *check_node(struct ab_node *node, u64 *nodes, u64 *uses,
			      u64 *bindings)
{
	for (; node; node = node->percent) {
		u64 here = length(&node->here[0]) + length(&node->here[1]) +
			   length(&node->star[0]) + length(&node->star[1]);

		CHECK(node->uses >= here + (node->percent ? 1 : 0));
		CHECK(!node->parent || node->uses);
		CHECK(!node->percent || node->percent->parent == node);
		++*nodes;
		*uses += node->uses;
		*bindings += here;
	}
	return NULL;
}

/* The uses of all nodes are all bindings, and all nodes but the root. */
static const char *check_index(struct ab_index *index, u64 n_bindings)
{
	u64 nodes = 0, uses = 0, bindings = 0, entries = 0;
	struct ab_node *node;
	u32 i;

	CHECK_ALL(check_node(&index->root, &nodes, &uses, &bindings));
	for (i = 0; i < index->table.buckets; i++) {
		hlist_for_each_entry(node, ab_table_bucket(&index->table, i),
				     entry.node) {
			entries++;
			CHECK(node->entry.hash == node->key);
			CHECK_ALL(check_node(node, &nodes, &uses, &bindings));
		}
	}
	CHECK(entries == index->table.entries);
	CHECK(bindings == n_bindings);
	CHECK(uses == bindings + nodes - 1);
	return NULL;
}

static const char *check_values(struct ab_bus *bus, const struct totals *all)
{
	struct ab_value *value;
	u64 last = 0, notices = 0, places = 0;

	list_for_each_entry(value, &bus->bound, link) {
		if (!value->message) {
			places++;
			continue;
		}
		notices++;
		CHECK(value->message->refs);
		CHECK(value->message->head.serial > last);
		last = value->message->head.serial;
	}
	CHECK(notices == all->notices);
	CHECK(places == all->cursors);
	return NULL;
}

const char *ab_bus_check(struct ab_bus *bus)
{
	struct totals all = { };
	struct ab_endpoint *endpoint;
	u64 last = 0;

	ab_assert_held(&bus->lock);
	list_for_each_entry(endpoint, &bus->in_order, link) {
		CHECK(endpoint->number > last);
		last = endpoint->number;
		CHECK(endpoint->bus == bus);
		CHECK(endpoint->state != AB_OPEN ||
		      ab_endpoint_find(bus, endpoint->number) == endpoint);
		CHECK_ALL(check_endpoint(endpoint, &all));
	}
	CHECK(last <= bus->last_endpoint);
	CHECK(all.endpoints == bus->endpoints.entries);
	CHECK(all.bindings == bus->n_bindings);
	CHECK(all.asked == bus->requests.entries);
	CHECK(all.owed == bus->requests.entries);
	CHECK(all.watches == all.watchers + length(&bus->far_watches));
	CHECK(all.roomy == length(&bus->roomy));
	CHECK(all.waking <= length(&bus->wakes));
	CHECK(!bus->router || is_in(&bus->in_order, &bus->router->link));
	CHECK_ALL(check_index(&bus->index, all.bindings));
	return check_values(bus, &all);
}
