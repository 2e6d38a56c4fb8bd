// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "binding.h"

#include "bus.h"
#include "endpoint.h"
#include "notice.h"
#include "request.h"
#include "send.h"

static struct ab_binding *binding_new(struct ab_endpoint *endpoint,
				      const struct ab_name *pattern, u32 role,
				      u32 flags, u64 cookie)
{
	struct ab_binding *binding = ab_new(AB_BINDING);

	if (!binding)
		return NULL;
	memset(binding, 0, sizeof(*binding));
	binding->junk.kind = AB_BINDING;
	INIT_LIST_HEAD(&binding->unread);
	binding->endpoint = endpoint;
	binding->role = role;
	binding->flags = flags;
	binding->cookie = cookie;
	binding->text = ab_alloc(pattern->size);
	if (!binding->text)
		goto fail;
	memcpy(binding->text, pattern->text, pattern->size);
	binding->text_size = pattern->size;
	if (pattern->kernel)
		return binding;
	binding->bound.message = ab_notice_new(AUTOBUS_NOTICE_BOUND, pattern);
	binding->unbound = ab_notice_new(AUTOBUS_NOTICE_UNBOUND, pattern);
	if (binding->bound.message && binding->unbound)
		return binding;
fail:
	ab_binding_free(binding);
	return NULL;
}

void ab_binding_free(struct ab_binding *binding)
{
	if (!binding)
		return;
	if (binding->bound.message)
		ab_message_free(binding->bound.message);
	if (binding->unbound)
		ab_message_free(binding->unbound);
	ab_free(binding->text);
	ab_delete(AB_BINDING, binding);
}

int ab_bind_prepare(struct ab_bind *bind, struct ab_endpoint *endpoint,
		    u32 role, u32 flags, u64 cookie)
{
	int r;

	bind->cursor = NULL;
	r = ab_index_prepare(&endpoint->bus->index, &bind->pattern,
			     &bind->spare);
	if (r)
		return r;
	bind->binding = binding_new(endpoint, &bind->pattern, role, flags,
				    cookie);
	if (flags & AUTOBUS_BIND_VALUES)
		bind->cursor = ab_cursor_new(&bind->pattern, cookie);
	if (!bind->binding ||
	    (!bind->cursor && (flags & AUTOBUS_BIND_VALUES))) {
		ab_bind_free(bind);
		return -ENOMEM;
	}
	return 0;
}

void ab_bind_free(struct ab_bind *bind)
{
	ab_index_spare_free(&bind->spare);
	ab_binding_free(bind->binding);
	ab_cursor_free(bind->cursor);
	bind->binding = NULL;
	bind->cursor = NULL;
}

bool ab_binding_is_live(const struct ab_binding *binding)
{
	return !binding->ending && binding->endpoint->state == AB_OPEN;
}

static struct list_head *list_of(struct ab_node *node,
				 const struct ab_name *pattern, u32 role)
{
	int i = role == AUTOBUS_REPLIER ? AB_AT_REPLIERS : AB_AT_LISTENERS;

	return pattern->star ? &node->star[i] : &node->here[i];
}

static struct ab_binding *find(struct ab_endpoint *endpoint,
			       const struct ab_name *pattern, u32 role)
{
	struct ab_node *node = ab_index_find(&endpoint->bus->index, pattern);
	struct ab_binding *binding;

	if (!node)
		return NULL;
	list_for_each_entry(binding, list_of(node, pattern, role), at) {
		if (binding->endpoint == endpoint && !binding->ending)
			return binding;
	}
	return NULL;
}

/* Has the pattern an ordinary replier? */
static bool is_taken(struct ab_bus *bus, const struct ab_name *pattern)
{
	struct ab_node *node = ab_index_find(&bus->index, pattern);
	struct ab_binding *binding;

	if (!node)
		return false;
	list_for_each_entry(binding,
			    list_of(node, pattern, AUTOBUS_REPLIER), at) {
		if (ab_binding_is_live(binding) &&
		    !(binding->flags & AUTOBUS_BIND_YIELDING))
			return true;
	}
	return false;
}

static int check(struct ab_bind *bind)
{
	struct ab_binding *binding = bind->binding;
	struct ab_endpoint *endpoint = binding->endpoint;
	bool yielding = binding->flags & AUTOBUS_BIND_YIELDING;
	bool replier = binding->role == AUTOBUS_REPLIER;
	int r = ab_endpoint_check(endpoint);

	if (r)
		return r;
	if (!endpoint->may_read || (replier && !endpoint->may_write))
		return -EBADF;
	if (replier && bind->pattern.kernel)
		return -EPERM;
	if (yielding && endpoint->bus->router != endpoint)
		return -EPERM;
	if (find(endpoint, &bind->pattern, binding->role))
		return -EEXIST;
	if (replier && !yielding && is_taken(endpoint->bus, &bind->pattern))
		return -EADDRINUSE;
	if (endpoint->n_bindings >= endpoint->bindings_limit)
		return -EDQUOT;
	if (bind->cursor && !ab_queue_has_slots(&endpoint->queue, 1))
		return -ENOLCK;
	return 0;
}

/* Repliers stand before yielding ones, so that a walk meets them first. */
static void put_at_node(struct ab_binding *binding, struct list_head *list)
{
	if (binding->role == AUTOBUS_REPLIER &&
	    !(binding->flags & AUTOBUS_BIND_YIELDING))
		list_add(&binding->at, list);
	else
		list_add_tail(&binding->at, list);
}

static void announce_bound(struct ab_binding *binding, struct ab_effects *fx)
{
	struct ab_bus *bus = binding->endpoint->bus;

	if (!binding->bound.message) {
		binding->id = ++bus->serial;
		return;
	}
	ab_bus_stamp(bus, binding->bound.message, NULL);
	binding->id = binding->bound.message->head.serial;
	ab_notice_fill(binding->bound.message, binding);
	ab_notice_fill(binding->unbound, binding);
	list_add_tail(&binding->bound.link, &bus->bound);
	ab_send_to_listeners(bus, binding->bound.message, fx);
}

static void queue_cursor(struct ab_bind *bind, struct ab_endpoint *endpoint,
			 struct ab_effects *fx)
{
	struct ab_slot *slot;

	ab_cursor_start(bind->cursor, &endpoint->bus->bound,
			endpoint->bus->serial);
	slot = ab_endpoint_push(endpoint, NULL, 0, bind->cursor->cookie, fx);
	slot->cursor = bind->cursor;
	bind->cursor = NULL;
}

int ab_bind_commit(struct ab_bind *bind, struct ab_effects *fx, u64 *idp)
{
	struct ab_binding *binding = bind->binding;
	struct ab_endpoint *endpoint = binding->endpoint;
	struct ab_bus *bus = endpoint->bus;
	int r;

	ab_assert_held(&bus->lock);
	r = check(bind);
	if (r)
		return r;
	bind->binding = NULL;
	binding->node = ab_index_insert(&bus->index, &bind->pattern,
					&bind->spare);
	ab_node_use(binding->node);
	put_at_node(binding, list_of(binding->node, &bind->pattern,
				     binding->role));
	list_add_tail(&binding->own, &endpoint->bindings);
	endpoint->n_bindings++;
	endpoint->n_listeners += binding->role == AUTOBUS_LISTENER;
	bus->n_bindings++;
	announce_bound(binding, fx);
	*idp = binding->id;
	if (bind->cursor)
		queue_cursor(bind, endpoint, fx);
	return 0;
}

static void drain(struct ab_binding *binding)
{
	struct ab_request *request, *next;

	list_for_each_entry_safe(request, next, &binding->unread, unread)
		list_del_init(&request->unread);
}

int ab_unbind_begin(struct ab_endpoint *endpoint, const struct ab_name *pattern,
		    u32 role, bool drain_unread, u64 *idp)
{
	struct ab_binding *binding;
	int r = ab_endpoint_check(endpoint);

	ab_assert_held(&endpoint->bus->lock);
	if (r)
		return r;
	binding = find(endpoint, pattern, role);
	if (!binding)
		return -EINVAL;
	binding->ending = true;
	if (drain_unread)
		drain(binding);
	*idp = binding->id;
	return 0;
}

bool ab_unbind_step(struct ab_endpoint *endpoint, u64 id, struct ab_effects *fx)
{
	struct ab_binding *binding;

	list_for_each_entry(binding, &endpoint->bindings, own) {
		if (binding->id == id)
			return ab_binding_end(binding, fx);
	}
	return false;
}

static void announce_unbound(struct ab_binding *binding, struct ab_effects *fx)
{
	struct ab_bus *bus = binding->endpoint->bus;

	if (!binding->unbound)
		return;
	list_del(&binding->bound.link);
	ab_message_unref(binding->bound.message, fx);
	binding->bound.message = NULL;
	ab_bus_stamp(bus, binding->unbound, NULL);
	ab_send_to_listeners(bus, binding->unbound, fx);
	ab_message_unref(binding->unbound, fx);
	binding->unbound = NULL;
}

bool ab_binding_end(struct ab_binding *binding, struct ab_effects *fx)
{
	struct ab_endpoint *endpoint = binding->endpoint;
	struct ab_bus *bus = endpoint->bus;

	ab_assert_held(&bus->lock);
	binding->ending = true;
	if (!list_empty(&binding->unread)) {
		ab_request_status(bus,
				  list_first_entry(&binding->unread,
						   struct ab_request, unread),
				  AB_ANSWER_UNBOUND, 0, 0, fx);
		return true;
	}
	list_del(&binding->at);
	list_del(&binding->own);
	endpoint->n_bindings--;
	endpoint->n_listeners -= binding->role == AUTOBUS_LISTENER;
	bus->n_bindings--;
	announce_unbound(binding, fx);
	/* Who waited for a full listener needn't any more. */
	ab_endpoint_has_room(endpoint, fx);
	ab_node_unuse(&bus->index, binding->node, fx);
	ab_discard(fx, &binding->junk);
	return false;
}
