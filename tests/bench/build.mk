# SPDX-License-Identifier: MIT
# The bus beside other ways to exchange messages, in a guest. BENCH_WALL=1: by the clock on the
# wall. BENCH_OPTIONS goes to the harness (build/bench/bench -h).

BENCH_SOURCES := $(wildcard tests/bench/*.c)
BENCH_OBJECTS := $(patsubst %.c,$(B)/obj/release/%.o,$(BENCH_SOURCES))
BENCH_CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Werror -Iinclude/uapi

$(B)/obj/release/tests/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	@echo "  C      $<"
	$(Q)$(CC) $(BENCH_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/bench/bench: $(BENCH_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LINK   $@"
	$(Q)$(CC) -o $@ $^

.PHONY: bench
bench: $(B)/bench/bench module ## the bus beside AF_UNIX and mqueue, in a guest (a minute)
	$(Q)python3 tests/bench/run.py --module $(MODULE) --harness $(B)/bench/bench \
		--out $(B)/bench.json $(if $(BENCH_WALL),--wall) -- $(BENCH_OPTIONS)

-include $(BENCH_OBJECTS:.o=.d)
