// SPDX-License-Identifier: MIT
// Copyright autobus contributors
//
// The core's headers for C++. What comes from the standard library and Boost must stand before
// them: the host's host.h gives short names to liburcu's lists. It's precompiled, and so has a guard
// of its own.
#ifndef TEST_CORE_HPP
#define TEST_CORE_HPP

#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>

extern "C" {
#include "core/binding.h"
#include "core/bus.h"
#include "core/check.h"
#include "core/deliver.h"
#include "core/endpoint.h"
#include "core/index.h"
#include "core/list.h"
#include "core/message.h"
#include "core/name.h"
#include "core/notice.h"
#include "core/queue.h"
#include "core/receive.h"
#include "core/recipients.h"
#include "core/record.h"
#include "core/request.h"
#include "core/send.h"
#include "core/table.h"
#include "core/value.h"
#include "core/watch.h"
#include "creds.h"
#include "faults.h"
#include "file/file.h"
#include "inproc.h"
}

// A word of the host that C++ needs itself.
#undef fallthrough

#endif // TEST_CORE_HPP
