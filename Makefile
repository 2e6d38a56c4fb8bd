# SPDX-License-Identifier: MIT
# For people: `make help` lists the targets. (kbuild reads Kbuild instead.)

B := build
Q := $(if $(V),,@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

include kmod/build.mk
-include userspace/host/build.mk
-include userspace/build.mk
-include limpet/build.mk
-include tests/build.mk

.PHONY: help all programs deps demo check check-long clean
help: ## this list
	@echo "autobus: a message bus that you open()"
	@echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z0-9-]*:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  V=1 shows the commands, HOST=1 and STAY=1 are the demo's: see README.md."

all: ## builds the module and the programs (a minute)
	@tools/deps.sh --check base || { echo "\`make deps\` installs them, as root." >&2; exit 1; }
	@$(MAKE) --no-print-directory module programs

programs: $(B)/bin/autobusctl $(B)/bin/limpet $(B)/bin/monitor $(B)/bin/first

deps: ## installs the Debian packages that everything needs (minutes, once)
	@tools/deps.sh

# Both begin with what they need, and only then read the makefiles that need it.
demo: ## two hosts, one bus: the story, as it happens (a minute; the first time more)
	@tools/deps.sh base
	@$(MAKE) --no-print-directory -j$$(nproc) programs $(if $(HOST),module,module-guest)
	@tests/system/demo.py $(if $(HOST),--local) $(if $(STAY),--stay)

check: ## all tests that fit into 25 minutes
	@tools/deps.sh base check
	@$(MAKE) --no-print-directory -j$$(nproc) all module-guest tests
	@tests/run

check-long: ## the tests that take longer, under a debug kernel too (an hour)
	@tools/deps.sh base check debug-kernel
	@$(MAKE) --no-print-directory -j$$(nproc) all module-guest tests
	@tests/run --list tests/suites-long.txt

clean: ## removes build/, downloaded kernels too
	rm -rf $(B)
