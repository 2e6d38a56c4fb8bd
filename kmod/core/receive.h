/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_RECEIVE_H
#define AB_RECEIVE_H

/**
 * DOC: Receiving
 *
 * Problem    - A record is copied to its reader without the lock, and the copy
 *              may fail; then it must be as if nobody had tried.
 * States     - A record is taken; then done with, or put back.
 * Guarantees - 1. Put back, it's where it was (G2).
 *              2. A request counts as handed when its copy is done with.
 *              3. If its request was answered or withdrawn, or its endpoint
 *                 closed, while it was taken, its reader doesn't get it.
 * Limits     - One record of an endpoint is taken at a time; the caller sees to
 *              it.
 * Ownership and locking - take, done and put_back under the bus lock. In
 *              between the pointers in ab_taken stay valid without it.
 */

#include "effects.h"
#include "host.h"
#include "message.h"

struct ab_endpoint;

enum ab_taken_kind { AB_TAKEN_RECORD, AB_TAKEN_VALUE, AB_TAKEN_SYNCED,
		     AB_TAKEN_LOST };

struct ab_taken {
	enum ab_taken_kind kind;
	struct autobus_record head;	/* complete but for head.sender */
	const char *name;
	const void *data;
	struct ab_creds *creds;		/* of head.sender; NULL: the kernel */
	struct ab_message *message;	/* of a value, referenced */
};

/*
 * Takes the next record. 0; -EAGAIN (nothing to read), -ESHUTDOWN, -EBADF; 1 if
 * it's still looking for it: call again after a pause for others.
 */
int ab_receive_take(struct ab_endpoint *endpoint, struct ab_taken *taken);

/*
 * False if the record was taken away meanwhile, since its request was answered
 * or withdrawn: then its reader mustn't have it.
 */
bool ab_receive_done(struct ab_endpoint *endpoint, struct ab_taken *taken,
		     struct ab_effects *fx);
void ab_receive_put_back(struct ab_endpoint *endpoint, struct ab_taken *taken,
			 struct ab_effects *fx);

#endif /* AB_RECEIVE_H */
