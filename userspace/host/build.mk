# SPDX-License-Identifier: MIT
# The bus inside a process: the core, the files, and their host.

HOST_SOURCES := $(wildcard kmod/core/*.c kmod/file/*.c userspace/host/*.c)
HOST_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -g \
	-Iuserspace/host -Ikmod -Iinclude/uapi -pthread
# The first -I decides which host.h the core sees.

$(B)/obj/release/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "  C      $<"
	$(Q)$(CC) $(HOST_CFLAGS) -O2 -fPIC -MMD -MP -c $< -o $@

$(B)/obj/sanitize/host/%.o: %.c
	@mkdir -p $(@D)
	@echo "  C      $<"
	$(Q)$(CC) $(HOST_CFLAGS) -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -MMD -MP -c $< -o $@

$(B)/lib/libautobus-host.a: $(HOST_SOURCES:%.c=$(B)/obj/release/host/%.o)
	@mkdir -p $(@D)
	@echo "  AR     $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/lib/libautobus-host-sanitize.a: $(HOST_SOURCES:%.c=$(B)/obj/sanitize/host/%.o)
	@mkdir -p $(@D)
	@echo "  AR     $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

-include $(HOST_SOURCES:%.c=$(B)/obj/release/host/%.d)
-include $(HOST_SOURCES:%.c=$(B)/obj/sanitize/host/%.d)
