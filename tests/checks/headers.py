#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""Each header of the core tells its concept first; each file names its licence. Prints TAP."""

import re
import sys

from tap import TOP, files, report, summary

HEADINGS = ["Problem", "States", "Guarantees", "Limits", "Ownership and locking"]
# A list of names, and nothing more.
NO_CONCEPT = {"kmod/core/kind.h"}

LICENCES = [
    (r"include/uapi/", "(GPL-2.0 WITH Linux-syscall-note) OR MIT"),
    (r"kmod/(core|file)/", "GPL-2.0 OR MIT"),
    (r"kmod/build\.mk", "MIT"),
    (r"kmod/", "GPL-2.0"),
    (r"Kbuild|tests/vm/.*(\.c|Kbuild)$", "GPL-2.0"),    # modules
    (r"", "MIT"),
]
WITH_LICENCE = re.compile(r".*\.(c|h|cpp|hpp|py|sh|mk)|(.*/)?(Makefile|Kbuild)")


def complaints_about(text):
    block = re.search(r"/\*\*\n \* DOC: (.*?)\*/", text, re.S)
    if not block:
        return ["has no DOC block"]
    found = re.findall(r"^ \* ([A-Z][\w ]*?) +- ", block[1], re.M)
    wrong = [] if found == HEADINGS else [f"has the headings {found}, not {HEADINGS}"]
    if text.index(block[0]) > text.index("#include"):
        wrong.append("includes before it tells what it is")
    return wrong


def licence_of(name):
    return next(licence for pattern, licence in LICENCES if re.match(pattern, name))


def main():
    headers = sorted((TOP / "kmod" / "core").glob("*.h")) + [TOP / "kmod/file/file.h"]
    wrong = [f"{path.relative_to(TOP)} {what}" for path in headers
             if str(path.relative_to(TOP)) not in NO_CONCEPT
             for what in complaints_about(path.read_text(encoding="utf-8"))]
    report("headers: each of the core's headers has a DOC block with the five headings",
           not wrong and len(headers) > 10, wrong)

    unlicensed = []
    for path in files():
        name = str(path.relative_to(TOP))
        if not WITH_LICENCE.fullmatch(name):
            continue
        start = "".join(path.read_text(encoding="utf-8").splitlines(True)[:3])
        found = re.search(r"SPDX-License-Identifier: ([^*\n]*?)\s*(\*/)?$", start, re.M)
        expected = licence_of(name)
        if not found or found[1] != expected:
            unlicensed.append(f"{name}: {found[1] if found else 'none'}, not {expected}")
    report("headers: each file names its part's licence at its top", not unlicensed, unlicensed)
    return summary()


sys.exit(main())
