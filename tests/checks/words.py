#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""The project speaks of itself alone, with one word per concept. Prints TAP."""

import re
import sys

from tap import TOP, files, report, summary

# Spelled so that this file doesn't speak of them either.
FOREIGN = {
    "paths of a machine": r"/(work|home)/[a-z]\w*|/root/[a-z]\w*|/tmp/bash_",
    "how it was made": r"\b(hel" + r"per session|closing no" + r"te|the le" + r"ad's|"
                       r"iss" + r"ue #?\d+|Clau" + r"de|Anthro" + r"pic|language mod" + r"el|"
                       r"assist" + r"ant|style\.m" + r"d|design\.m" + r"d|"
                       r"facts/[a-z]+\.m" + r"d|brief\.m" + r"d)\b",
    "mirrors": r"\b(deb|ftp\.\w+|snapshot|security|archive)\.deb" + r"ian\.org",
    "unfinished work": r"\b(X" + r"XX|FIX" + r"ME|HA" + r"CK)\b",
}

# What others call it: not here. In docs, and in the core's words.
SYNONYMS = {
    r"\bksock": "endpoint",
    r"\b(subscri(be|ber|bers|ption|ptions))\b": "listen, listener, binding",
    r"\b(broadcast(s|ed)?)\b": "announcement",
}
SYNONYMS_IN = re.compile(r"kmod/core/.*|kmod/file/.*|include/uapi/.*")

BINARY = re.compile(r".*\.(png|gz|xz|bin)")


def main():
    foreign = {what: [] for what in FOREIGN}
    synonyms = []
    for path in files():
        name = str(path.relative_to(TOP))
        if BINARY.fullmatch(name) or name == "tests/checks/words.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for what, pattern in FOREIGN.items():
                if re.search(pattern, line):
                    foreign[what].append(f"{name}:{number}: {line.strip()[:90]}")
            if SYNONYMS_IN.fullmatch(name):
                synonyms += [f"{name}:{number}: say {word}" for pattern, word in SYNONYMS.items()
                             if re.search(pattern, line, re.I)]
    for what, lines in foreign.items():
        report(f"words: nothing speaks of {what}", not lines, lines)
    report("words: the core has one word for each thing", not synonyms, synonyms)
    return summary()


sys.exit(main())
