#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""Each file of the core has a header and a test of its name, and each test's name is a sentence
about behaviour. Prints TAP."""

import re
import sys

from tap import TOP, report, sources, summary

# Tested through those who use them; named here with whose test that is.
TESTED_ELSEWHERE = {
    "bus": "endpoint, deliver",
    "check": "model",
    "effects": "endpoint",
    "notice": "binding",
    "recipients": "binding, deliver",
}


def main():
    core = sorted((TOP / "kmod" / "core").glob("*.c"))
    tests = TOP / "tests" / "core"
    headless = [path.name for path in core if not path.with_suffix(".h").exists()]
    report("mirror: each source of the core has its header", core and not headless, headless)
    untested = []
    for path in core:
        names = TESTED_ELSEWHERE.get(path.stem, path.stem).split(", ")
        untested += [f"{path.name}: no tests/core/test_{name}.cpp" for name in names
                     if not (tests / f"test_{name}.cpp").exists()]
    report("mirror: each source of the core has its test", not untested, untested)

    short = []
    n = 0
    for path in sources("tests/*/test_*.cpp"):
        for name in re.findall(r"BOOST_\w*TEST_CASE\(\s*(\w+)", path.read_text(encoding="utf-8")):
            n += 1
            if name.count("_") < 2:
                short.append(f"{path.relative_to(TOP)}: {name}")
    report("mirror: each test's name is a sentence", n and not short, short)
    return summary()


sys.exit(main())
