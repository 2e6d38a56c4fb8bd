# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
#   checks   what the sources must be like: dependencies, lengths, words, symbols, ...

.PHONY: checks
checks: $(B)/lib/libautobus-host.a ## what the sources must be like (seconds)
	$(Q)tests/checks/run
