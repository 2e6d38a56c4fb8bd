/* SPDX-License-Identifier: MIT */
/* Copyright autobus contributors */

/*
 * Prints the layout of the device's interface: each structure's size, each
 * field's place, each constant's value. Compiled as several languages and for
 * 32 and 64 bits; all must print tests/abi/layout.txt. Each structure and
 * constant of the header must be here: tests/abi/run sees to it.
 */
#include <stddef.h>
#include <stdio.h>

#include <linux/autobus.h>

#define STRUCT(type) \
	printf("struct %s %lu\n", #type, (unsigned long)sizeof(struct type))
#define FIELD(type, field) \
	printf("  %lu %lu %s\n", (unsigned long)offsetof(struct type, field), \
	       (unsigned long)sizeof(((struct type *)0)->field), #field)
/* In two halves: C89 has no 64-bit numbers of its own. */
#define NUMBER(name) \
	printf("%s %08lx%08lx\n", #name, \
	       (unsigned long)((__u64)(name) >> 32), \
	       (unsigned long)((__u64)(name) & 0xffffffffu))
#define TEXT(name) printf("%s %s\n", #name, name)

static void autobus_address_layout(void)
{
	STRUCT(autobus_address);
	FIELD(autobus_address, bus);
	FIELD(autobus_address, endpoint);
}

static void autobus_origin_layout(void)
{
	STRUCT(autobus_origin);
	FIELD(autobus_origin, bus);
	FIELD(autobus_origin, endpoint);
	FIELD(autobus_origin, serial);
}

static void autobus_credentials_layout(void)
{
	STRUCT(autobus_credentials);
	FIELD(autobus_credentials, tgid);
	FIELD(autobus_credentials, uid);
	FIELD(autobus_credentials, gid);
}

static void autobus_record_layout(void)
{
	STRUCT(autobus_record);
	FIELD(autobus_record, size);
	FIELD(autobus_record, header_size);
	FIELD(autobus_record, type);
	FIELD(autobus_record, flags);
	FIELD(autobus_record, serial);
	FIELD(autobus_record, origin);
	FIELD(autobus_record, from);
	FIELD(autobus_record, to);
	FIELD(autobus_record, in_reply_to);
	FIELD(autobus_record, timeout);
	FIELD(autobus_record, cookie);
	FIELD(autobus_record, code);
	FIELD(autobus_record, reached);
	FIELD(autobus_record, lost);
	FIELD(autobus_record, name_size);
	FIELD(autobus_record, data_size);
	FIELD(autobus_record, reserved);
	FIELD(autobus_record, sender);
	FIELD(autobus_record, claimed);
}

static void autobus_bound_layout(void)
{
	STRUCT(autobus_bound);
	FIELD(autobus_bound, endpoint);
	FIELD(autobus_bound, binding);
	FIELD(autobus_bound, role);
	FIELD(autobus_bound, flags);
	FIELD(autobus_bound, pattern_size);
	FIELD(autobus_bound, reserved);
}

static void autobus_info_layout(void)
{
	STRUCT(autobus_info);
	FIELD(autobus_info, size);
	FIELD(autobus_info, flags);
	FIELD(autobus_info, abi_version);
	FIELD(autobus_info, reserved);
	FIELD(autobus_info, features);
	FIELD(autobus_info, bus);
	FIELD(autobus_info, endpoint);
	FIELD(autobus_info, router);
	FIELD(autobus_info, serial);
	FIELD(autobus_info, endpoints);
	FIELD(autobus_info, bindings);
	FIELD(autobus_info, requests);
	FIELD(autobus_info, lost);
}

static void autobus_bind_layout(void)
{
	STRUCT(autobus_bind);
	FIELD(autobus_bind, size);
	FIELD(autobus_bind, flags);
	FIELD(autobus_bind, pattern);
	FIELD(autobus_bind, pattern_size);
	FIELD(autobus_bind, role);
	FIELD(autobus_bind, cookie);
	FIELD(autobus_bind, binding);
}

static void autobus_unbind_layout(void)
{
	STRUCT(autobus_unbind);
	FIELD(autobus_unbind, size);
	FIELD(autobus_unbind, flags);
	FIELD(autobus_unbind, pattern);
	FIELD(autobus_unbind, pattern_size);
	FIELD(autobus_unbind, role);
}

static void autobus_transfer_layout(void)
{
	STRUCT(autobus_transfer);
	FIELD(autobus_transfer, size);
	FIELD(autobus_transfer, flags);
	FIELD(autobus_transfer, in);
	FIELD(autobus_transfer, in_size);
	FIELD(autobus_transfer, out);
	FIELD(autobus_transfer, out_size);
	FIELD(autobus_transfer, timeout);
	FIELD(autobus_transfer, most);
	FIELD(autobus_transfer, sent);
	FIELD(autobus_transfer, received);
	FIELD(autobus_transfer, reserved);
	FIELD(autobus_transfer, in_done);
	FIELD(autobus_transfer, out_done);
	FIELD(autobus_transfer, serial);
}

static void autobus_watch_layout(void)
{
	STRUCT(autobus_watch);
	FIELD(autobus_watch, size);
	FIELD(autobus_watch, flags);
	FIELD(autobus_watch, endpoint);
	FIELD(autobus_watch, cookie);
}

static void autobus_claim_layout(void)
{
	STRUCT(autobus_claim);
	FIELD(autobus_claim, size);
	FIELD(autobus_claim, flags);
}

static void autobus_list_layout(void)
{
	STRUCT(autobus_list);
	FIELD(autobus_list, size);
	FIELD(autobus_list, flags);
	FIELD(autobus_list, what);
	FIELD(autobus_list, name_size);
	FIELD(autobus_list, name);
	FIELD(autobus_list, out);
	FIELD(autobus_list, out_size);
	FIELD(autobus_list, next_endpoint);
	FIELD(autobus_list, next_id);
	FIELD(autobus_list, out_done);
	FIELD(autobus_list, count);
	FIELD(autobus_list, serial_first);
	FIELD(autobus_list, serial_last);
}

static void autobus_item_layout(void)
{
	STRUCT(autobus_item);
	FIELD(autobus_item, size);
	FIELD(autobus_item, header_size);
	FIELD(autobus_item, what);
	FIELD(autobus_item, flags);
	FIELD(autobus_item, endpoint);
	FIELD(autobus_item, id);
	FIELD(autobus_item, requester);
	FIELD(autobus_item, bytes);
	FIELD(autobus_item, bytes_limit);
	FIELD(autobus_item, lost);
	FIELD(autobus_item, records);
	FIELD(autobus_item, reserved_records);
	FIELD(autobus_item, records_limit);
	FIELD(autobus_item, bindings);
	FIELD(autobus_item, asked);
	FIELD(autobus_item, owed);
	FIELD(autobus_item, role);
	FIELD(autobus_item, name_size);
	FIELD(autobus_item, opener);
	FIELD(autobus_item, reserved);
}

static void autobus_limits_layout(void)
{
	STRUCT(autobus_limits);
	FIELD(autobus_limits, size);
	FIELD(autobus_limits, flags);
	FIELD(autobus_limits, records);
	FIELD(autobus_limits, bytes);
	FIELD(autobus_limits, bindings);
	FIELD(autobus_limits, records_ceiling);
	FIELD(autobus_limits, bytes_ceiling);
	FIELD(autobus_limits, bindings_ceiling);
	FIELD(autobus_limits, endpoints);
	FIELD(autobus_limits, message);
}

static void autobus_values_layout(void)
{
	STRUCT(autobus_values);
	FIELD(autobus_values, size);
	FIELD(autobus_values, flags);
	FIELD(autobus_values, name_size);
	FIELD(autobus_values, reserved);
	FIELD(autobus_values, name);
	FIELD(autobus_values, out);
	FIELD(autobus_values, out_size);
	FIELD(autobus_values, out_done);
	FIELD(autobus_values, owner);
}

static void autobus_capture_layout(void)
{
	STRUCT(autobus_capture);
	FIELD(autobus_capture, size);
	FIELD(autobus_capture, flags);
}

static void texts(void)
{
	TEXT(AUTOBUS_NAME_UNBOUND_REPLIER);
	TEXT(AUTOBUS_NAME_GONE_AWAY);
	TEXT(AUTOBUS_NAME_IGNORED);
	TEXT(AUTOBUS_NAME_TIMED_OUT);
	TEXT(AUTOBUS_NAME_UNREACHABLE);
	TEXT(AUTOBUS_NAME_REFUSED);
	TEXT(AUTOBUS_NAME_BOUND);
	TEXT(AUTOBUS_NAME_UNBOUND);
	TEXT(AUTOBUS_NAME_CLOSED);
	TEXT(AUTOBUS_NAME_LOST);
	TEXT(AUTOBUS_NAME_SYNCED);
}

static void numbers(void)
{
	NUMBER(AUTOBUS_ABI_VERSION);
	NUMBER(AUTOBUS_NAME_MAX);
	NUMBER(AUTOBUS_WORDS_MAX);
	NUMBER(AUTOBUS_KERNEL_NAME_MAX);
	NUMBER(AUTOBUS_KERNEL_WORDS_MAX);
	NUMBER(AUTOBUS_PERCENT_MAX);
	NUMBER(AUTOBUS_DEFAULT_RECORDS);
	NUMBER(AUTOBUS_DEFAULT_BYTES);
	NUMBER(AUTOBUS_DEFAULT_ENDPOINTS);
	NUMBER(AUTOBUS_DEFAULT_BINDINGS);
	NUMBER(AUTOBUS_DEFAULT_MESSAGE);
	NUMBER(AUTOBUS_ANNOUNCEMENT);
	NUMBER(AUTOBUS_REQUEST);
	NUMBER(AUTOBUS_REPLY);
	NUMBER(AUTOBUS_STATUS);
	NUMBER(AUTOBUS_DIRECT);
	NUMBER(AUTOBUS_NOTICE);
	NUMBER(AUTOBUS_MARK);
	NUMBER(AUTOBUS_URGENT);
	NUMBER(AUTOBUS_FAIL);
	NUMBER(AUTOBUS_WAIT);
	NUMBER(AUTOBUS_PRIVATE);
	NUMBER(AUTOBUS_RETAINED);
	NUMBER(AUTOBUS_CLEAR);
	NUMBER(AUTOBUS_REMOTE);
	NUMBER(AUTOBUS_CLAIMED);
	NUMBER(AUTOBUS_ALONE);
	NUMBER(AUTOBUS_COPY);
	NUMBER(AUTOBUS_OWED);
	NUMBER(AUTOBUS_ANSWER);
	NUMBER(AUTOBUS_CURRENT);
	NUMBER(AUTOBUS_FLAGS_SENDER);
	NUMBER(AUTOBUS_FLAGS_ROUTER);
	NUMBER(AUTOBUS_FLAGS_KERNEL);
	NUMBER(AUTOBUS_REACHED_NO);
	NUMBER(AUTOBUS_REACHED_UNKNOWN);
	NUMBER(AUTOBUS_NOTICE_BOUND);
	NUMBER(AUTOBUS_NOTICE_UNBOUND);
	NUMBER(AUTOBUS_NOTICE_CLEARED);
	NUMBER(AUTOBUS_NOTICE_CLOSED);
	NUMBER(AUTOBUS_IOC_TYPE);
	NUMBER(AUTOBUS_FEATURE_URGENT);
	NUMBER(AUTOBUS_FEATURE_PRIVATE);
	NUMBER(AUTOBUS_FEATURE_DIRECT);
	NUMBER(AUTOBUS_FEATURE_EACH);
	NUMBER(AUTOBUS_FEATURE_DEADLINES);
	NUMBER(AUTOBUS_FEATURE_VALUES);
	NUMBER(AUTOBUS_FEATURE_PEEK);
	NUMBER(AUTOBUS_FEATURE_SHARES);
	NUMBER(AUTOBUS_FEATURE_RULES);
	NUMBER(AUTOBUS_FEATURE_CAPTURE);
	NUMBER(AUTOBUS_FEATURE_ROUTER);
	NUMBER(AUTOBUS_LISTENER);
	NUMBER(AUTOBUS_REPLIER);
	NUMBER(AUTOBUS_BIND_VALUES);
	NUMBER(AUTOBUS_BIND_EACH);
	NUMBER(AUTOBUS_BIND_YIELDING);
	NUMBER(AUTOBUS_UNBIND_DRAIN);
	NUMBER(AUTOBUS_TRANSFER_DONTWAIT);
	NUMBER(AUTOBUS_TRANSFER_PEEK);
	NUMBER(AUTOBUS_TRANSFER_DISCARD);
	NUMBER(AUTOBUS_WATCH_REMOVE);
	NUMBER(AUTOBUS_CLAIM_OPENER);
	NUMBER(AUTOBUS_CLAIM_ROUTER);
	NUMBER(AUTOBUS_LIST_ENDPOINTS);
	NUMBER(AUTOBUS_LIST_BINDINGS);
	NUMBER(AUTOBUS_LIST_REQUESTS);
	NUMBER(AUTOBUS_LIST_VALUES);
	NUMBER(AUTOBUS_LIST_REPLIER);
	NUMBER(AUTOBUS_ITEM_ROUTER);
	NUMBER(AUTOBUS_ITEM_HANDED);
	NUMBER(AUTOBUS_VALUES_READ);
	NUMBER(AUTOBUS_VALUES_AGAIN);
	NUMBER(AUTOBUS_CAPTURE_START);
	NUMBER(AUTOBUS_CAPTURE_STOP);
	NUMBER(AUTOBUS_IOC_INFO);
	NUMBER(AUTOBUS_IOC_BIND);
	NUMBER(AUTOBUS_IOC_UNBIND);
	NUMBER(AUTOBUS_IOC_SEND);
	NUMBER(AUTOBUS_IOC_RECEIVE);
	NUMBER(AUTOBUS_IOC_CALL);
	NUMBER(AUTOBUS_IOC_WATCH);
	NUMBER(AUTOBUS_IOC_CLAIM);
	NUMBER(AUTOBUS_IOC_LIST);
	NUMBER(AUTOBUS_IOC_LIMITS);
	NUMBER(AUTOBUS_IOC_VALUES);
	NUMBER(AUTOBUS_IOC_CAPTURE);
}

int main(void)
{
	autobus_address_layout();
	autobus_origin_layout();
	autobus_credentials_layout();
	autobus_record_layout();
	autobus_bound_layout();
	autobus_info_layout();
	autobus_bind_layout();
	autobus_unbind_layout();
	autobus_transfer_layout();
	autobus_watch_layout();
	autobus_claim_layout();
	autobus_list_layout();
	autobus_item_layout();
	autobus_limits_layout();
	autobus_values_layout();
	autobus_capture_layout();
	texts();
	numbers();
	return 0;
}
