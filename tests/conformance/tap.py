#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints a JUnit log of Boost.Test as TAP lines: tap.py FILE PREFIX. Exits with 1 on failures."""

import sys
import xml.etree.ElementTree


def main():
    path, prefix = sys.argv[1:]
    failed = False
    for case in xml.etree.ElementTree.parse(path).iter('testcase'):
        name = f"{prefix}: {case.get('classname')}/{case.get('name')}"
        complaints = case.findall('failure') + case.findall('error')
        if case.find('skipped') is not None:
            print(f'ok - {name} # SKIP')
            continue
        print(f"{'not ok' if complaints else 'ok'} - {name}")
        for complaint in complaints:
            failed = True
            for line in (complaint.text or '').strip().splitlines():
                print(f'#   {line}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
