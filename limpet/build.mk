# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
# The limpet and its tests. Included by the top Makefile.
#
#   limpet         build/bin/limpet, build/lib/liblimpet.a
#   limpet-tests   build/tests/test_limpet, with sanitizers

B ?= build
CXX ?= g++

LP_PACKAGES := jsoncpp libsodium libsystemd libnl-3.0
LP_CXXFLAGS := -std=c++20 -Wall -Wextra -Werror -Iinclude/uapi -Iinclude -I. \
	$(shell pkg-config --cflags $(LP_PACKAGES) 2>/dev/null)
LP_LIBS := $(shell pkg-config --libs $(LP_PACKAGES) 2>/dev/null)
LP_HOST_LIBS := $(shell pkg-config --libs liburcu 2>/dev/null) -lpthread
LP_FLAGS_release := -O2 -g
LP_FLAGS_sanitize := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined

LP_FOLDERS := limpet limpet/protocol limpet/discovery limpet/link limpet/bridge
LP_LIB_SOURCES := $(filter-out limpet/main.cpp,$(foreach f,$(LP_FOLDERS),$(wildcard $(f)/*.cpp)))
LP_TEST_SOURCES := $(wildcard tests/limpet/*.cpp tests/support/sim*.cpp)
LP_SOURCES := $(LP_LIB_SOURCES) limpet/main.cpp $(LP_TEST_SOURCES)

lp_objects = $(patsubst %.cpp,$(B)/obj/$(1)/%.o,$(2))

define lp_compile_rule
$$(B)/obj/$(1)/$(2)/%.o: $(2)/%.cpp
	@mkdir -p $$(@D)
	@echo "  C++    $$<"
	$$(Q)$$(CXX) $$(LP_CXXFLAGS) $$(LP_FLAGS_$(1)) $$(CXXFLAGS) -MMD -MP -c -o $$@ $$<
endef
$(foreach flavour,release sanitize,\
	$(foreach folder,$(LP_FOLDERS) tests/limpet tests/support,\
		$(eval $(call lp_compile_rule,$(flavour),$(folder)))))

# Archives are made anew: `ar r` would keep members whose sources are gone.
$(B)/lib/liblimpet.a: $(call lp_objects,release,$(LP_LIB_SOURCES))
$(B)/lib/liblimpet-sanitize.a: $(call lp_objects,sanitize,$(LP_LIB_SOURCES))
$(B)/lib/liblimpet.a $(B)/lib/liblimpet-sanitize.a:
	@mkdir -p $(@D)
	@rm -f $@
	@echo "  AR     $@"
	$(Q)$(AR) crs $@ $^

$(B)/bin/limpet: $(call lp_objects,release,limpet/main.cpp) $(B)/lib/liblimpet.a \
		$(B)/lib/libautobus.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(LP_FLAGS_release) $(LDFLAGS) -o $@ $^ $(LP_LIBS)

$(B)/tests/test_limpet: $(call lp_objects,sanitize,$(LP_TEST_SOURCES)) \
		$(B)/lib/liblimpet-sanitize.a $(B)/lib/libautobus-sanitize.a \
		$(B)/lib/libautobus-host-sanitize.a
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CXX) $(LP_FLAGS_sanitize) $(LDFLAGS) -o $@ $^ $(LP_LIBS) $(LP_HOST_LIBS) \
		-lboost_unit_test_framework

.PHONY: limpet limpet-tests
limpet: $(B)/bin/limpet
limpet-tests: $(B)/tests/test_limpet

-include $(patsubst %.o,%.d,$(foreach flavour,release sanitize,$(call lp_objects,$(flavour),$(LP_SOURCES))))
