// SPDX-License-Identifier: MIT
// Copyright autobus contributors

// The device contract as tests, one suite per guarantee. AUTOBUS_HOST chooses the bus: "inproc"
// (the default) is one inside this process, /dev/autobus0 is the kernel's.

#define BOOST_TEST_ALTERNATIVE_INIT_API
#define BOOST_TEST_NO_MAIN
#include <boost/test/included/unit_test.hpp>

#include "tests/conformance/seam.hpp"

namespace {

// What only one kind of host can show isn't there on the other.
void remove_suite(const char* name)
{
    auto& all = boost::unit_test::framework::master_test_suite();
    const boost::unit_test::test_unit_id id = all.get(name);
    if (id != boost::unit_test::INV_TEST_UNIT_ID) {
        all.remove(id);
    }
}

bool init()
{
    boost::unit_test::framework::master_test_suite().p_name.value =
        "conformance on " + conformance::host_name();
    remove_suite(conformance::host_is_device() ? "InProcess" : "Processes");
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    return boost::unit_test::unit_test_main(&init, argc, argv);
}
