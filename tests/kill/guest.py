#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the kill test in a guest, then looks for what it left in the kernel. Prints TAP.

  tests/kill/guest.py [--kernel debian|debug [--starve]] [--rounds N] [--seed N] [--seconds N]

--starve makes every twentieth allocation of the test's processes fail, where it comes from the
module's own caches or from those for memory that is charged to somebody.
"""

import argparse
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(TOP / 'tests' / 'vm'))

from machine import Guest, GuestError, Settings, kernel  # noqa: E402


def module(kind):
    """The path of the module for this kernel, built."""
    facts = kernel(kind)
    subprocess.run(['make', '-s', 'module', f"KDIR={facts['headers']}"], cwd=TOP, check=True,
                   stdout=sys.stderr)
    return TOP / 'build' / f"kmod-{facts['release']}" / 'kmod' / 'autobus.ko'


# Filters: only caches marked by slub_debug=A, only the processes that ask for it.
STARVE = '''cd /sys/kernel/debug/failslab && echo Y >cache-filter && echo Y >task-filter &&
echo N >ignore-gfp-wait && echo 0 >verbose && echo 5 >probability && echo -1 >times &&
echo 1 >/proc/self/make-it-fail && '''


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def run(options):
    settings = Settings(
        name=f'kill-{options.kernel}',
        kernel=options.kernel,
        files=[
            f'{module(options.kernel)}:/t/',
            f'{TOP}/build/tests/kill:/t/',
            f'{HERE}/after.sh:/t/',
        ],
        memory=1536 if options.kernel == 'debug' else 512,
        boot_seconds=400,
        append='slab_nomerge' + (' slub_debug=A,autobus_*,kmalloc-cg-*' if options.starve else ''),
    )
    test = f'{STARVE if options.starve else ""}exec /t/kill {options.rounds} {options.seed}'
    with Guest(settings) as guest:
        guest.limit(options.seconds)
        guest.boot()
        status, _ = guest.run('insmod /t/autobus.ko && dmesg -c >/dev/null', sink=show)
        if status == 0:
            status, _ = guest.run(test, sink=show)
            after, _ = guest.run('sh /t/after.sh', sink=show)
            status = status or after
        guest.power_off()
    return status


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--kernel', choices=['debian', 'debug'], default='debian')
    parser.add_argument('--starve', action='store_true')
    parser.add_argument('--rounds', type=int, default=10000)
    parser.add_argument('--seed', default='', help='default: the clock')
    parser.add_argument('--seconds', type=float, default=1800, help='limit for hangs')
    try:
        return run(parser.parse_args())
    except (GuestError, subprocess.CalledProcessError) as error:
        print('not ok - the guest runs the kill test')
        print(f'# {error}'.replace('\n', '\n# '))
        return 1


if __name__ == '__main__':
    sys.exit(main())
