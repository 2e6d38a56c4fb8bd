// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "send.h"

#include "binding.h"
#include "bus.h"
#include "deliver.h"
#include "recipients.h"
#include "request.h"

static bool is_name(const struct ab_message *message, const char *text,
		    u32 size)
{
	return message->head.name_size == size &&
	       !memcmp(message->name, text, size);
}

/* Which names a type may have; those of the kernel only where it's theirs. */
static int check_name(const struct ab_send *send)
{
	const struct ab_message *message = send->message;
	static const char closed[] = AUTOBUS_NAME_CLOSED;
	static const char lost[] = AUTOBUS_NAME_LOST;
	bool fits;

	switch (message->head.type) {
	case AUTOBUS_STATUS:
		fits = ab_answer_of_name(message->name,
					 message->head.name_size) != AB_ANSWERS;
		break;
	case AUTOBUS_MARK:
		fits = is_name(message, lost, sizeof(lost) - 1);
		break;
	case AUTOBUS_NOTICE:
		if (message->head.code == AUTOBUS_NOTICE_CLOSED) {
			fits = is_name(message, closed, sizeof(closed) - 1);
			break;
		}
		fallthrough;
	default:
		return send->name.kernel ? -EPERM : 0;
	}
	return fits ? 0 : -EBADMSG;
}

static int prepare_name(struct ab_send *send)
{
	const struct autobus_record *head = &send->message->head;
	int r;

	send->named = head->name_size != 0;
	if (!send->named && head->type == AUTOBUS_REPLY &&
	    !(head->flags & AUTOBUS_COPY))
		return 0;
	r = ab_name_parse(&send->name, send->message->name, head->name_size,
			  false);
	return r ? r : check_name(send);
}

static int prepare_request(struct ab_send *send)
{
	struct ab_table *table = &send->sender->bus->requests;

	if (send->message->head.flags & AUTOBUS_COPY)
		return 0;
	/* Its answer couldn't be read. */
	if (!send->sender->may_read)
		return -EBADF;
	if (ab_table_prepare(READ_ONCE(table->entries),
			     READ_ONCE(table->buckets), &send->spare))
		return -ENOMEM;
	send->request = ab_request_new();
	return send->request ? 0 : -ENOMEM;
}

int ab_send_prepare(struct ab_send *send, struct ab_endpoint *sender,
		    struct ab_message *message)
{
	int r;

	send->sender = sender;
	send->message = message;
	send->request = NULL;
	send->spare = (struct ab_table_spare){ };
	send->done = false;
	send->result = 0;
	send->serial = 0;
	INIT_LIST_HEAD(&send->parked);
	INIT_LIST_HEAD(&send->wait.link);
	send->wait.sender = sender;
	send->wait.full = NULL;
	send->wait.send = send;
	send->wait.age = 0;
	r = prepare_name(send);
	if (!r && message->head.type == AUTOBUS_REQUEST)
		r = prepare_request(send);
	if (r)
		ab_send_free(send);
	return r;
}

void ab_send_free(struct ab_send *send)
{
	if (send->message)
		ab_message_free(send->message);
	ab_request_free(send->request);
	ab_table_spare_free(&send->spare);
	send->message = NULL;
	send->request = NULL;
}

void ab_wait_end(struct ab_wait *wait)
{
	if (!wait->full)
		return;
	list_del_init(&wait->link);
	WRITE_ONCE(wait->full, NULL);
}

/* Gets in line at the endpoint, behind those who wait longer. */
static void wait_for(struct ab_wait *wait, struct ab_endpoint *full)
{
	struct ab_wait *other;
	struct list_head *behind = &full->refused;

	list_for_each_entry(other, &full->refused, link) {
		if (other->age > wait->age)
			break;
		behind = &other->link;
	}
	list_add(&wait->link, behind);
	WRITE_ONCE(wait->full, full);
}

/*
 * Would the message overtake somebody? Room that was just made is for those who
 * are in line there already.
 */
static bool overtakes(const struct ab_send *send)
{
	return (send->message->head.flags & AUTOBUS_WAIT) &&
	       !list_empty(&send->sender->bus->roomy);
}

int ab_send_commit(struct ab_send *send, bool may_park, struct ab_effects *fx)
{
	struct ab_endpoint *sender = send->sender, *full = NULL;
	struct ab_bus *bus = sender->bus;
	int r;

	ab_assert_held(&bus->lock);
	/* Others may wait for POLLOUT too, and aren't in line any more. */
	if (sender->pollout.full)
		ab_wake(fx, sender);
	ab_wait_end(&sender->pollout);
	if (overtakes(send) && ab_endpoint_check(sender) == 0) {
		full = list_first_entry(&bus->roomy, struct ab_endpoint, room);
		r = -EAGAIN;
	} else {
		r = ab_deliver(send, fx, &full);
	}
	if (!full)
		return r;
	if (!may_park) {
		sender->pollout.age = ++bus->waits;
		wait_for(&sender->pollout, full);
		return -EAGAIN;
	}
	send->wait.age = ++bus->waits;
	wait_for(&send->wait, full);
	list_add_tail(&send->parked, &sender->parked);
	return AB_SEND_PARKED;
}

static void finish_parked(struct ab_send *send, int result,
			  struct ab_effects *fx)
{
	list_del_init(&send->parked);
	send->result = result;
	WRITE_ONCE(send->done, true);
	ab_wake(fx, send->sender);
}

bool ab_send_cancel(struct ab_send *send)
{
	ab_assert_held(&send->sender->bus->lock);
	if (send->done)
		return false;
	ab_wait_end(&send->wait);
	list_del_init(&send->parked);
	return true;
}

static void tried_all(struct ab_endpoint *endpoint)
{
	list_del_init(&endpoint->room);
	endpoint->roomy = false;
	endpoint->tried = 0;
}

/* The oldest that wasn't tried since there was room; NULL: all were. */
static struct ab_wait *next_wait(struct ab_endpoint *endpoint)
{
	struct ab_wait *wait;

	list_for_each_entry(wait, &endpoint->refused, link) {
		if (wait->age > endpoint->tried)
			return wait;
	}
	return NULL;
}

void ab_send_retry(struct ab_endpoint *endpoint, struct ab_effects *fx)
{
	struct ab_endpoint *full = NULL;
	struct ab_wait *wait;
	int r;

	ab_assert_held(&endpoint->bus->lock);
	wait = next_wait(endpoint);
	if (!wait) {
		tried_all(endpoint);
		return;
	}
	endpoint->tried = wait->age;
	ab_wait_end(wait);
	if (!wait->send) {
		ab_wake(fx, wait->sender);
		return;
	}
	r = ab_deliver(wait->send, fx, &full);
	if (!full) {
		finish_parked(wait->send, r, fx);
		return;
	}
	wait_for(wait, full);
	/* Others may need less: fewer bytes, fewer copies. */
	if (full == endpoint && !ab_queue_has_slots(&endpoint->queue, 1))
		tried_all(endpoint);
}

void ab_send_shut_down(struct ab_endpoint *sender, struct ab_effects *fx)
{
	struct ab_send *send = list_first_entry(&sender->parked, struct ab_send,
						parked);

	ab_wait_end(&send->wait);
	finish_parked(send, -ESHUTDOWN, fx);
}

void ab_send_to_listeners(struct ab_bus *bus, struct ab_message *message,
			  struct ab_effects *fx)
{
	struct ab_recipients found = { .want_listeners = true };
	struct ab_name name;

	if (ab_name_parse(&name, message->name, message->head.name_size, false))
		return;
	ab_recipients_find(bus, &name, &found);
	ab_recipients_push(bus, &found, message, fx);
}

struct ab_binding *ab_find_replier(struct ab_bus *bus,
				   const struct ab_name *name)
{
	struct ab_recipients found = { .want_replier = true };

	ab_recipients_find(bus, name, &found);
	return found.replier;
}
