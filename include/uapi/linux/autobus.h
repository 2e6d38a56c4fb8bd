/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/* Copyright autobus contributors */
#ifndef _UAPI_LINUX_AUTOBUS_H
#define _UAPI_LINUX_AUTOBUS_H

/*
 * The autobus device, version 1
 * =============================
 *
 * /dev/autobusN is a message bus. Each open() makes one endpoint of it. An
 * endpoint binds to names, writes records and reads records. This file is the
 * specification of that interface; docs/device.md gives the guarantees (G1 to
 * G13) that stand behind it, and the errors are explained in autobus(4).
 *
 * Rules for all of it:
 *
 * - Numbers are native-endian. Every structure has the same layout for 32-bit
 *   and 64-bit programs, is a multiple of 8 bytes long and has no holes.
 * - Fields, flags and ioctl numbers never move or change their meaning. New
 *   fields are appended. Each ioctl argument begins with its own size: a
 *   longer argument than the kernel knows is accepted when the rest is zero,
 *   and is refused with E2BIG when it isn't.
 * - Unknown flags, non-zero reserved fields, and fields that only the kernel
 *   sets and that aren't zero when written, are refused with EINVAL. What has
 *   its number here but isn't built into the running kernel gives EOPNOTSUPP;
 *   AUTOBUS_IOC_INFO tells beforehand (features).
 * - A call that fails has no effect. In a batch each record is a call of its
 *   own: the batch ends at the first that fails, and the error shows only if
 *   that was the first record; otherwise the call tells how many were done.
 * - Times are in nanoseconds, relative, and measured by CLOCK_MONOTONIC.
 */

#include <linux/ioctl.h>
#include <linux/types.h>

#define AUTOBUS_ABI_VERSION	1

/*
 * Names and patterns
 * ------------------
 *
 * A name is '$' and one or more words, each after a '.': $.Kitchen.Lamp. A word
 * is one or more of A-Z a-z 0-9 _ and -. A name has no terminating NUL on the
 * interface; its size is given.
 *
 * A pattern is a name in which '%' may stand for exactly one word (any place,
 * at most twice) and whose last word may be '*', for one or more words. Neither
 * matches the first word Autobus, which must be written: $.Autobus and
 * everything below it belongs to the kernel.
 *
 * Which of several matching patterns is the more specific: a name without
 * wildcards before any pattern; between patterns the first word that differs
 * decides, a literal before '%' before '*'.
 */
#define AUTOBUS_NAME_MAX	1000	/* bytes, of a name or pattern */
#define AUTOBUS_WORDS_MAX	16	/* words, of a name or pattern */
#define AUTOBUS_KERNEL_NAME_MAX	1024	/* bytes, below $.Autobus */
#define AUTOBUS_KERNEL_WORDS_MAX 18	/* words, below $.Autobus */
#define AUTOBUS_PERCENT_MAX	2	/* '%' in a pattern */

/* Names that the kernel uses. */
#define AUTOBUS_NAME_UNBOUND_REPLIER	"$.Autobus.Replier.Unbound"
#define AUTOBUS_NAME_GONE_AWAY		"$.Autobus.Replier.GoneAway"
#define AUTOBUS_NAME_IGNORED		"$.Autobus.Replier.Ignored"
#define AUTOBUS_NAME_TIMED_OUT		"$.Autobus.Replier.TimedOut"
#define AUTOBUS_NAME_UNREACHABLE	"$.Autobus.Replier.Unreachable"
#define AUTOBUS_NAME_REFUSED		"$.Autobus.Replier.Refused"
#define AUTOBUS_NAME_BOUND		"$.Autobus.Bound"
#define AUTOBUS_NAME_UNBOUND		"$.Autobus.Unbound"
#define AUTOBUS_NAME_CLOSED		"$.Autobus.Closed"
#define AUTOBUS_NAME_LOST		"$.Autobus.Lost"
#define AUTOBUS_NAME_SYNCED		"$.Autobus.Synced"

/*
 * Default limits. AUTOBUS_IOC_LIMITS tells those in force.
 */
#define AUTOBUS_DEFAULT_RECORDS		128		/* queued per endpoint */
#define AUTOBUS_DEFAULT_BYTES		(16u << 20)	/* queued per endpoint */
#define AUTOBUS_DEFAULT_ENDPOINTS	4096		/* per bus */
#define AUTOBUS_DEFAULT_BINDINGS	1024		/* per endpoint */
#define AUTOBUS_DEFAULT_MESSAGE		(1u << 20)	/* bytes of data */

/*
 * An endpoint's address. Endpoint numbers count from 1 on each bus and are
 * never used twice; 0 is the kernel. Bus ids are random; 0 stands for the bus
 * that one speaks to.
 */
struct autobus_address {
	__aligned_u64 bus;
	__aligned_u64 endpoint;
};

/* Where a message began: its sender, and its serial on the sender's bus. */
struct autobus_origin {
	__aligned_u64 bus;
	__aligned_u64 endpoint;
	__aligned_u64 serial;
};

/*
 * Who sent a message, seen from the namespaces of the task that reads it. An id
 * that has no equivalent there reads as (__u32)-1, a process as 0. All zero where
 * nobody sent it: the kernel's own records, whose `from` is 0.
 */
struct autobus_credentials {
	__u32 tgid;
	__u32 uid;	/* effective, when the sender opened the bus */
	__u32 gid;
};

/*
 * Records
 * -------
 *
 * read() and write() carry records, one or more, each whole:
 *
 *	offset 0                  struct autobus_record
 *	header_size               name, name_size bytes
 *	header_size + N           data, data_size bytes
 *	size                      the next record
 *
 * with N = name_size rounded up to a multiple of 8, and size = header_size + N
 * + data_size rounded up to a multiple of 8. The bytes in between are zero. A
 * reader finds the name by header_size and the next record by size, so that it
 * also understands longer headers of later versions.
 *
 * "w" marks the fields that a writer may set, "r" those of a router (see
 * AUTOBUS_CLAIM_ROUTER); the others must be zero when written and are set by
 * the kernel when read.
 */
struct autobus_record {
	__u32 size;		/* w: of all of it, a multiple of 8 */
	__u32 header_size;	/* w: sizeof(struct autobus_record) */
	__u32 type;		/* w: AUTOBUS_ANNOUNCEMENT, ... */
	__u32 flags;		/* w: AUTOBUS_URGENT, ... */
	/* The message's place in the order of its bus, from 1; 0 for marks. */
	__aligned_u64 serial;
	/*
	 * Where it began. This bus, from and serial, unless AUTOBUS_REMOTE
	 * is set. r
	 */
	struct autobus_origin origin;
	/* Endpoint of this bus that sent it; 0 is the kernel. */
	__aligned_u64 from;
	/*
	 * Request: the one endpoint that may answer, or zeros for whoever is
	 * the replier. Direct: the recipient. Reply and status: the requester;
	 * may be left 0 when written. w
	 */
	struct autobus_address to;
	/* Reply and status: the request's serial on this bus. w */
	__aligned_u64 in_reply_to;
	/* Request: ns until the kernel answers TimedOut; 0 is never. w */
	__aligned_u64 timeout;
	/*
	 * As given with the binding through which it came (the first in order
	 * of precedence), or with the watch.
	 */
	__aligned_u64 cookie;
	/*
	 * Status Refused: an errno. Notice: AUTOBUS_NOTICE_*. Else 0. r
	 */
	__u32 code;
	/* Status Unreachable, notice closed: AUTOBUS_REACHED_*. r */
	__u32 reached;
	/*
	 * Messages that this endpoint missed just before this record because
	 * its queue was full; at most 2^32 - 1. In a router's lost mark: how
	 * many. r
	 */
	__u32 lost;
	__u32 name_size;	/* w */
	__u32 data_size;	/* w */
	__u32 reserved;
	struct autobus_credentials sender;	/* attested by this kernel */
	struct autobus_credentials claimed;	/* with AUTOBUS_CLAIMED. r */
};

/* autobus_record.type */
#define AUTOBUS_ANNOUNCEMENT	1	/* to all listeners of its name */
#define AUTOBUS_REQUEST		2	/* to the replier; listeners get copies */
#define AUTOBUS_REPLY		3	/* the replier's answer */
#define AUTOBUS_STATUS		4	/* the kernel's answer; its name says why */
#define AUTOBUS_DIRECT		5	/* to one endpoint, seen by nobody else */
#define AUTOBUS_NOTICE		6	/* the kernel's news, see AUTOBUS_NOTICE_* */
#define AUTOBUS_MARK		7	/* $.Autobus.Lost, $.Autobus.Synced */

/* autobus_record.flags, set by the sender */
#define AUTOBUS_URGENT		(1u << 0)  /* goes ahead of ordinary records */
#define AUTOBUS_FAIL		(1u << 1)  /* EBUSY if a listener is full */
#define AUTOBUS_WAIT		(1u << 2)  /* wait while a recipient is full */
#define AUTOBUS_PRIVATE		(1u << 3)  /* request: nobody else sees it */
#define AUTOBUS_RETAINED	(1u << 4)  /* announcement: sets the value */
#define AUTOBUS_CLEAR		(1u << 5)  /* with RETAINED: clears the value */
/* ... by a router */
#define AUTOBUS_REMOTE		(1u << 8)  /* origin is another bus's */
#define AUTOBUS_CLAIMED		(1u << 9)  /* claimed credentials are given */
#define AUTOBUS_ALONE		(1u << 10) /* request, reply: to no listener */
#define AUTOBUS_COPY		(1u << 11) /* request, reply: to listeners alone */
/* ... by the kernel */
#define AUTOBUS_OWED		(1u << 16) /* request: you are to answer it */
#define AUTOBUS_ANSWER		(1u << 17) /* reply, status: to your request */
#define AUTOBUS_CURRENT		(1u << 18) /* a value that was there before */

#define AUTOBUS_FLAGS_SENDER	0x0000003fu
#define AUTOBUS_FLAGS_ROUTER	0x00000f00u
#define AUTOBUS_FLAGS_KERNEL	0x00070000u

/* autobus_record.reached: did the request reach its replier's host? */
#define AUTOBUS_REACHED_NO	1
#define AUTOBUS_REACHED_UNKNOWN	2

/* autobus_record.code of a notice */
#define AUTOBUS_NOTICE_BOUND	1	/* data: struct autobus_bound */
#define AUTOBUS_NOTICE_UNBOUND	2	/* data: struct autobus_bound */
#define AUTOBUS_NOTICE_CLEARED	3	/* its name: the value's; no data */
#define AUTOBUS_NOTICE_CLOSED	4	/* data: struct autobus_address */

/*
 * Data of bound and unbound notices. A notice's name is $.Autobus.Bound or
 * $.Autobus.Unbound followed by the pattern's literal words, so that one can
 * listen for what one waits for. Bindings below $.Autobus make no notices.
 */
struct autobus_bound {
	__aligned_u64 endpoint;
	__aligned_u64 binding;	/* its id: the serial of its bound notice */
	__u32 role;		/* AUTOBUS_LISTENER or AUTOBUS_REPLIER */
	__u32 flags;		/* AUTOBUS_BIND_YIELDING */
	__u32 pattern_size;
	__u32 reserved;
	/* followed by the pattern */
};

/*
 * ioctls
 * ------
 *
 * The numbers 0 to 31 of type 0xBD are autobus's. FIONREAD works too: it gives
 * the size of the record that read() would return next, 0 if there is none.
 * An unknown number is ENOTTY.
 */
#define AUTOBUS_IOC_TYPE	0xBD

/* Tells about the bus and the endpoint. */
struct autobus_info {
	__u32 size;
	__u32 flags;			/* 0 */
	__u32 abi_version;
	__u32 reserved;
	__aligned_u64 features;		/* AUTOBUS_FEATURE_* */
	__aligned_u64 bus;		/* this bus's id */
	__aligned_u64 endpoint;		/* this endpoint's number */
	__aligned_u64 router;		/* the router's number, or 0 */
	__aligned_u64 serial;		/* the last serial given */
	__aligned_u64 endpoints;	/* open now */
	__aligned_u64 bindings;		/* of all endpoints */
	__aligned_u64 requests;		/* not yet answered */
	__aligned_u64 lost;		/* messages that listeners missed */
};

#define AUTOBUS_FEATURE_URGENT		(1ull << 0)
#define AUTOBUS_FEATURE_PRIVATE		(1ull << 1)
#define AUTOBUS_FEATURE_DIRECT		(1ull << 2)
#define AUTOBUS_FEATURE_EACH		(1ull << 3)
#define AUTOBUS_FEATURE_DEADLINES	(1ull << 4)
#define AUTOBUS_FEATURE_VALUES		(1ull << 5)
#define AUTOBUS_FEATURE_PEEK		(1ull << 6)
#define AUTOBUS_FEATURE_SHARES		(1ull << 7)
#define AUTOBUS_FEATURE_RULES		(1ull << 8)
#define AUTOBUS_FEATURE_CAPTURE		(1ull << 9)
#define AUTOBUS_FEATURE_ROUTER		(1ull << 10)

/*
 * Binds the endpoint to a pattern. An endpoint has one binding per pattern and
 * role (EEXIST); a bus has one replier per pattern (EADDRINUSE), besides a
 * yielding one. Listening needs a file open for reading, replying one open for
 * reading and writing (EBADF).
 */
struct autobus_bind {
	__u32 size;
	__u32 flags;			/* AUTOBUS_BIND_* */
	__aligned_u64 pattern;		/* pointer */
	__u32 pattern_size;
	__u32 role;
	__aligned_u64 cookie;		/* any, comes with the records */
	__aligned_u64 binding;		/* out: its id */
};

#define AUTOBUS_LISTENER	1
#define AUTOBUS_REPLIER		2

/*
 * Listener: queue the current values of the matching names, ended by a mark
 * $.Autobus.Synced. For names below $.Autobus.Bound: the bindings that exist.
 */
#define AUTOBUS_BIND_VALUES	(1u << 0)
/* A copy for this binding, even if the endpoint gets another one. */
#define AUTOBUS_BIND_EACH	(1u << 1)
/* Replier, router only: gives way to an ordinary one of the same pattern. */
#define AUTOBUS_BIND_YIELDING	(1u << 2)

/*
 * Ends a binding. What a listener has queued stays. Requests that a replier
 * has not read are answered Unbound, or stay its own with AUTOBUS_UNBIND_DRAIN.
 * EINVAL if there is no such binding.
 */
struct autobus_unbind {
	__u32 size;
	__u32 flags;			/* AUTOBUS_UNBIND_* */
	__aligned_u64 pattern;		/* pointer */
	__u32 pattern_size;
	__u32 role;
};

#define AUTOBUS_UNBIND_DRAIN	(1u << 0)

/*
 * SEND takes records from `in`, and puts their serials into `out` as 64-bit
 * numbers if there is one. RECEIVE puts records into `out`. CALL sends all of
 * `in`, then receives like RECEIVE with one difference: once a record was
 * accepted it's never restarted; a signal gives EINTR, and `sent` says what
 * happened.
 */
struct autobus_transfer {
	__u32 size;
	__u32 flags;			/* AUTOBUS_TRANSFER_* */
	__aligned_u64 in;		/* pointer to records */
	__aligned_u64 in_size;		/* bytes */
	__aligned_u64 out;		/* pointer to room for records or serials */
	__aligned_u64 out_size;		/* bytes */
	__aligned_u64 timeout;		/* limit for each wait in ns; 0: none */
	__u32 most;			/* records to receive; 0: what fits */
	__u32 sent;			/* out: records accepted */
	__u32 received;			/* out: records received */
	__u32 reserved;
	__aligned_u64 in_done;		/* out: bytes taken from in */
	__aligned_u64 out_done;		/* out: bytes put into out */
	__aligned_u64 serial;		/* out: of the last record accepted */
};

#define AUTOBUS_TRANSFER_DONTWAIT (1u << 0) /* as if O_NONBLOCK were set */
#define AUTOBUS_TRANSFER_PEEK	  (1u << 1) /* leave the records queued */
#define AUTOBUS_TRANSFER_DISCARD  (1u << 2) /* drop `most` records unread */

/*
 * Watches an endpoint: when it closes, one closed notice comes, after its last
 * message. ENXIO if it's not open, EEXIST if it's watched already, ENOLCK if
 * this endpoint's queue has no room for the notice. With AUTOBUS_WATCH_REMOVE
 * ends the watch (ENOENT if there is none).
 */
struct autobus_watch {
	__u32 size;
	__u32 flags;			/* AUTOBUS_WATCH_* */
	struct autobus_address endpoint;
	__aligned_u64 cookie;		/* any, comes with the notice */
};

#define AUTOBUS_WATCH_REMOVE	(1u << 0)

/*
 * Takes a role that changes what the endpoint may do or how it ends.
 *
 * AUTOBUS_CLAIM_OPENER: the endpoint ends when the process that opened it
 * exits, whoever else holds the file. Later calls give ESHUTDOWN.
 *
 * AUTOBUS_CLAIM_ROUTER: the endpoint speaks for other buses. Needs
 * CAP_SYS_ADMIN at open (EPERM), a file open for both, and no other router
 * (EBUSY). A router's records may have
 * - AUTOBUS_REMOTE with an origin, and AUTOBUS_CLAIMED with credentials;
 * - AUTOBUS_ALONE: a request goes to its replier alone (never to the router
 *   itself), a reply to its requester alone;
 * - AUTOBUS_COPY: a request or reply that went elsewhere goes to listeners
 *   alone; nobody may answer it, and in_reply_to isn't looked up;
 * - type AUTOBUS_STATUS: answers a request that it was handed; its name says
 *   which status, with code and reached. The kernel gives name and code their
 *   form, data isn't taken;
 * - type AUTOBUS_NOTICE with code AUTOBUS_NOTICE_CLOSED or _CLEARED and an
 *   origin: to the watchers of the origin's endpoint, to listeners of the name;
 * - type AUTOBUS_MARK with the name $.Autobus.Lost and an origin: `lost`
 *   messages were lost on the way, told to all listeners.
 * What it sends with AUTOBUS_REMOTE never comes back to it as to a listener.
 * When it closes, the requests that it owes an answer are answered Unreachable.
 */
struct autobus_claim {
	__u32 size;
	__u32 flags;			/* AUTOBUS_CLAIM_* */
};

#define AUTOBUS_CLAIM_OPENER	(1u << 0)
#define AUTOBUS_CLAIM_ROUTER	(1u << 1)

/*
 * Lists what there is, as struct autobus_item, as many whole ones as fit into
 * `out`. To go on, call again with next_endpoint and next_id as returned; both
 * are 0 at the end. If serial_first and serial_last differ over all calls,
 * the bus changed meanwhile and the list may mix old and new.
 */
struct autobus_list {
	__u32 size;
	__u32 flags;			/* 0 */
	__u32 what;			/* AUTOBUS_LIST_* */
	__u32 name_size;
	__aligned_u64 name;		/* pointer; _REPLIER only */
	__aligned_u64 out;		/* pointer to room for items */
	__aligned_u64 out_size;		/* bytes */
	__aligned_u64 next_endpoint;	/* in and out */
	__aligned_u64 next_id;		/* in and out */
	__aligned_u64 out_done;		/* out: bytes put into out */
	__aligned_u64 count;		/* out: items */
	__aligned_u64 serial_first;	/* out: the bus's serial at the start */
	__aligned_u64 serial_last;	/* out: ... at the end */
};

#define AUTOBUS_LIST_ENDPOINTS	1
#define AUTOBUS_LIST_BINDINGS	2
#define AUTOBUS_LIST_REQUESTS	3
#define AUTOBUS_LIST_VALUES	4
#define AUTOBUS_LIST_REPLIER	5	/* the binding that would get NAME */

struct autobus_item {
	__u32 size;			/* of all of it, a multiple of 8 */
	__u32 header_size;		/* sizeof(struct autobus_item) */
	__u32 what;			/* AUTOBUS_LIST_* */
	__u32 flags;			/* AUTOBUS_ITEM_*; binding: AUTOBUS_BIND_* */
	__aligned_u64 endpoint;		/* endpoint; binding's; replier's */
	__aligned_u64 id;		/* binding's; request's serial */
	__aligned_u64 requester;	/* request: endpoint that asked */
	__aligned_u64 bytes;		/* endpoint: queued */
	__aligned_u64 bytes_limit;
	__aligned_u64 lost;		/* endpoint: missed since it opened */
	__u32 records;			/* endpoint: queued */
	__u32 reserved_records;		/* endpoint: reserved for answers, ... */
	__u32 records_limit;
	__u32 bindings;			/* endpoint: how many it has */
	__u32 asked;			/* endpoint: its requests not answered */
	__u32 owed;			/* endpoint: answers that it owes */
	__u32 role;			/* binding: AUTOBUS_LISTENER, ... */
	__u32 name_size;		/* binding: pattern; request: name */
	struct autobus_credentials opener;
	__u32 reserved;
	/* followed by the name, zero padded */
};

#define AUTOBUS_ITEM_ROUTER	(1u << 16)	/* endpoint: is the router */
#define AUTOBUS_ITEM_HANDED	(1u << 17)	/* request: was read */

/*
 * Tells, and for fields that aren't zero sets, this endpoint's limits. Above
 * the ceiling: EPERM, below what is in use: EBUSY.
 */
struct autobus_limits {
	__u32 size;
	__u32 flags;			/* 0 */
	__aligned_u64 records;		/* queued, and reserved for answers */
	__aligned_u64 bytes;		/* queued */
	__aligned_u64 bindings;
	__aligned_u64 records_ceiling;	/* out */
	__aligned_u64 bytes_ceiling;	/* out */
	__aligned_u64 bindings_ceiling;	/* out */
	__aligned_u64 endpoints;	/* out: of the bus */
	__aligned_u64 message;		/* out: bytes of data of a message */
};

/* Reads one value, or asks again for the values of a binding. */
struct autobus_values {
	__u32 size;
	__u32 flags;			/* AUTOBUS_VALUES_* */
	__u32 name_size;
	__u32 reserved;
	__aligned_u64 name;		/* pointer: a name, or the pattern */
	__aligned_u64 out;		/* pointer to room for a record */
	__aligned_u64 out_size;
	__aligned_u64 out_done;		/* out */
	struct autobus_address owner;	/* _READ: whose; zeros: the last set */
};

#define AUTOBUS_VALUES_READ	(1u << 0)
#define AUTOBUS_VALUES_AGAIN	(1u << 1)

/* Makes the endpoint see every message of the bus. */
struct autobus_capture {
	__u32 size;
	__u32 flags;			/* AUTOBUS_CAPTURE_* */
};

#define AUTOBUS_CAPTURE_START	(1u << 0)
#define AUTOBUS_CAPTURE_STOP	(1u << 1)

#define AUTOBUS_IOC_INFO	_IOWR(AUTOBUS_IOC_TYPE, 1, struct autobus_info)
#define AUTOBUS_IOC_BIND	_IOWR(AUTOBUS_IOC_TYPE, 2, struct autobus_bind)
#define AUTOBUS_IOC_UNBIND	_IOWR(AUTOBUS_IOC_TYPE, 3, struct autobus_unbind)
#define AUTOBUS_IOC_SEND	_IOWR(AUTOBUS_IOC_TYPE, 4, struct autobus_transfer)
#define AUTOBUS_IOC_RECEIVE	_IOWR(AUTOBUS_IOC_TYPE, 5, struct autobus_transfer)
#define AUTOBUS_IOC_CALL	_IOWR(AUTOBUS_IOC_TYPE, 6, struct autobus_transfer)
#define AUTOBUS_IOC_WATCH	_IOWR(AUTOBUS_IOC_TYPE, 7, struct autobus_watch)
#define AUTOBUS_IOC_CLAIM	_IOWR(AUTOBUS_IOC_TYPE, 8, struct autobus_claim)
#define AUTOBUS_IOC_LIST	_IOWR(AUTOBUS_IOC_TYPE, 9, struct autobus_list)
#define AUTOBUS_IOC_LIMITS	_IOWR(AUTOBUS_IOC_TYPE, 10, struct autobus_limits)
#define AUTOBUS_IOC_VALUES	_IOWR(AUTOBUS_IOC_TYPE, 11, struct autobus_values)
#define AUTOBUS_IOC_CAPTURE	_IOWR(AUTOBUS_IOC_TYPE, 12, struct autobus_capture)

#endif /* _UAPI_LINUX_AUTOBUS_H */
