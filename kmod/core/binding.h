/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Copyright autobus contributors */
#ifndef AB_BINDING_H
#define AB_BINDING_H

/**
 * DOC: Bindings
 *
 * Problem    - Who listens to what and who answers it, as changes that everybody
 *              sees at the same place in the order of messages.
 * States     - Prepared (has all memory that it will ever need, its notices'
 *              included), bound, ending (no longer found; its unread requests
 *              are being answered), gone.
 * Guarantees - 1. Binding and unbinding are messages: bound and unbound notices
 *                 have serials, and a send before the one is not seen by the
 *                 binding, one after it is.
 *              2. Ending can't fail. A step answers one request.
 *              3. One binding per (endpoint, pattern, role); one ordinary
 *                 replier per pattern, and besides it the router's yielding one.
 * Limits     - Bindings below $.Autobus make no notices.
 * Ownership and locking - Bus lock, but for prepare and free. Belongs to its
 *              endpoint; is in its node's list.
 */

#include "effects.h"
#include "host.h"
#include "index.h"
#include "message.h"
#include "value.h"

struct ab_endpoint;

struct ab_binding {
	struct ab_junk junk;
	struct list_head at;		/* in its node's list */
	struct list_head own;		/* in its endpoint's */
	struct list_head unread;	/* requests that came through it */
	struct list_head hit;		/* in the list of one lookup */
	struct ab_endpoint *endpoint;
	struct ab_node *node;
	u32 role;
	u32 flags;
	u64 cookie;
	u64 id;
	bool ending;
	struct ab_value bound;		/* its bound notice; NULL: none */
	struct ab_message *unbound;	/* for the end; NULL: none */
	char *text;			/* the pattern, own memory */
	u32 text_size;
};

/* A binding on its way in, and all it may need. */
struct ab_bind {
	struct ab_name pattern;
	struct ab_binding *binding;
	struct ab_cursor *cursor;	/* NULL: no current values wanted */
	struct ab_index_spare spare;
};

/*
 * Prepares; no lock. The bind's pattern is parsed. -ENOMEM, and then there is
 * nothing to free. Else ab_bind_free() frees what a commit left.
 */
int ab_bind_prepare(struct ab_bind *bind, struct ab_endpoint *endpoint,
		    u32 role, u32 flags, u64 cookie);
void ab_bind_free(struct ab_bind *bind);

/*
 * Binds. *idp: the binding's id. -EEXIST, -EADDRINUSE, -EDQUOT (too many
 * bindings), -ENOLCK (no room for the cursor), -EPERM (kernel's names,
 * yielding), -EBADF (the file's mode).
 */
int ab_bind_commit(struct ab_bind *bind, struct ab_effects *fx, u64 *idp);

/*
 * Begins to end the endpoint's binding of that pattern and role; *idp: which.
 * drain: its unread requests stay. -EINVAL if there is none.
 */
int ab_unbind_begin(struct ab_endpoint *endpoint, const struct ab_name *pattern,
		    u32 role, bool drain, u64 *idp);
/* One step of it; false when the binding is gone, by whoever's doing. */
bool ab_unbind_step(struct ab_endpoint *endpoint, u64 id,
		    struct ab_effects *fx);

/* One step towards a binding's end; false when it's gone. */
bool ab_binding_end(struct ab_binding *binding, struct ab_effects *fx);

/* Does a lookup find it? */
bool ab_binding_is_live(const struct ab_binding *binding);

/* For effects and failed calls. */
void ab_binding_free(struct ab_binding *binding);

#endif /* AB_BINDING_H */
