// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "file.h"

#include "core/queue.h"

static struct ab_file *file_of(struct ab_endpoint *endpoint)
{
	return ab_container_of(endpoint, struct ab_file, endpoint);
}

static void free_file(struct ab_ref *ref)
{
	struct ab_endpoint *endpoint = ab_container_of(ref, struct ab_endpoint,
						       ref);
	struct ab_file *file = file_of(endpoint);

	ab_endpoint_deinit(endpoint);
	ab_waiters_deinit(&file->waiters);
	ab_delete(AB_FILE, file);
}

static void wake_all(struct ab_effects *fx)
{
	u32 i;

	for (i = 0; i < fx->n_wake; i++) {
		ab_waiters_wake(&file_of(fx->wake[i])->waiters);
		ab_ref_put(&fx->wake[i]->ref, free_file);
	}
	fx->n_wake = 0;
}

void ab_file_finish(struct ab_bus *bus, struct ab_effects *fx)
{
	for (;;) {
		wake_all(fx);
		ab_effects_finish(fx);
		if (!fx->more)
			break;
		ab_pause();
		ab_lock_take(&bus->lock);
		fx->more = ab_bus_work(bus, fx);
		ab_lock_release(&bus->lock);
	}
}

/* One more step of closing per hold, till the endpoint is closed. */
static void close_endpoint(struct ab_file *file)
{
	struct ab_bus *bus = file->endpoint.bus;
	struct ab_effects fx;
	bool more;

	do {
		ab_effects_init(&fx);
		ab_file_lock(file);
		ab_endpoint_close(&file->endpoint, &fx);
		more = ab_endpoint_close_step(&file->endpoint, &fx);
		ab_file_unlock(file);
		ab_file_finish(bus, &fx);
		ab_pause();
	} while (more);
}

static int add_endpoint(struct ab_file *file)
{
	struct ab_bus *bus = file->endpoint.bus;
	struct ab_table_spare spare;
	struct ab_slots *slots;
	int r;

	if (ab_table_prepare(READ_ONCE(bus->endpoints.entries),
			     READ_ONCE(bus->endpoints.buckets), &spare))
		return -ENOMEM;
	slots = ab_slots_new(bus->limits.records);
	if (!slots) {
		ab_table_spare_free(&spare);
		return -ENOMEM;
	}
	ab_file_lock(file);
	r = ab_endpoint_add(&file->endpoint, slots, &spare);
	ab_file_unlock(file);
	if (r)
		ab_slots_free(slots);
	ab_table_spare_free(&spare);
	return r;
}

int ab_file_open(struct ab_bus *bus, struct ab_creds *creds, bool may_read,
		 bool may_write, bool privileged, struct ab_file **filep)
{
	struct ab_file *file = ab_new(AB_FILE);
	int r;

	if (!file) {
		ab_creds_put(creds);
		return -ENOMEM;
	}
	ab_endpoint_init(&file->endpoint, bus, creds, may_read, may_write,
			 privileged);
	ab_mutex_init(&file->reader);
	ab_waiters_init(&file->waiters);
	r = add_endpoint(file);
	if (r) {
		ab_ref_put(&file->endpoint.ref, free_file);
		return r;
	}
	*filep = file;
	return 0;
}

void ab_file_close(struct ab_file *file)
{
	close_endpoint(file);
	ab_ref_put(&file->endpoint.ref, free_file);
}

void ab_file_opener_exits(struct ab_file *file)
{
	if (READ_ONCE(file->endpoint.opener))
		close_endpoint(file);
}

u32 ab_file_poll(struct ab_file *file)
{
	const struct ab_endpoint *endpoint = &file->endpoint;
	u32 mask = 0;

	if (READ_ONCE(endpoint->state) != AB_OPEN)
		return AB_POLLIN | AB_POLLOUT | AB_POLLHUP;
	if (endpoint->may_read && ab_queue_readable(&endpoint->queue))
		mask |= AB_POLLIN;
	if (endpoint->may_write && !READ_ONCE(endpoint->pollout.full))
		mask |= AB_POLLOUT;
	return mask;
}
