// SPDX-License-Identifier: MIT
// Copyright autobus contributors
#include "core.hpp"

/* Written out, since Boost.Test's header was read before a module could be named. */
static bool begin() {
    boost::unit_test::framework::master_test_suite().p_name.value = "core";
    return true;
}

int main(int argc, char** argv) {
    return boost::unit_test::unit_test_main(begin, argc, argv);
}
