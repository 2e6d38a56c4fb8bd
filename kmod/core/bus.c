// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "bus.h"

#include "endpoint.h"
#include "send.h"

static const struct ab_limits default_limits = {
	.records = AUTOBUS_DEFAULT_RECORDS,
	.bytes = AUTOBUS_DEFAULT_BYTES,
	.bindings = AUTOBUS_DEFAULT_BINDINGS,
	.endpoints = AUTOBUS_DEFAULT_ENDPOINTS,
	.message = AUTOBUS_DEFAULT_MESSAGE,
};

/* Unprivileged: a queue of 64 times the default, the same bytes. */
static const struct ab_limits default_ceilings = {
	.records = 64 * AUTOBUS_DEFAULT_RECORDS,
	.bytes = 4ull * AUTOBUS_DEFAULT_BYTES,
	.bindings = 64ull * AUTOBUS_DEFAULT_BINDINGS,
	.endpoints = AUTOBUS_DEFAULT_ENDPOINTS,
	.message = AUTOBUS_DEFAULT_MESSAGE,
};

void ab_bus_init(struct ab_bus *bus, u64 id)
{
	memset(bus, 0, sizeof(*bus));
	bus->id = id;
	bus->limits = default_limits;
	bus->ceilings = default_ceilings;
	ab_index_init(&bus->index);
	ab_table_init(&bus->endpoints);
	ab_table_init(&bus->requests);
	INIT_LIST_HEAD(&bus->in_order);
	INIT_LIST_HEAD(&bus->bound);
	INIT_LIST_HEAD(&bus->far_watches);
	INIT_LIST_HEAD(&bus->wakes);
	INIT_LIST_HEAD(&bus->roomy);
}

void ab_bus_deinit(struct ab_bus *bus)
{
	ab_assert(list_empty(&bus->bound));
	ab_assert(list_empty(&bus->far_watches));
	ab_assert(list_empty(&bus->wakes));
	ab_assert(list_empty(&bus->roomy));
	ab_table_deinit(&bus->requests);
	ab_table_deinit(&bus->endpoints);
	ab_index_deinit(&bus->index);
}

struct ab_endpoint *ab_bus_router(const struct ab_bus *bus)
{
	if (bus->router && bus->router->state == AB_OPEN)
		return bus->router;
	return NULL;
}

int ab_bus_claim_router(struct ab_endpoint *endpoint)
{
	struct ab_bus *bus = endpoint->bus;

	ab_assert_held(&bus->lock);
	if (!endpoint->privileged)
		return -EPERM;
	if (!endpoint->may_read || !endpoint->may_write)
		return -EBADF;
	if (bus->router)
		return -EBUSY;
	WRITE_ONCE(bus->router, endpoint);
	return 0;
}

void ab_bus_stamp(struct ab_bus *bus, struct ab_message *message,
		  const struct ab_endpoint *sender)
{
	struct autobus_record *head = &message->head;

	ab_assert_held(&bus->lock);
	head->serial = ++bus->serial;
	head->from = sender ? sender->number : 0;
	if (head->flags & AUTOBUS_REMOTE)
		return;
	head->origin.bus = bus->id;
	head->origin.endpoint = head->from;
	head->origin.serial = head->serial;
}

bool ab_bus_work(struct ab_bus *bus, struct ab_effects *fx)
{
	struct ab_endpoint *endpoint;

	ab_assert_held(&bus->lock);
	while (!list_empty(&bus->wakes) && fx->n_wake < AB_WAKE_BATCH) {
		endpoint = list_first_entry(&bus->wakes, struct ab_endpoint,
					    wakes);
		list_del_init(&endpoint->wakes);
		endpoint->waking = false;
		fx->wake[fx->n_wake++] = endpoint; /* with its reference */
	}
	if (list_empty(&bus->wakes) && !list_empty(&bus->roomy)) {
		endpoint = list_first_entry(&bus->roomy, struct ab_endpoint,
					    room);
		ab_send_retry(endpoint, fx);
	}
	return !list_empty(&bus->wakes) || !list_empty(&bus->roomy);
}
