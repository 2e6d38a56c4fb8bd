# SPDX-License-Identifier: MIT
# The kill test: processes on a bus that are killed at any moment.

KILL_OBJECTS := $(patsubst %.cpp,$(B)/obj/release/%.o,$(wildcard tests/kill/*.cpp))
KILL_CXXFLAGS := -std=c++20 -O2 -g -Wall -Wextra -Werror -Iinclude/uapi

$(KILL_OBJECTS): $(B)/obj/release/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  C++    $<"
	$(Q)$(CXX) $(KILL_CXXFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/kill: $(KILL_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^

.PHONY: check-kill check-kill-quick check-kill-debug
check-kill: $(B)/tests/kill ## kills 10,000 processes on a bus, in a guest (3 minutes)
	tests/kill/guest.py --rounds 10000

check-kill-quick: $(B)/tests/kill ## the same with 500 (half a minute)
	tests/kill/guest.py --rounds 500

check-kill-debug: $(B)/tests/kill check-nets ## the same with 1,000, under the debug kernel (6 minutes)
	tests/kill/guest.py --kernel debug --rounds 1000
	tests/kill/guest.py --kernel debug --rounds 200 --starve

-include $(KILL_OBJECTS:.o=.d)
