# SPDX-License-Identifier: MIT
# The device contract's tests, for each host of the bus.
#
#   conformance         build/tests/conformance (static, so that it runs in any guest),
#                       conformance-sanitize (in process only needs this one), conformance32
#   conformance-inproc  runs them on a bus inside the process
#   conformance-guest   runs them on /dev/autobus0 in a guest

CF_SOURCES := $(wildcard tests/conformance/*.cpp)
CF_CXXFLAGS := -std=c++20 -Wall -Wextra -Werror -Iinclude/uapi -I. -pthread
CF_FLAGS_release := -O0 -g1
# A program of 32 bits has no bus of its own: the libraries for one are only there in 64.
CF_FLAGS_m32 := -O0 -g1 -m32 -DCONFORMANCE_WITHOUT_INPROC
CF_LIBS := -lsodium -lurcu -lurcu-common

cf_objects = $(patsubst %.cpp,$(B)/obj/$(1)/%.o,$(CF_SOURCES))

define cf_compile_rule
$$(B)/obj/$(1)/tests/conformance/%.o: tests/conformance/%.cpp
	@mkdir -p $$(@D)
	@echo "  C++    $$<"
	$$(Q)$$(CXX) $$(CF_CXXFLAGS) $$(CF_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach flavour,release m32,$(eval $(call cf_compile_rule,$(flavour))))

$(B)/tests/conformance: $(call cf_objects,release) $(B)/lib/libautobus-host.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) -static -pthread -o $@ $^ $(CF_LIBS)

# The bus is sanitized, the tests themselves needn't be.
$(B)/tests/conformance-sanitize: $(call cf_objects,release) $(B)/lib/libautobus-host-sanitize.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) -fsanitize=address,undefined -pthread -o $@ $^ $(CF_LIBS)

$(B)/tests/conformance32: $(call cf_objects,m32)
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) -m32 -static -pthread -o $@ $^
	@file $@

.PHONY: conformance conformance-inproc conformance-guest
conformance: $(B)/tests/conformance $(B)/tests/conformance-sanitize $(B)/tests/conformance32

conformance-inproc: $(B)/tests/conformance $(B)/tests/conformance-sanitize ## the device contract, in process (a minute)
	$(Q)$(B)/tests/conformance
	$(Q)$(B)/tests/conformance-sanitize

conformance-guest: $(B)/tests/conformance $(B)/tests/conformance32 module ## the device contract, on a device in a guest (minutes)
	$(Q)tests/conformance/guest.sh $(MODULE)

-include $(foreach flavour,release m32,$(patsubst %.o,%.d,$(call cf_objects,$(flavour))))
