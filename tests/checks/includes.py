#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""Dependencies go one way: which part may include what. Prints TAP."""

import pathlib
import re
import sys

from tap import TOP, report, sources, summary

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# Headers that do I/O, wait, or read a clock: not for the limpet's protocol and bridge.
WORLD = (r"sys/(socket|epoll|poll|select|ioctl|eventfd|timerfd|signalfd|uio|un|time)\.h|poll\.h|"
         r"netinet/.*|arpa/.*|net/.*|netdb\.h|ifaddrs\.h|unistd\.h|fcntl\.h|time\.h|ctime|thread|"
         r"mutex|condition_variable|future|fstream|iostream|cstdio|stdio\.h|systemd/.*|netlink/.*")
STANDARD = r"<[a-z_]+>"

# Folder: (what it may include, what it mustn't all the same). "..." and <...> as written.
RULES = {
    "kmod/core": (r'"host\.h"|"(OWN)\.h"', None),
    "kmod/file": (r'"core/\w+\.h"|"host(_file)?\.h"|"(OWN)\.h"', None),
    "kmod": (r'<(linux|asm|net|generated|uapi)/.*>|"(core|file)/\w+\.h"|"(OWN)\.h"', None),
    "userspace/host": (r'"(core|file)/\w+\.h"|"(OWN)\.h"|<.*>', None),
    "include/autobus": (r'"autobus/[\w]+\.h(pp)?"|<[a-z_]+>|<linux/autobus\.h>|<sys/types\.h>',
                        None),
    "include/uapi": (r"<linux/(ioctl|types)\.h>", None),
    "userspace/device": (r'"autobus/.*"|"userspace/device/.*"|"userspace/host/inproc\.h"|<.*>',
                         None),
    "userspace/autobusctl": (r'"autobus/.*"|"userspace/autobusctl/.*"|<.*>', None),
    "userspace/examples": (r'"autobus/.*"|<.*>', None),
    "limpet/protocol": (r'"limpet/protocol/.*"|<.*>', WORLD),
    "limpet/bridge": (r'"autobus/.*"|"limpet/(bridge|protocol)/.*"|<.*>', WORLD),
    "limpet/discovery": (r'"limpet/(discovery|protocol)/.*"|"limpet/(fd|loop|log)\.hpp"|<.*>',
                         None),
    "limpet/link": (r'"autobus/.*"|"limpet/(link|bridge|discovery|protocol)/.*"|'
                    r'"limpet/(fd|loop|log)\.hpp"|<.*>', None),
    "limpet": (r'"autobus/.*"|"limpet/.*"|<.*>', None),
}

# The one place where the C++ library reaches the bus in the process; the others go by the seam.
ONLY_IN = {"userspace/host/inproc.h": {"userspace/device/port_in_process.cpp"}}


def rule_of(folder):
    parts = pathlib.PurePath(folder).parts
    for n in range(len(parts), 0, -1):
        name = "/".join(parts[:n])
        if name in RULES:
            return name
    return None


def complaints(path, rule):
    allowed, refused = RULES[rule]
    own = "|".join(re.escape(p.stem) for p in (TOP / rule).glob("*.h")) or "none"
    for kind, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
        written = f'"{header}"' if kind == '"' else f"<{header}>"
        good = re.fullmatch(allowed.replace("OWN", own), written)
        if good and refused and re.fullmatch(refused, header):
            good = None
        if header in ONLY_IN and str(path.relative_to(TOP)) not in ONLY_IN[header]:
            good = None
        if not good:
            yield f"{path.relative_to(TOP)}: may not include {written}"


def main():
    wrong = {rule: [] for rule in RULES}
    seen = dict.fromkeys(RULES, 0)
    for path in sources("*.c", "*.h", "*.cpp", "*.hpp"):
        rule = rule_of(path.relative_to(TOP).parent)
        if rule:
            seen[rule] += 1
            wrong[rule] += complaints(path, rule)
    for rule, lines in wrong.items():
        report(f"includes: {rule} includes only what it may",
               not lines and seen[rule], lines or ["no such files"])
    return summary()


sys.exit(main())
