# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
#   abi-tests    the interface's layout, in C and C++, for 32 and 64 bits

.PHONY: abi-tests
abi-tests: ## the interface's layout in C89, C11 and C++20, 32 and 64 bits (seconds)
	$(Q)tests/abi/run
