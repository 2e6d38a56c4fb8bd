// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "core/binding.h"
#include "core/receive.h"
#include "core/watch.h"
#include "file.h"

/* The argument of any ioctl, in kernel memory. */
union ab_arg {
	u32 size;
	struct autobus_info info;
	struct autobus_bind bind;
	struct autobus_unbind unbind;
	struct autobus_transfer transfer;
	struct autobus_watch watch;
	struct autobus_claim claim;
	struct autobus_list list;
	struct autobus_limits limits;
	struct autobus_values values;
	struct autobus_capture capture;
};

#define AB_FEATURES	(AUTOBUS_FEATURE_URGENT | AUTOBUS_FEATURE_PRIVATE | \
			 AUTOBUS_FEATURE_DIRECT | AUTOBUS_FEATURE_EACH | \
			 AUTOBUS_FEATURE_ROUTER)

/* Raising one's queue costs slots; nobody gets more than this. */
#define AB_RECORDS_MOST	(1u << 20)

static int do_info(struct ab_file *file, struct autobus_info *info)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	struct ab_bus *bus = endpoint->bus;
	struct ab_endpoint *router;

	if (info->flags || info->abi_version || info->reserved ||
	    info->features || info->bus || info->endpoint || info->router ||
	    info->serial || info->endpoints || info->bindings ||
	    info->requests || info->lost)
		return -EINVAL;
	ab_file_lock(file);
	router = ab_bus_router(bus);
	info->abi_version = AUTOBUS_ABI_VERSION;
	info->features = AB_FEATURES;
	info->bus = bus->id;
	info->endpoint = endpoint->number;
	info->router = router ? router->number : 0;
	info->serial = bus->serial;
	info->endpoints = bus->endpoints.entries;
	info->bindings = bus->n_bindings;
	info->requests = bus->requests.entries;
	info->lost = bus->lost_total;
	ab_file_unlock(file);
	return 0;
}

/* Reads and parses a name or pattern into room, of AUTOBUS_KERNEL_NAME_MAX. */
static int get_name(struct ab_name *name, char *room, u64 at, u32 size,
		    bool pattern)
{
	if (size > AUTOBUS_KERNEL_NAME_MAX)
		return -ENAMETOOLONG;
	if (ab_copy_in(room, at, size))
		return -EFAULT;
	return ab_name_parse(name, room, size, pattern);
}

static int check_bind(const struct autobus_bind *arg,
		      const struct ab_name *pattern)
{
	const u32 all = AUTOBUS_BIND_VALUES | AUTOBUS_BIND_EACH |
			AUTOBUS_BIND_YIELDING;
	const u32 listener = AUTOBUS_BIND_VALUES | AUTOBUS_BIND_EACH;

	if ((arg->flags & ~all) || arg->binding)
		return -EINVAL;
	if (arg->role == AUTOBUS_REPLIER ? arg->flags & listener :
	    arg->role == AUTOBUS_LISTENER ?
			   arg->flags & AUTOBUS_BIND_YIELDING : 1)
		return -EINVAL;
	/* Only what the kernel itself tells has values so far. */
	if ((arg->flags & AUTOBUS_BIND_VALUES) && !pattern->kernel)
		return -EOPNOTSUPP;
	return 0;
}

static int bind_parsed(struct ab_file *file, struct ab_bind *bind,
		       struct autobus_bind *arg)
{
	struct ab_effects fx;
	int r;

	r = check_bind(arg, &bind->pattern);
	if (r)
		return r;
	r = ab_bind_prepare(bind, &file->endpoint, arg->role, arg->flags,
			    arg->cookie);
	if (r)
		return r;
	ab_effects_init(&fx);
	ab_file_lock(file);
	r = ab_bind_commit(bind, &fx, &arg->binding);
	ab_file_unlock(file);
	ab_file_finish(file->endpoint.bus, &fx);
	ab_bind_free(bind);
	return r;
}

static int do_bind(struct ab_file *file, struct autobus_bind *arg)
{
	struct ab_bind *bind;
	char *room;
	int r = -ENOMEM;

	room = ab_alloc(AUTOBUS_KERNEL_NAME_MAX);
	bind = ab_alloc(sizeof(*bind));
	if (room && bind) {
		r = get_name(&bind->pattern, room, arg->pattern,
			     arg->pattern_size, true);
		if (!r)
			r = bind_parsed(file, bind, arg);
	}
	ab_free(bind);
	ab_free(room);
	return r;
}

static int unbind_parsed(struct ab_file *file, const struct ab_name *pattern,
			 const struct autobus_unbind *arg)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	struct ab_effects fx;
	bool more;
	u64 id;
	int r;

	ab_file_lock(file);
	r = ab_unbind_begin(endpoint, pattern, arg->role,
			    arg->flags & AUTOBUS_UNBIND_DRAIN, &id);
	ab_file_unlock(file);
	if (r)
		return r;
	do {
		ab_effects_init(&fx);
		ab_file_lock(file);
		more = ab_unbind_step(endpoint, id, &fx);
		ab_file_unlock(file);
		ab_file_finish(endpoint->bus, &fx);
		ab_pause();
	} while (more);
	return 0;
}

static int do_unbind(struct ab_file *file, struct autobus_unbind *arg)
{
	struct ab_name pattern;
	char *room;
	int r;

	if ((arg->flags & ~AUTOBUS_UNBIND_DRAIN) ||
	    (arg->role != AUTOBUS_LISTENER && arg->role != AUTOBUS_REPLIER) ||
	    (arg->role == AUTOBUS_LISTENER && arg->flags))
		return -EINVAL;
	room = ab_alloc(AUTOBUS_KERNEL_NAME_MAX);
	if (!room)
		return -ENOMEM;
	r = get_name(&pattern, room, arg->pattern, arg->pattern_size, true);
	if (!r)
		r = unbind_parsed(file, &pattern, arg);
	ab_free(room);
	return r;
}

static int remove_watch(struct ab_file *file, const struct autobus_watch *arg)
{
	struct ab_effects fx;
	int r;

	ab_effects_init(&fx);
	ab_file_lock(file);
	r = ab_watch_remove(&file->endpoint, &arg->endpoint, &fx);
	ab_file_unlock(file);
	ab_file_finish(file->endpoint.bus, &fx);
	return r;
}

static int do_watch(struct ab_file *file, struct autobus_watch *arg)
{
	struct ab_watch *watch;
	int r;

	if ((arg->flags & ~AUTOBUS_WATCH_REMOVE) || !arg->endpoint.endpoint)
		return -EINVAL;
	if (!file->endpoint.may_read)
		return -EBADF;
	if (arg->flags & AUTOBUS_WATCH_REMOVE)
		return remove_watch(file, arg);
	watch = ab_watch_new(&arg->endpoint, arg->cookie);
	if (!watch)
		return -ENOMEM;
	ab_file_lock(file);
	r = ab_watch_add(&file->endpoint, &watch);
	ab_file_unlock(file);
	ab_watch_free(watch);
	return r;
}

static int do_claim(struct ab_file *file, struct autobus_claim *arg)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	int r;

	if (!arg->flags ||
	    (arg->flags & ~(AUTOBUS_CLAIM_OPENER | AUTOBUS_CLAIM_ROUTER)))
		return -EINVAL;
	ab_file_lock(file);
	r = ab_endpoint_check(endpoint);
	if (!r && (arg->flags & AUTOBUS_CLAIM_ROUTER))
		r = ab_bus_claim_router(endpoint);
	if (!r && (arg->flags & AUTOBUS_CLAIM_OPENER))
		WRITE_ONCE(endpoint->opener, true);
	ab_file_unlock(file);
	return r;
}

static int check_limits(const struct ab_endpoint *endpoint,
			const struct autobus_limits *arg)
{
	const struct ab_limits *ceilings = &endpoint->bus->ceilings;

	if (arg->flags || arg->records_ceiling || arg->bytes_ceiling ||
	    arg->bindings_ceiling || arg->endpoints || arg->message)
		return -EINVAL;
	if (arg->records > AB_RECORDS_MOST)
		return -EPERM;
	if (endpoint->privileged)
		return 0;
	if (arg->records > ceilings->records || arg->bytes > ceilings->bytes ||
	    arg->bindings > ceilings->bindings)
		return -EPERM;
	return 0;
}

/* Sees to it that the queue has as many slots. */
static int grow_queue(struct ab_file *file, u64 records)
{
	struct ab_queue *queue = &file->endpoint.queue;
	struct ab_slots *slots;
	u32 there;
	int r = 0;

	ab_file_lock(file);
	there = queue->slots;
	ab_file_unlock(file);
	if (records <= there)
		return 0;
	slots = ab_slots_new(records - there);
	if (!slots)
		return -ENOMEM;
	ab_file_lock(file);
	r = ab_endpoint_check(&file->endpoint);
	if (!r && queue->slots == there) {
		ab_queue_grow(queue, slots);
		slots = NULL;
	} else if (!r && queue->slots < records) {
		r = -EBUSY;	/* somebody else changed it just now */
	}
	ab_file_unlock(file);
	ab_slots_free(slots);
	return r;
}

static int set_limits(struct ab_endpoint *endpoint,
		      const struct autobus_limits *arg, struct ab_effects *fx)
{
	int r = ab_endpoint_check(endpoint);

	if (r)
		return r;
	if ((arg->bindings && arg->bindings < endpoint->n_bindings) ||
	    (arg->bytes && arg->bytes < endpoint->queue.bytes))
		return -EBUSY;
	if (arg->records)
		r = ab_queue_set_limit(&endpoint->queue, arg->records);
	if (r)
		return r;
	if (arg->bindings)
		endpoint->bindings_limit = arg->bindings;
	if (arg->bytes)
		endpoint->queue.bytes_limit = arg->bytes;
	ab_endpoint_has_room(endpoint, fx);
	return 0;
}

static int do_limits(struct ab_file *file, struct autobus_limits *arg)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	const struct ab_bus *bus = endpoint->bus;
	struct ab_effects fx;
	int r;

	r = check_limits(endpoint, arg);
	if (!r)
		r = grow_queue(file, arg->records);
	if (r)
		return r;
	ab_effects_init(&fx);
	ab_file_lock(file);
	r = set_limits(endpoint, arg, &fx);
	arg->records = endpoint->queue.limit;
	arg->bytes = endpoint->queue.bytes_limit;
	arg->bindings = endpoint->bindings_limit;
	ab_file_unlock(file);
	ab_file_finish(endpoint->bus, &fx);
	arg->records_ceiling = bus->ceilings.records;
	arg->bytes_ceiling = bus->ceilings.bytes;
	arg->bindings_ceiling = bus->ceilings.bindings;
	arg->endpoints = bus->limits.endpoints;
	arg->message = bus->limits.message;
	return r;
}

static int do_values(const struct autobus_values *arg)
{
	if (arg->flags != AUTOBUS_VALUES_READ &&
	    arg->flags != AUTOBUS_VALUES_AGAIN)
		return -EINVAL;
	return -EOPNOTSUPP;
}

static int do_capture(const struct autobus_capture *arg)
{
	if (arg->flags != AUTOBUS_CAPTURE_START &&
	    arg->flags != AUTOBUS_CAPTURE_STOP)
		return -EINVAL;
	return -EOPNOTSUPP;
}

/* Sizes of the first version, by number. */
static const u32 arg_size[] = {
	[_IOC_NR(AUTOBUS_IOC_INFO)] = sizeof(struct autobus_info),
	[_IOC_NR(AUTOBUS_IOC_BIND)] = sizeof(struct autobus_bind),
	[_IOC_NR(AUTOBUS_IOC_UNBIND)] = sizeof(struct autobus_unbind),
	[_IOC_NR(AUTOBUS_IOC_SEND)] = sizeof(struct autobus_transfer),
	[_IOC_NR(AUTOBUS_IOC_RECEIVE)] = sizeof(struct autobus_transfer),
	[_IOC_NR(AUTOBUS_IOC_CALL)] = sizeof(struct autobus_transfer),
	[_IOC_NR(AUTOBUS_IOC_WATCH)] = sizeof(struct autobus_watch),
	[_IOC_NR(AUTOBUS_IOC_CLAIM)] = sizeof(struct autobus_claim),
	[_IOC_NR(AUTOBUS_IOC_LIST)] = sizeof(struct autobus_list),
	[_IOC_NR(AUTOBUS_IOC_LIMITS)] = sizeof(struct autobus_limits),
	[_IOC_NR(AUTOBUS_IOC_VALUES)] = sizeof(struct autobus_values),
	[_IOC_NR(AUTOBUS_IOC_CAPTURE)] = sizeof(struct autobus_capture),
};

/* No argument of any version is longer. */
#define AB_ARG_MOST	512

/*
 * Reads an argument that may be longer than we know, if the rest is zero; *sizep
 * is what we know of it.
 */
static int get_arg(unsigned int cmd, u64 at, union ab_arg *arg, u32 *sizep)
{
	u32 known, size, i;
	u8 byte;

	if (_IOC_TYPE(cmd) != AUTOBUS_IOC_TYPE ||
	    _IOC_NR(cmd) >= AB_COUNT(arg_size) || !arg_size[_IOC_NR(cmd)])
		return -ENOTTY;
	known = arg_size[_IOC_NR(cmd)];
	if (ab_copy_in(&size, at, sizeof(size)))
		return -EFAULT;
	if (size < known || size != _IOC_SIZE(cmd))
		return -EINVAL;
	if (size > AB_ARG_MOST)
		return -E2BIG;
	if (ab_copy_in(arg, at, known))
		return -EFAULT;
	for (i = known; i < size; i++) {
		if (ab_copy_in(&byte, at + i, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	if (arg->size != size)
		return -EINVAL;	/* changed while it was read */
	*sizep = known;
	return 0;
}

static int do_command(struct ab_file *file, unsigned int nr, u64 at,
		      union ab_arg *arg, int flags)
{
	switch (nr) {
	case _IOC_NR(AUTOBUS_IOC_INFO):
		return do_info(file, &arg->info);
	case _IOC_NR(AUTOBUS_IOC_BIND):
		return do_bind(file, &arg->bind);
	case _IOC_NR(AUTOBUS_IOC_UNBIND):
		return do_unbind(file, &arg->unbind);
	case _IOC_NR(AUTOBUS_IOC_SEND):
	case _IOC_NR(AUTOBUS_IOC_RECEIVE):
	case _IOC_NR(AUTOBUS_IOC_CALL):
		return ab_file_transfer(file, nr, at, &arg->transfer, flags);
	case _IOC_NR(AUTOBUS_IOC_WATCH):
		return do_watch(file, &arg->watch);
	case _IOC_NR(AUTOBUS_IOC_CLAIM):
		return do_claim(file, &arg->claim);
	case _IOC_NR(AUTOBUS_IOC_LIST):
		return ab_file_list(file, &arg->list);
	case _IOC_NR(AUTOBUS_IOC_LIMITS):
		return do_limits(file, &arg->limits);
	case _IOC_NR(AUTOBUS_IOC_VALUES):
		return do_values(&arg->values);
	case _IOC_NR(AUTOBUS_IOC_CAPTURE):
		return do_capture(&arg->capture);
	}
	return -ENOTTY;
}

/* FIONREAD: the size of the next record, as an int. */
static int next_size(struct ab_file *file, u64 at)
{
	struct ab_endpoint *endpoint = &file->endpoint;
	struct ab_taken taken;
	struct ab_effects fx;
	int r, size = 0;

	r = ab_mutex_lock(&file->reader);
	if (r)
		return r;
	ab_effects_init(&fx);
	do {
		ab_file_lock(file);
		r = ab_receive_take(endpoint, &taken);
		if (!r) {
			size = taken.head.size;
			ab_receive_put_back(endpoint, &taken, &fx);
		}
		ab_file_unlock(file);
	} while (r == 1);
	ab_file_finish(endpoint->bus, &fx);
	ab_mutex_unlock(&file->reader);
	if (r && r != -EAGAIN)
		return r;
	return ab_copy_out(at, &size, sizeof(size));
}

static bool has_results(unsigned int nr)
{
	return nr != _IOC_NR(AUTOBUS_IOC_UNBIND) &&
	       nr != _IOC_NR(AUTOBUS_IOC_WATCH) &&
	       nr != _IOC_NR(AUTOBUS_IOC_CLAIM);
}

int ab_file_ioctl(struct ab_file *file, unsigned int cmd, u64 at, int flags)
{
	union ab_arg arg;
	u32 size;
	int r;

	if (cmd == AB_FIONREAD)
		return next_size(file, at);
	r = get_arg(cmd, at, &arg, &size);
	if (r)
		return r;
	if (READ_ONCE(file->endpoint.state) != AB_OPEN)
		return -ESHUTDOWN;
	/* Results that couldn't be told must not come about. */
	if (has_results(_IOC_NR(cmd)) && ab_copy_out(at, &arg, size))
		return -EFAULT;
	r = do_command(file, _IOC_NR(cmd), at, &arg, flags);
	if (r || !has_results(_IOC_NR(cmd)))
		return r;
	return ab_copy_out(at, &arg, size);
}
