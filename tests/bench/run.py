#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the bus beside other ways to exchange messages, in a guest.

  run.py --module KO --harness BENCH --out JSON [--wall] [-- OPTIONS OF THE HARNESS]

Time counts instructions, so the figures say how much work a message is, and repeat to 1 %. With
--wall it's the time of the clock on the wall, under emulation: reported, good for nothing more.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'vm'))

import machine  # noqa: E402
import report  # noqa: E402

MODES = {'instructions': 'ns (insns)', 'wall': 'ns (wall)'}


def output_of(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ''
    return done.stdout if done.returncode == 0 else ''


def host_facts():
    lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
    models = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    commit = output_of(['git', '-C', str(HERE), 'describe', '--always', '--dirty']).strip()
    qemu = output_of(['qemu-system-x86_64', '--version']).splitlines()
    return {
        'autobus': commit or 'unknown',
        'CPU model': models[0] if models else 'unknown',
        'CPU cores': len(models),
        'QEMU': qemu[0] if qemu else 'unknown',
    }


def progress():
    """A sink for the harness's output that tells how far it is."""
    count = 0

    def sink(data):
        nonlocal count
        count += data.count(b'sample\t')
        if sys.stderr.isatty():
            print(f'\rbench: {count} measurements', end='', file=sys.stderr)

    return sink


def measure(options):
    settings = machine.Settings(
        name='bench-wall' if options.wall else 'bench',
        files=[f'{options.module}:/bench/autobus.ko', f'{options.harness}:/bench/bench'],
        icount=not options.wall,
        accel='tcg',
        smp=2,
    )
    arguments = shlex.join(options.harness_options)
    with machine.Guest(settings) as guest:
        guest.limit(options.seconds)
        guest.boot()
        command = f'insmod /bench/autobus.ko && /bench/bench {arguments}'
        status, output = guest.run(command, sink=progress())
        if sys.stderr.isatty():
            print(file=sys.stderr)
        guest.power_off()
    text = output.decode(errors='replace')
    if status != 0:
        raise report.BenchError(f'the harness failed (exit status {status}):\n{text}')
    return text


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('--module', required=True, type=pathlib.Path)
    add('--harness', required=True, type=pathlib.Path)
    add('--out', required=True, type=pathlib.Path, help='bench.json')
    add('--wall', action='store_true', help='the clock on the wall, not instructions')
    add('--seconds', type=float, default=900, help='time limit of the guest')
    add('harness_options', nargs='*', help='see bench -h')
    options = parser.parse_args()
    mode = 'wall' if options.wall else 'instructions'
    try:
        facts, samples = report.parse(measure(options))
        rows, faults = report.evaluate(samples, {} if options.wall else report.GOALS)
    except (machine.GuestError, report.BenchError) as error:
        print(f'bench: {error}', file=sys.stderr)
        return 1
    facts = host_facts() | facts | {'mode': mode}
    report.write(options.out, mode, facts, rows, faults)
    print(report.table(rows, MODES[mode]))
    print()
    for name, value in facts.items():
        print(f'  {name}: {value}')
    for fault in faults:
        print(f'bench: {"warning: " if options.wall else ""}{fault}', file=sys.stderr)
    return 1 if faults and not options.wall else 0


if __name__ == '__main__':
    sys.exit(main())
