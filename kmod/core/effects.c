// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "effects.h"

#include "binding.h"
#include "bus.h"
#include "endpoint.h"
#include "index.h"
#include "message.h"
#include "request.h"
#include "value.h"
#include "watch.h"

void ab_effects_init(struct ab_effects *fx)
{
	INIT_LIST_HEAD(&fx->junk);
	fx->n_wake = 0;
	fx->more = false;
}

void ab_discard(struct ab_effects *fx, struct ab_junk *junk)
{
	list_add_tail(&junk->link, &fx->junk);
}

void ab_wake(struct ab_effects *fx, struct ab_endpoint *endpoint)
{
	struct ab_bus *bus = endpoint->bus;

	if (fx->n_wake && fx->wake[fx->n_wake - 1] == endpoint)
		return;
	if (fx->n_wake < AB_WAKE_BATCH) {
		ab_ref_get(&endpoint->ref);
		fx->wake[fx->n_wake++] = endpoint;
	} else if (!endpoint->waking) {
		ab_ref_get(&endpoint->ref);
		endpoint->waking = true;
		list_add_tail(&endpoint->wakes, &bus->wakes);
		fx->more = true;
	}
}

static void free_junk(struct ab_junk *junk)
{
	switch (junk->kind) {
	case AB_MESSAGE:
		ab_message_free((struct ab_message *)junk);
		break;
	case AB_REQUEST:
		ab_request_free((struct ab_request *)junk);
		break;
	case AB_BINDING:
		ab_binding_free((struct ab_binding *)junk);
		break;
	case AB_NODE:
		ab_node_free((struct ab_node *)junk);
		break;
	case AB_WATCH:
		ab_watch_free((struct ab_watch *)junk);
		break;
	case AB_CURSOR:
		ab_cursor_free((struct ab_cursor *)junk);
		break;
	}
}

void ab_effects_finish(struct ab_effects *fx)
{
	struct ab_junk *junk, *next;

	list_for_each_entry_safe(junk, next, &fx->junk, link)
		free_junk(junk);
	INIT_LIST_HEAD(&fx->junk);
}
