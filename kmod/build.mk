# SPDX-License-Identifier: MIT
# The kernel module. Its objects are made in build/kmod-<release>/, where kbuild
# sees the sources through links.

KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -dv /usr/src/linux-headers-*-amd64 2>/dev/null | tail -n 1))
KRELEASE = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
KBUILD_DIR = $(B)/kmod-$(KRELEASE)
KMOD_SOURCES := $(wildcard kmod/*.[ch] kmod/core/*.[ch] kmod/file/*.[ch]) \
	kmod/Kbuild Kbuild include/uapi/linux/autobus.h

MODULE = $(KBUILD_DIR)/kmod/autobus.ko

.PHONY: module module-guest module-dir sparse
module: ## the kernel module, for the kernel headers in KDIR (seconds)
	@test -n "$(KRELEASE)" || { echo "No kernel headers found. Install linux-headers-amd64 (make deps), or name them: make module KDIR=..." >&2; exit 1; }
	@$(MAKE) --no-print-directory module-dir
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(KBUILD_DIR)) CONFIG_DEBUG_INFO_BTF_MODULES= $(if $(V),,-s) modules
	@echo "module   $(MODULE)"

# For the kernel of the guests, whatever this machine runs itself.
module-guest:
	@tests/vm/kernel.sh >/dev/null
	@eval "$$(tests/vm/kernel.sh)" && $(MAKE) --no-print-directory module KDIR="$$headers"

module-dir:
	@mkdir -p $(KBUILD_DIR)/kmod/core $(KBUILD_DIR)/kmod/file $(KBUILD_DIR)/include/uapi/linux
	@for f in $(KMOD_SOURCES); do ln -sf $(CURDIR)/$$f $(KBUILD_DIR)/$$f; done

sparse: ## the module under sparse, which must be silent (seconds)
	@$(MAKE) --no-print-directory module-dir KBUILD_DIR=$(B)/sparse-$(KRELEASE)
	$(Q)rm -f $(B)/sparse-$(KRELEASE)/kmod/*.o $(B)/sparse-$(KRELEASE)/kmod/*/*.o
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(B)/sparse-$(KRELEASE)) CONFIG_DEBUG_INFO_BTF_MODULES= -s C=2 modules 2>&1 | tee $(B)/sparse.log
	@! grep -qE 'warning|error' $(B)/sparse.log
