#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants bugs, and sees that the tests find them. Prints TAP.

  tests/mutants/run.py [NAME...]

Each tests/mutants/NAME.patch is a plausible bug. Above the diff it says what the bug is, and:

  Build: TARGET       the make target that builds the test program
  Run: PROGRAM        the program, as a path
  Caught by: TEST     a Boost.Test filter: the test that must fail, and passes without the bug

A copy of the tree in build/mutants is patched, built and tested. A patch that no longer applies, a
bug that doesn't build, and a bug that isn't caught are failures.
"""

import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
TREE = TOP / 'build' / 'mutants'
SECONDS = 300  # a bug may make a test hang: that is being caught too


def tap(good, name, evidence=''):
    print(f"{'ok' if good else 'not ok'} - {name}", flush=True)
    if not good:
        for line in evidence.splitlines()[-25:]:
            print(f'#   {line}', flush=True)
    return good


def run(words, seconds=None):
    """Exit status (None: it hung) and output."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(('MAKE', 'MFLAGS'))}
    try:
        done = subprocess.run(words, cwd=TREE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds, env=environment)
        return done.returncode, done.stdout.decode(errors='replace')
    except subprocess.TimeoutExpired as over:
        return None, (over.stdout or b'').decode(errors='replace')


def copy_built():
    """Once: what is built already, so that only what a bug touches is built again. Sources keep
    their times here, for make."""
    for folder in ('obj/sanitize', 'lib'):
        source = TOP / 'build' / folder
        if source.is_dir():
            shutil.copytree(source, TREE / 'build' / folder, copy_function=shutil.copy2)


def copy_tree():
    """The sources as they are. A file that is the same isn't touched, or make would be misled."""
    fresh = not TREE.exists()
    names = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=TOP, check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for name in names:
        source, target = TOP / name, TREE / name
        if not source.exists():
            target.unlink(missing_ok=True)
        elif not target.exists() or not filecmp.cmp(source, target, shallow=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copy2 if fresh else shutil.copy)(source, target)
    if fresh:
        copy_built()


def header(patch, key):
    found = re.search(rf'^{key}: (.*)$', patch.read_text(), re.MULTILINE)
    if not found:
        raise SystemExit(f'{patch}: has no line "{key}: ..."')
    return found[1].strip()


def is_caught(patch):
    """None if it is; else what went wrong."""
    target, program, test = (header(patch, key) for key in ('Build', 'Run', 'Caught by'))
    make = ['make', '--no-print-directory', '-j2', target]
    status, output = run(make)
    if status:
        return f'the tree without the bug does not build:\n{output}'
    status, output = run([program, f'--run_test={test}', '--report_level=short'], SECONDS)
    if status:
        return f'the test fails without the bug too:\n{output}'
    status, output = run(['patch', '-p1', '--forward', '--fuzz=0', '-i', str(patch)])
    if status:
        return f'the patch does not apply any more:\n{output}'
    status, output = run(make)
    if status:
        return f'the bug does not build:\n{output}'
    status, output = run([program, f'--run_test={test}', '--report_level=short'], SECONDS)
    if status == 0:
        return f'{test} passes with the bug in:\n{output}'
    return None


def undo(patch):
    run(['patch', '-p1', '--reverse', '--force', '-i', str(patch)])
    for rejected in TREE.glob('**/*.rej'):
        rejected.unlink()


def main():
    wanted = sys.argv[1:]
    patches = sorted(HERE.glob('*.patch'))
    names = [patch.stem for patch in patches]
    for name in wanted:
        if name not in names:
            raise SystemExit(f'no mutant {name}; there are: {", ".join(names)}')
    for patch in patches:
        if wanted and patch.stem not in wanted:
            continue
        copy_tree()
        wrong = is_caught(patch)
        undo(patch)
        tap(wrong is None, f'{patch.stem} is caught by {header(patch, "Caught by")}', wrong or '')


main()
