# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""What the checks share: the project's files, and TAP lines."""

import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
_failed = 0


def report(name, good, why=()):
    """One TAP line, with the reasons as comments behind it."""
    global _failed
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        _failed += 1
        for line in list(why)[:40]:
            print(f"# {line}")


def summary():
    """The exit status."""
    return 1 if _failed else 0


def files():
    """All files of the project: those that git knows, or would if they were added."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=TOP,
                            capture_output=True, check=True).stdout.decode()
    return [TOP / name for name in sorted(set(listed.split("\0"))) if name and
            (TOP / name).is_file() and not (TOP / name).is_symlink()]


def sources(*patterns):
    return [path for path in files() if any(path.match(pattern) for pattern in patterns)]
