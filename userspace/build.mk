# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
# The C++ library, autobusctl, the examples and their tests. Included by the top Makefile.
#
#   lib              build/lib/libautobus.a. Programs that use in_process_bus also link
#                    build/lib/libautobus-host.a (and its liburcu)
#   ctl              build/bin/autobusctl
#   examples         build/bin/monitor, build/bin/first
#   userspace-tests  build/tests/test_userspace, with sanitizers

B ?= build
CXX ?= g++

US_CPPFLAGS := -Iinclude/uapi -Iinclude -I.
US_JSON_CFLAGS := $(shell pkg-config --cflags jsoncpp libsodium 2>/dev/null)
US_JSON_LIBS := $(shell pkg-config --libs jsoncpp libsodium 2>/dev/null)
US_HOST_LIBS := $(shell pkg-config --libs liburcu 2>/dev/null) -lpthread
US_CXXFLAGS = -std=c++20 -Wall -Wextra -Werror $(US_CPPFLAGS) $(US_JSON_CFLAGS)
US_FLAGS_release := -O2 -g
US_FLAGS_sanitize := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined

US_LIB_SOURCES := $(wildcard userspace/device/*.cpp)
US_CTL_SOURCES := $(filter-out userspace/autobusctl/main.cpp,$(wildcard userspace/autobusctl/*.cpp))
US_EXAMPLE_SOURCES := $(wildcard userspace/examples/*.cpp)
US_TEST_SOURCES := $(wildcard tests/userspace/*.cpp)
US_SOURCES := $(US_LIB_SOURCES) $(US_CTL_SOURCES) userspace/autobusctl/main.cpp \
	$(US_EXAMPLE_SOURCES) $(US_TEST_SOURCES)

us_objects = $(patsubst %.cpp,$(B)/obj/$(1)/%.o,$(2))

# One rule per flavour and folder, so that it never takes over another part's objects.
define us_compile_rule
$$(B)/obj/$(1)/$(2)/%.o: $(2)/%.cpp
	@mkdir -p $$(@D)
	@echo "  C++    $$<"
	$$(Q)$$(CXX) $$(US_CXXFLAGS) $$(US_FLAGS_$(1)) $$(CXXFLAGS) -MMD -MP -c -o $$@ $$<
endef
$(foreach flavour,release sanitize,\
	$(foreach folder,userspace/device userspace/autobusctl userspace/examples tests/userspace,\
		$(eval $(call us_compile_rule,$(flavour),$(folder)))))

# It looks at the core's own names too: the first -I decides which host.h the core sees.
$(B)/obj/sanitize/tests/userspace/test_same_names.o: US_CPPFLAGS += -Iuserspace/host -Ikmod

# Archives are made anew: `ar r` would keep members whose sources are gone.
$(B)/lib/libautobus.a: $(call us_objects,release,$(US_LIB_SOURCES))
$(B)/lib/libautobus-sanitize.a: $(call us_objects,sanitize,$(US_LIB_SOURCES))
$(B)/lib/libautobusctl.a: $(call us_objects,release,$(US_CTL_SOURCES))
$(B)/lib/libautobusctl-sanitize.a: $(call us_objects,sanitize,$(US_CTL_SOURCES))
$(B)/lib/libautobus.a $(B)/lib/libautobus-sanitize.a $(B)/lib/libautobusctl.a \
$(B)/lib/libautobusctl-sanitize.a:
	@mkdir -p $(@D)
	@rm -f $@
	@echo "  AR     $@"
	$(Q)$(AR) crs $@ $^

$(B)/bin/autobusctl: $(call us_objects,release,userspace/autobusctl/main.cpp) \
		$(B)/lib/libautobusctl.a $(B)/lib/libautobus.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(US_FLAGS_release) $(LDFLAGS) -o $@ $^ $(US_JSON_LIBS)

$(B)/bin/monitor $(B)/bin/first: $(B)/bin/%: $(B)/obj/release/userspace/examples/%.o \
		$(B)/lib/libautobus.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(US_FLAGS_release) $(LDFLAGS) -o $@ $^ $(US_JSON_LIBS)

US_TEST_OBJECTS := $(call us_objects,sanitize,$(US_TEST_SOURCES))
$(B)/tests/test_userspace: $(US_TEST_OBJECTS) $(B)/lib/libautobusctl-sanitize.a \
		$(B)/lib/libautobus-sanitize.a $(B)/lib/libautobus-host-sanitize.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(US_FLAGS_sanitize) $(LDFLAGS) -o $@ $^ $(US_JSON_LIBS) $(US_HOST_LIBS) \
		-lboost_unit_test_framework

.PHONY: lib ctl examples userspace-tests
lib: $(B)/lib/libautobus.a ## the C++ library
ctl: $(B)/bin/autobusctl ## the tool
examples: $(B)/bin/monitor $(B)/bin/first ## the example programs
userspace-tests: $(B)/tests/test_userspace ## the library's and autobusctl's unit tests

-include $(patsubst %.o,%.d,$(foreach flavour,release sanitize,$(call us_objects,$(flavour),$(US_SOURCES))))
