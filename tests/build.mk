# SPDX-License-Identifier: MIT
# Each folder of tests has its own makefile. `tests` builds what `make check` runs.

include $(wildcard tests/*/build.mk)

.PHONY: tests check-mutants
tests: core-tests userspace-tests limpet-tests conformance $(B)/tests/kill

check-mutants: ## plants bugs, each of which a test must find (minutes)
	@tests/run mutants
