// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#include "tests/userspace/support.hpp"

#include <poll.h>

namespace autobus::test {

bool is_readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, 0) == 1;
}

} // namespace autobus::test
