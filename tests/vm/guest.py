#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs commands in throwaway virtual machines.

  guest.py run [BOOT OPTIONS] [--seconds N] [--results GUESTDIR:HOSTDIR] -- COMMAND...
      boot, run the command, show its output, copy results, power off; exits with its status
  guest.py up NAME [BOOT OPTIONS]        boot, and leave it running
  guest.py exec NAME -- COMMAND...       run a command in it; exits with its status
  guest.py fetch NAME GUESTDIR HOSTDIR   copy a folder's contents out of it
  guest.py attach NAME                   its console's prompt; leave it with Ctrl-]
  guest.py down NAME | kill NAME         power it off | pull its plug
  guest.py list                          the guests that run

A single COMMAND word is a shell script; several are a program and its arguments. Besides the
command's own, run and exec have these exit statuses: 124 the time is over, 125 the machine failed.
"""

import argparse
import os
import pathlib
import select
import shlex
import sys
import termios
import tty

sys.dont_write_bytecode = True  # the source tree stays as it is

import machine  # noqa: E402

DETACH = b'\x1d'


def add_boot_options(parser):
    add = parser.add_argument
    add('--kernel', choices=['debian', 'debug'], default='debian')
    add('--file', action='append', default=[], metavar='SRC[:DEST]', help='a file or folder')
    add('--program', action='append', default=[], metavar='NAME', help="one of this machine's")
    add('--module', action='append', default=[], metavar='NAME', help="one of the kernel's, loaded")
    add('--link', action='append', default=[], metavar='NET', help='join the network of this name')
    add('--ip', action='append', default=[], metavar='ADDRESS', help='A.B.C.D/BITS or link-local')
    add('--route', default='', help='default route: a gateway or an interface')
    add('--smp', type=int, default=2)
    add('--memory', type=int, default=512, metavar='MB')
    add('--append', default='', help="for the kernel's command line")
    add('--accel', default='', help='kvm or tcg; default: what works here')
    add('--icount', action='store_true', help='one CPU, time counts instructions')
    add('--boot-seconds', type=int, default=120, metavar='N', help='time limit of the boot')


def settings(options, name, detached):
    return machine.Settings(
        name=name,
        kernel=options.kernel,
        files=options.file,
        programs=options.program,
        modules=options.module,
        links=options.link,
        addresses=options.ip,
        route=options.route,
        smp=options.smp,
        memory=options.memory,
        append=options.append,
        accel=options.accel,
        icount=options.icount,
        boot_seconds=options.boot_seconds,
        detached=detached,
    )


def found(name):
    return machine.Guest(machine.Settings(name=name, detached=True)).find()


def script(words):
    return words[0] if len(words) == 1 else shlex.join(words)


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def free_name():
    """guest, or guest2, guest3, ... if that one runs."""
    number = 1
    while machine.Guest(machine.Settings(name=(name := f'guest{number}'))).running():
        number += 1
    return name


def run(options):
    with machine.Guest(settings(options, options.name or free_name(), False)) as guest:
        guest.limit(options.seconds)
        guest.boot()
        status, _ = guest.run(script(options.command), sink=show)
        for pair in options.results:
            source, target = pair.split(':', 1)
            guest.fetch(source, target)
        guest.power_off()
        guest.say(f'exit status {status}')
        return status


def up(options):
    machine.Guest(settings(options, options.name, True)).boot()


def execute(options):
    return found(options.name).run(script(options.command), options.seconds, show)[0]


def fetch(options):
    found(options.name).fetch(options.source, options.target)


def attach(options):
    guest = found(options.name)
    stream = machine.connect(guest.folder_, 'console')
    print(f'[{options.name}] attached; Ctrl-] leaves it', file=sys.stderr)
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal) if os.isatty(terminal) else None
    try:
        if before:
            tty.setraw(terminal)
        stream.sendall(b'\n')
        while True:
            ready, _, _ = select.select([terminal, stream], [], [])
            if stream in ready:
                data = stream.recv(65536)
                if not data:
                    return
                show(data)
            if terminal in ready:
                data = os.read(terminal, 4096)
                if not data or DETACH in data:
                    return
                stream.sendall(data)
    finally:
        if before:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def down(options):
    found(options.name).power_off()


def kill(options):
    found(options.name).kill()


def list_guests(_):
    for folder in sorted(machine.RUN.glob('*')):
        guest = machine.Guest(machine.Settings(name=folder.name))
        if guest.running():
            print(folder.name)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    one = verbs.add_parser('run')
    add_boot_options(one)
    one.add_argument('--name')
    one.add_argument('--seconds', type=float, default=600, help='time limit of the whole run')
    one.add_argument('--results', action='append', default=[], metavar='GUESTDIR:HOSTDIR')
    one.add_argument('command', nargs='+')
    one.set_defaults(act=run)
    one = verbs.add_parser('up')
    one.add_argument('name')
    add_boot_options(one)
    one.set_defaults(act=up)
    one = verbs.add_parser('exec')
    one.add_argument('name')
    one.add_argument('--seconds', type=float, default=None, help='time limit')
    one.add_argument('command', nargs='+')
    one.set_defaults(act=execute)
    one = verbs.add_parser('fetch')
    one.add_argument('name')
    one.add_argument('source')
    one.add_argument('target', type=pathlib.Path)
    one.set_defaults(act=fetch)
    for name, act in (('attach', attach), ('down', down), ('kill', kill)):
        one = verbs.add_parser(name)
        one.add_argument('name')
        one.set_defaults(act=act)
    verbs.add_parser('list').set_defaults(act=list_guests)
    return parser.parse_args()


def main():
    options = arguments()
    try:
        return options.act(options) or 0
    except machine.GuestError as error:
        print(error, file=sys.stderr)
        return 124 if error.time_is_over else 125
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 124
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
