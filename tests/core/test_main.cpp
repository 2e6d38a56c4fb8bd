// SPDX-License-Identifier: MIT
// Copyright autobus contributors

#define BOOST_TEST_MODULE core
#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>
