#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""The core meets the world through host.h alone: its objects need no other symbol, and all that it
exports begins with ab_. Needs the in-process bus to be built. Prints TAP."""

import re
import subprocess
import sys

from tap import TOP, report, summary

OBJECTS = TOP / "build" / "obj" / "release" / "host" / "kmod" / "core"
SOURCES = TOP / "kmod" / "core"

# What host.h offers as functions; the rest of it are types and inline functions.
HOST = {"ab_alloc", "ab_free", "ab_new", "ab_delete", "ab_hash_key_init", "ab_hash",
        "ab_creds_get", "ab_creds_put"}
# The C library's: for memory, and to end when an assertion or a reference count is wrong.
LIBRARY = {"memcpy", "memcmp", "memset", "memmove", "__assert_fail", "abort", "__stack_chk_fail",
           "_GLOBAL_OFFSET_TABLE_"}
MOST = 20


def names(path, *options):
    out = subprocess.run(["nm", *options, str(path)], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in out.stdout.splitlines() if line.strip()}


def main():
    objects = [OBJECTS / f"{source.stem}.o" for source in sorted(SOURCES.glob("*.c"))]
    missing = [str(path.relative_to(TOP)) for path in objects if not path.exists()]
    report("symbols: the core's objects are built", objects and not missing,
           missing + ["make build/lib/libautobus-host.a"])
    if missing:
        return summary()
    defined = set().union(*(names(path, "-g", "--defined-only") for path in objects))
    needed = set().union(*(names(path, "-u") for path in objects)) - defined
    foreign = sorted(needed - HOST - LIBRARY)
    report("symbols: the core needs nothing but its host", not foreign, foreign)
    unused = sorted(HOST - needed)
    report(f"symbols: the host has fewer than {MOST} functions, all of them needed",
           not unused and len(HOST) < MOST, unused)
    odd = sorted(name for name in defined if not re.match(r"ab_[a-z]", name))
    report("symbols: what the core exports begins with ab_", defined and not odd, odd)
    return summary()


sys.exit(main())
