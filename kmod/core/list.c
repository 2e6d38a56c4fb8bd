// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "list.h"

#include "binding.h"
#include "bus.h"
#include "endpoint.h"
#include "request.h"
#include "send.h"

static void fill(struct ab_listed *listed, u32 what,
		 const struct ab_endpoint *endpoint, u64 id, const char *name,
		 u32 size)
{
	struct autobus_item *item = &listed->item;

	memset(item, 0, sizeof(*item));
	item->header_size = sizeof(*item);
	item->size = sizeof(*item) + ab_pad(size);
	item->what = what;
	item->endpoint = endpoint->number;
	item->id = id;
	item->name_size = size;
	memset(listed->name + size, 0, ab_pad(size) - size);
	memcpy(listed->name, name, size);
	listed->endpoint = endpoint->number;
	listed->id = id;
	listed->creds = ab_creds_get(endpoint->creds);
}

static void list_endpoint(const struct ab_endpoint *endpoint,
			  struct ab_listed *listed)
{
	struct autobus_item *item = &listed->item;
	const struct ab_queue *queue = &endpoint->queue;

	fill(listed, AUTOBUS_LIST_ENDPOINTS, endpoint, 0, "", 0);
	item->bytes = queue->bytes;
	item->bytes_limit = queue->bytes_limit;
	item->lost = queue->lost_total;
	item->records = queue->queued;
	item->reserved_records = queue->reserved;
	item->records_limit = queue->limit;
	item->bindings = endpoint->n_bindings;
	item->asked = endpoint->n_asked;
	item->owed = endpoint->n_owed;
	if (endpoint->bus->router == endpoint)
		item->flags |= AUTOBUS_ITEM_ROUTER;
}

static void list_binding(const struct ab_binding *binding, u32 what,
			 struct ab_listed *listed)
{
	fill(listed, what, binding->endpoint, binding->id, binding->text,
	     binding->text_size);
	listed->item.role = binding->role;
	listed->item.flags = binding->flags &
			     (AUTOBUS_BIND_YIELDING | AUTOBUS_BIND_EACH);
}

static void list_request(const struct ab_request *request,
			 struct ab_listed *listed)
{
	fill(listed, AUTOBUS_LIST_REQUESTS, request->replier, request->serial,
	     request->message->name, request->message->head.name_size);
	listed->item.requester = request->requester->number;
	if (!request->slot)
		listed->item.flags |= AUTOBUS_ITEM_HANDED;
}

/* The endpoint's item behind id; -ENOENT if it has no more. */
static int next_of(struct ab_endpoint *endpoint, u32 what, u64 id,
		   struct ab_listed *listed)
{
	struct ab_binding *binding;
	struct ab_request *request;

	if (what == AUTOBUS_LIST_BINDINGS) {
		list_for_each_entry(binding, &endpoint->bindings, own) {
			if (binding->id > id) {
				list_binding(binding, what, listed);
				return 0;
			}
		}
	} else if (what == AUTOBUS_LIST_REQUESTS) {
		list_for_each_entry(request, &endpoint->owed, owed) {
			if (request->serial > id) {
				list_request(request, listed);
				return 0;
			}
		}
	}
	return -ENOENT;
}

/* Where to begin: the endpoint itself, or the first with a higher number. */
static struct list_head *start_at(struct ab_bus *bus, u64 number)
{
	struct ab_endpoint *endpoint = ab_endpoint_find(bus, number);

	if (endpoint)
		return &endpoint->link;
	list_for_each_entry(endpoint, &bus->in_order, link) {
		if (endpoint->number > number)
			break;
	}
	return &endpoint->link;
}

int ab_list_next(struct ab_bus *bus, u32 what, u64 number, u64 id,
		 struct ab_listed *listed)
{
	struct list_head *at;
	struct ab_endpoint *endpoint;

	ab_assert_held(&bus->lock);
	for (at = start_at(bus, number); at != &bus->in_order; at = at->next) {
		endpoint = list_entry(at, struct ab_endpoint, link);
		if (what == AUTOBUS_LIST_ENDPOINTS) {
			if (endpoint->number == number)
				continue;
			list_endpoint(endpoint, listed);
			return 0;
		}
		if (!next_of(endpoint, what,
			     endpoint->number == number ? id : 0, listed))
			return 0;
	}
	return -ENOENT;
}

int ab_list_replier(struct ab_bus *bus, const struct ab_name *name,
		    struct ab_listed *listed)
{
	struct ab_binding *binding;

	ab_assert_held(&bus->lock);
	binding = ab_find_replier(bus, name);
	if (!binding)
		return -EADDRNOTAVAIL;
	list_binding(binding, AUTOBUS_LIST_REPLIER, listed);
	return 0;
}
