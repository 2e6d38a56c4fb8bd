// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "watch.h"

#include "bus.h"
#include "endpoint.h"

struct ab_watch *ab_watch_new(const struct autobus_address *target, u64 cookie)
{
	static const char name[] = AUTOBUS_NAME_CLOSED;
	struct ab_watch *watch = ab_new(AB_WATCH);
	struct ab_message *notice;

	if (!watch)
		return NULL;
	memset(watch, 0, sizeof(*watch));
	watch->junk.kind = AB_WATCH;
	notice = ab_message_new(sizeof(name) - 1, sizeof(*target), NULL);
	if (!notice) {
		ab_delete(AB_WATCH, watch);
		return NULL;
	}
	memcpy((char *)notice->name, name, sizeof(name) - 1);
	notice->head.type = AUTOBUS_NOTICE;
	notice->head.code = AUTOBUS_NOTICE_CLOSED;
	watch->notice = notice;
	watch->target = *target;
	watch->cookie = cookie;
	return watch;
}

void ab_watch_free(struct ab_watch *watch)
{
	if (!watch)
		return;
	if (watch->notice)
		ab_message_free(watch->notice);
	ab_delete(AB_WATCH, watch);
}

static struct ab_watch *find(struct ab_endpoint *watcher,
			     const struct autobus_address *target)
{
	struct ab_watch *watch;

	list_for_each_entry(watch, &watcher->watches, own) {
		if (watch->target.bus == target->bus &&
		    watch->target.endpoint == target->endpoint)
			return watch;
	}
	return NULL;
}

static struct autobus_address here(const struct ab_bus *bus,
				   const struct autobus_address *address)
{
	struct autobus_address full = *address;

	if (!full.bus)
		full.bus = bus->id;
	return full;
}

int ab_watch_add(struct ab_endpoint *watcher, struct ab_watch **watchp)
{
	struct ab_bus *bus = watcher->bus;
	struct ab_watch *watch = *watchp;
	struct list_head *at = &bus->far_watches;
	struct ab_endpoint *target;
	int r;

	ab_assert_held(&bus->lock);
	r = ab_endpoint_check(watcher);
	if (r)
		return r;
	watch->target = here(bus, &watch->target);
	if (watch->target.bus == bus->id) {
		target = ab_endpoint_find(bus, watch->target.endpoint);
		if (!target)
			return -ENXIO;
		at = &target->watchers;
	} else if (!ab_bus_router(bus)) {
		return -EHOSTUNREACH;
	}
	if (find(watcher, &watch->target))
		return -EEXIST;
	if (!ab_queue_has_slots(&watcher->queue, 1))
		return -ENOLCK;
	ab_queue_reserve(&watcher->queue);
	memcpy((void *)watch->notice->data, &watch->target,
	       sizeof(watch->target));
	watch->watcher = watcher;
	list_add_tail(&watch->own, &watcher->watches);
	list_add_tail(&watch->by_target, at);
	*watchp = NULL;
	return 0;
}

int ab_watch_remove(struct ab_endpoint *watcher,
		    const struct autobus_address *target,
		    struct ab_effects *fx)
{
	struct autobus_address full = here(watcher->bus, target);
	struct ab_watch *watch;
	int r = ab_endpoint_check(watcher);

	if (r)
		return r;
	watch = find(watcher, &full);
	if (!watch)
		return -ENOENT;
	ab_watch_end(watch, fx);
	return 0;
}

void ab_watch_end(struct ab_watch *watch, struct ab_effects *fx)
{
	list_del(&watch->own);
	list_del(&watch->by_target);
	ab_queue_unreserve(&watch->watcher->queue);
	ab_endpoint_has_room(watch->watcher, fx);
	ab_discard(fx, &watch->junk);
}

void ab_watch_fire(struct ab_watch *watch, u32 reached, struct ab_effects *fx)
{
	struct ab_endpoint *watcher = watch->watcher;
	struct ab_message *notice = watch->notice;

	watch->notice = NULL;
	notice->head.reached = reached;
	list_del(&watch->own);
	list_del(&watch->by_target);
	ab_queue_unreserve(&watcher->queue);
	if (watcher->state == AB_OPEN) {
		ab_bus_stamp(watcher->bus, notice, NULL);
		ab_endpoint_push(watcher, notice, 0, watch->cookie, fx);
	}
	ab_message_unref(notice, fx);
	ab_discard(fx, &watch->junk);
}
