// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "recipients.h"

#include "binding.h"
#include "bus.h"
#include "endpoint.h"
#include "index.h"

static void find_replier(struct ab_recipients *found,
			 const struct list_head *repliers)
{
	struct ab_binding *binding;

	list_for_each_entry(binding, repliers, at) {
		if (ab_binding_is_live(binding) &&
		    binding->endpoint != found->not_replier) {
			found->replier = binding;
			return;
		}
	}
}

static void add_listeners(struct ab_bus *bus, struct ab_recipients *found,
			  const struct list_head *listeners)
{
	struct ab_binding *binding;
	struct ab_endpoint *endpoint;

	list_for_each_entry(binding, listeners, at) {
		endpoint = binding->endpoint;
		if (!ab_binding_is_live(binding) ||
		    endpoint == found->not_listener)
			continue;
		if (endpoint->hit != bus->hits) {
			endpoint->hit = bus->hits;
			endpoint->copies = 0;
		} else if (!(binding->flags & AUTOBUS_BIND_EACH)) {
			continue;
		}
		endpoint->copies++;
		list_add_tail(&binding->hit, &found->listeners);
	}
}

void ab_recipients_find(struct ab_bus *bus, const struct ab_name *name,
			struct ab_recipients *found)
{
	struct ab_walk walk;
	struct ab_node *node;
	bool star;

	INIT_LIST_HEAD(&found->listeners);
	found->replier = NULL;
	bus->hits++;
	if (found->has_it) {
		found->has_it->hit = bus->hits;
		found->has_it->copies = 0;
	}
	ab_walk_init(&walk, &bus->index, name);
	while ((node = ab_walk_next(&walk, &bus->index, &star))) {
		struct list_head *lists = star ? node->star : node->here;

		if (found->want_replier && !found->replier)
			find_replier(found, &lists[AB_AT_REPLIERS]);
		if (found->want_listeners)
			add_listeners(bus, found, &lists[AB_AT_LISTENERS]);
	}
}

struct ab_endpoint *ab_recipients_full(const struct ab_recipients *found,
				       u64 bytes)
{
	struct ab_binding *binding;
	struct ab_endpoint *endpoint;

	list_for_each_entry(binding, &found->listeners, hit) {
		endpoint = binding->endpoint;
		if (!ab_queue_has_slots(&endpoint->queue, endpoint->copies) ||
		    !ab_queue_has_room(&endpoint->queue,
				       bytes * endpoint->copies))
			return endpoint;
	}
	return NULL;
}

void ab_recipients_push(struct ab_bus *bus, const struct ab_recipients *found,
			struct ab_message *message, struct ab_effects *fx)
{
	u64 bytes = ab_message_bytes(message);
	struct ab_binding *binding;
	struct ab_endpoint *endpoint;

	list_for_each_entry(binding, &found->listeners, hit) {
		endpoint = binding->endpoint;
		if (found->sure ||
		    ab_queue_has_room(&endpoint->queue, bytes)) {
			ab_endpoint_push(endpoint, message, 0, binding->cookie,
					 fx);
			continue;
		}
		ab_queue_lose(&endpoint->queue, 1);
		/* Full of reservations: it has only the lost mark to read. */
		if (!endpoint->queue.queued)
			ab_wake(fx, endpoint);
		bus->lost_total++;
	}
}
