// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "core/list.h"
#include "file.h"

static int check(const struct autobus_list *list)
{
	bool replier = list->what == AUTOBUS_LIST_REPLIER;

	if (list->flags || list->out_done || list->count ||
	    list->serial_first || list->serial_last)
		return -EINVAL;
	if (list->what < AUTOBUS_LIST_ENDPOINTS ||
	    list->what > AUTOBUS_LIST_REPLIER)
		return -EINVAL;
	if (!replier && (list->name || list->name_size))
		return -EINVAL;
	if (replier && (list->next_endpoint || list->next_id))
		return -EINVAL;
	if (list->what == AUTOBUS_LIST_VALUES)
		return -EOPNOTSUPP;
	return 0;
}

/* -EMSGSIZE: doesn't fit, -EFAULT. */
static int put_item(struct ab_io *out, struct ab_listed *listed)
{
	struct autobus_item *item = &listed->item;

	ab_creds_show(listed->creds, &item->opener);
	ab_creds_put(listed->creds);
	if (ab_io_left(out) < item->size)
		return -EMSGSIZE;
	if (ab_io_out(out, item, sizeof(*item)) ||
	    ab_io_out(out, listed->name, item->size - sizeof(*item)))
		return -EFAULT;
	return 0;
}

static int next_item(struct ab_file *file, const struct autobus_list *list,
		     struct ab_listed *listed, u64 *serialp)
{
	struct ab_bus *bus = file->endpoint.bus;
	int r;

	ab_file_lock(file);
	*serialp = bus->serial;
	r = ab_list_next(bus, list->what, list->next_endpoint, list->next_id,
			 listed);
	ab_file_unlock(file);
	return r;
}

static int list_all(struct ab_file *file, struct autobus_list *list,
		    struct ab_io *out, struct ab_listed *listed)
{
	u64 serial;
	int r;

	for (;;) {
		r = next_item(file, list, listed, &serial);
		if (!list->count)
			list->serial_first = serial;
		list->serial_last = serial;
		if (r == -ENOENT) {
			list->next_endpoint = 0;
			list->next_id = 0;
			return 0;
		}
		r = put_item(out, listed);
		if (r)
			return r == -EMSGSIZE && list->count ? 0 : r;
		list->next_endpoint = listed->endpoint;
		list->next_id = listed->id;
		list->count++;
		ab_pause();
	}
}

static int list_replier(struct ab_file *file, struct autobus_list *list,
			struct ab_io *out, struct ab_listed *listed)
{
	struct ab_bus *bus = file->endpoint.bus;
	struct ab_name name;
	int r;

	/* The name is read into the item's room; it's replaced by the answer. */
	if (list->name_size > AUTOBUS_KERNEL_NAME_MAX)
		return -ENAMETOOLONG;
	if (ab_copy_in(listed->name, list->name, list->name_size))
		return -EFAULT;
	r = ab_name_parse(&name, listed->name, list->name_size, false);
	if (r)
		return r;
	ab_file_lock(file);
	list->serial_first = bus->serial;
	list->serial_last = bus->serial;
	r = ab_list_replier(bus, &name, listed);
	ab_file_unlock(file);
	if (!r)
		r = put_item(out, listed);
	if (!r)
		list->count = 1;
	return r;
}

int ab_file_list(struct ab_file *file, struct autobus_list *list)
{
	struct ab_listed *listed;
	struct ab_io out;
	int r;

	r = check(list);
	if (!r)
		r = ab_io_init(&out, list->out, list->out_size, false);
	if (r)
		return r;
	listed = ab_alloc(sizeof(*listed));
	if (!listed)
		return -ENOMEM;
	if (list->what == AUTOBUS_LIST_REPLIER)
		r = list_replier(file, list, &out, listed);
	else
		r = list_all(file, list, &out, listed);
	list->out_done = list->out_size - ab_io_left(&out);
	ab_free(listed);
	return r;
}
