#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""Each errno that the device gives is explained, and none is explained that it doesn't give.
Prints TAP."""

import re
import sys

from tap import TOP, report, sources, summary

ERRNO = re.compile(r"\b(E[A-Z0-9]{3,14})\b")
# What looks like one.
NOT_ERRNOS = {"EPOLLIN", "EPOLLOUT", "EPOLLHUP", "EPOLLRDNORM", "EPOLLWRNORM", "EXPORT", "EACH",
              "ENDPOINTS", "ENDPOINT"}
# Inside the module only: these never reach a caller as they are.
INTERNAL = {"ERESTARTSYS", "ETIME"}
# Where they are explained, the errors of autobus(4) first.
PLACES = ["docs/man/autobus.4", "docs/device.md", "include/uapi/linux/autobus.h"]


def given():
    found = {}
    for path in sources("kmod/*.c", "kmod/*/*.c", "kmod/*.h", "kmod/*/*.h"):
        for name in re.findall(r"-(E[A-Z0-9]+)\b", path.read_text(encoding="utf-8")):
            if name not in NOT_ERRNOS | INTERNAL:
                found.setdefault(name, str(path.relative_to(TOP)))
    return found


def main():
    codes = given()
    # A wait that a signal ends.
    codes.setdefault("EINTR", "kmod/host_file.h")
    report("errnos: the device gives some", len(codes) > 15, sorted(codes))
    for place in PLACES:
        path = TOP / place
        if not path.exists():
            report(f"errnos: {place} explains each", False, ["there is no such file"])
            continue
        explained = set(ERRNO.findall(path.read_text(encoding="utf-8"))) - NOT_ERRNOS
        if place == PLACES[-1]:
            continue    # it names those that need a word where they happen
        missing = sorted(set(codes) - explained)
        report(f"errnos: {place} explains each", not missing,
               [f"{name} ({codes[name]})" for name in missing])
    return summary()


sys.exit(main())
