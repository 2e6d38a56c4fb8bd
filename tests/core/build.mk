# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
#   core-tests   build/tests/test_core: the core and its files, with sanitizers

CT_SOURCES := $(wildcard tests/core/*.cpp)
CT_OBJECTS := $(CT_SOURCES:%.cpp=$(B)/obj/sanitize/%.o)
# As for the in-process bus: the first -I decides which host.h the core sees. With sanitizers
# g++ 12 takes parts of <regex> for uninitialized.
CT_CXXFLAGS := -std=c++20 -Wall -Wextra -Werror -Wno-maybe-uninitialized -O0 -g1 \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-Iuserspace/host -Ikmod -Iinclude/uapi -Itests -pthread
# What all of them include takes most of their time: it's compiled once.
CT_COMMON := $(B)/obj/sanitize/tests/core/core.hpp

$(CT_COMMON).gch: tests/core/core.hpp
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(CT_CXXFLAGS) $(CXXFLAGS) -MMD -MP -MF $(CT_COMMON).d -x c++-header -o $@ $<

$(B)/obj/sanitize/tests/core/%.o: tests/core/%.cpp $(CT_COMMON).gch
	@mkdir -p $(@D)
	@echo "  C++    $<"
	$(Q)$(CXX) $(CT_CXXFLAGS) $(CXXFLAGS) -include $(CT_COMMON) -MMD -MP -c -o $@ $<

$(B)/tests/test_core: $(CT_OBJECTS) $(B)/lib/libautobus-host-sanitize.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) -fsanitize=address,undefined $(LDFLAGS) -o $@ $^ \
		$(shell pkg-config --libs liburcu libsodium) -lboost_unit_test_framework -lpthread

.PHONY: core-tests
core-tests: $(B)/tests/test_core ## the core's unit tests, with sanitizers

-include $(CT_OBJECTS:.o=.d) $(CT_COMMON).d
