// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "message.h"

void ab_message_set_sizes(struct ab_message *message, u32 name_size,
			  u32 data_size)
{
	struct autobus_record *head = &message->head;

	head->header_size = sizeof(*head);
	head->name_size = name_size;
	head->data_size = data_size;
	head->size = sizeof(*head) + ab_pad(name_size) + ab_pad(data_size);
}

struct ab_message *ab_message_new(u32 name_size, u32 data_size,
				  struct ab_creds *creds)
{
	struct ab_message_roomy *roomy = ab_new(AB_MESSAGE);
	struct ab_message *message;
	u64 size = ab_pad(name_size) + ab_pad(data_size);
	char *body;

	if (!roomy)
		return NULL;
	message = &roomy->message;
	body = (char *)roomy->room;
	memset(message, 0, sizeof(*message));
	if (size > sizeof(roomy->room)) {
		message->body = body = ab_alloc(size);
		if (!body) {
			ab_delete(AB_MESSAGE, roomy);
			return NULL;
		}
	}
	message->junk.kind = AB_MESSAGE;
	message->refs = 1;
	message->name = body;
	message->data = body + ab_pad(name_size);
	/* Padding is read by others: it must not carry what was there before. */
	if (name_size)
		memset(body + ab_pad(name_size) - 8, 0, 8);
	if (data_size)
		memset(body + size - 8, 0, 8);
	message->creds = creds ? ab_creds_get(creds) : NULL;
	ab_message_set_sizes(message, name_size, data_size);
	return message;
}

u64 ab_message_bytes(const struct ab_message *message)
{
	return (u64)message->head.name_size + message->head.data_size;
}

void ab_message_ref(struct ab_message *message)
{
	message->refs++;
}

void ab_message_unref(struct ab_message *message, struct ab_effects *fx)
{
	if (!message || --message->refs)
		return;
	if (message->named) {
		ab_message_unref(message->named, fx);
		message->named = NULL;
	}
	ab_discard(fx, &message->junk);
}

void ab_message_free(struct ab_message *message)
{
	ab_free(message->body);
	if (message->creds)
		ab_creds_put(message->creds);
	ab_delete(AB_MESSAGE, message);
}
