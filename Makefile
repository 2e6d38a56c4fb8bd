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

.PHONY: help all deps clean
help: ## this list
	@echo "autobus: a message bus that you open()"
	@echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z0-9-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  V=1 shows the commands."

clean: ## removes build/, downloaded kernels too
	rm -rf $(B)
