// SPDX-License-Identifier: GPL-2.0 OR MIT
// Copyright autobus contributors
#include "core/binding.h"
#include "core/index.h"
#include "core/message.h"
#include "core/request.h"
#include "core/value.h"
#include "core/watch.h"
#include "file.h"

const struct ab_kind_info ab_kinds[AB_KINDS] = {
	[AB_MESSAGE] = { "autobus_message", sizeof(struct ab_message_roomy) },
	[AB_REQUEST] = { "autobus_request", sizeof(struct ab_request) },
	[AB_BINDING] = { "autobus_binding", sizeof(struct ab_binding) },
	[AB_NODE] = { "autobus_node", sizeof(struct ab_node) },
	[AB_WATCH] = { "autobus_watch", sizeof(struct ab_watch) },
	[AB_CURSOR] = { "autobus_cursor", sizeof(struct ab_cursor) },
	[AB_FILE] = { "autobus_file", sizeof(struct ab_file) },
};
