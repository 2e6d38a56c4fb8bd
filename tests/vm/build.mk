# SPDX-License-Identifier: MIT
# Kernels for the guests, and the proof that the debug kernel sees what it should.

.PHONY: guest-kernel debug-kernel check-nets
guest-kernel: ## fetches Debian's kernel for the guests (a minute, 70 MB)
	tests/vm/kernel.sh

debug-kernel: ## builds the debug kernel for the guests (8 minutes, 1.5 GB)
	tests/vm/debug-kernel.sh

check-nets: ## plants bugs under the debug kernel, which must report each (a minute)
	tests/vm/nets.sh
