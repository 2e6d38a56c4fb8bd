#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three buses and three limpets in one guest, as a chain and as a triangle. Prints TAP.

      chain:   bus 0 --- bus 1 --- bus 2          triangle:   bus 0 --- bus 1
                                                                   \\     /
                                                                    bus 2

Each bus is a device, each limpet runs in a network namespace of its own, each line is a veth pair.
On every bus one listener hears everything, one sender announces, and one replier counts what it is
asked: nothing may arrive twice, nothing may come back, nothing may be missing, and what one bus sent
must arrive in its order.
"""

import collections
import json
import sys
import time

import hosts
from machine import Guest, Settings

MESSAGES = 40
BUSES = range(3)
SECONDS = 90  # only tells what hangs from what is slow


def tap(happened, what, evidence=''):
    print(f"{'ok' if happened else 'not ok'} - {what}", flush=True)
    if not happened:
        for line in evidence.splitlines()[-40:]:
            print(f'#   {line}', flush=True)
    return happened


def until(condition, seconds=SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


class Background:
    """A program that runs in the guest until it's killed; its output is in a file there."""

    count = 0

    def __init__(self, site, command):
        Background.count += 1
        self.site_ = site
        self.log_ = f'/tmp/{Background.count}.log'
        self.pid_ = int(site.run(f'{command} >{self.log_} 2>&1 & echo $!')[1])

    def output(self):
        return self.site_.run(f'cat {self.log_}')[1]

    def kill(self, signal='TERM'):
        self.site_.run(f'kill -{signal} {self.pid_}; while kill -0 {self.pid_}; do sleep 0.1; done')


class Site:
    """The three buses of one topology, in a running guest."""

    def __init__(self, guest, name, lines):
        self.guest_ = guest
        self.name_ = name
        self.limpets_ = []
        self.listeners_ = []
        self.repliers_ = []
        for bus in BUSES:
            self.run(f'ip netns add {name}{bus}; ip -n {name}{bus} link set lo up')
        for number, (one, other) in enumerate(lines):
            self.line(number, one, other)
        for bus in BUSES:
            self.limpets_.append(Background(
                self, f'ip netns exec {name}{bus} limpet --bus {bus} --network {name} --open'))

    def run(self, script):
        status, output = self.guest_.run(script, SECONDS)
        return status, output.decode(errors='replace')

    def line(self, number, one, other):
        """A veth pair between two namespaces, with addresses of its own."""
        ends = [(one, f'v{number}a', f'10.{80 + number}.0.1'),
                (other, f'v{number}b', f'10.{80 + number}.0.2')]
        self.run(f'ip link add {ends[0][1]} netns {self.name_}{one} type veth '
                 f'peer name {ends[1][1]} netns {self.name_}{other}')
        for bus, link, address in ends:
            status, output = self.run(
                f'ip -n {self.name_}{bus} addr add {address}/24 brd + dev {link} && '
                f'ip -n {self.name_}{bus} link set {link} up')
            if status:
                raise RuntimeError(output)

    def everybody_knows(self):
        return all(self.run(f"autobusctl --bus {bus} who '$.Ask.{other}'")[0] == 0
                   for bus in BUSES for other in BUSES)

    def heard(self, bus):
        """The (sender's bus, number) of each announcement that the listener of a bus heard."""
        heard = []
        for line in self.listeners_[bus].output().splitlines():
            record = json.loads(line)
            if record['type'] == 'announcement':
                source, number = record['data'].split()
                heard.append((int(source), int(number)))
            elif record['type'] == 'mark':
                heard.append(('lost', record))
        return heard

    def end(self):
        for program in self.listeners_ + self.repliers_ + self.limpets_:
            program.kill()
        for bus in BUSES:
            self.run(f'ip netns del {self.name_}{bus}')

    def logs(self):
        return '\n'.join(limpet.output() for limpet in self.limpets_)


def check_announcements(site):
    for bus in BUSES:
        site.listeners_.append(Background(
            site, f"autobusctl --json --bus {bus} listen '$.Told.*'"))
    # A barrier: what the listeners want has reached everybody when a first message of each bus has.
    arrived = until(lambda: site.run('; '.join(
        f"autobusctl --bus {bus} send '$.Told.First' '{bus} 0'" for bus in BUSES)) and all(
            {source for source, _ in site.heard(bus)} >= set(BUSES) for bus in BUSES))
    tap(arrived, f'{site.name_}: each bus hears each other', site.logs())
    for bus in BUSES:
        site.run(f'for i in $(seq {MESSAGES}); do '
                 f"autobusctl --bus {bus} send '$.Told.Then' \"{bus} $i\" || exit; done")
    complete = until(lambda: all(
        sum(number > 0 for _, number in site.heard(bus)) >= 3 * MESSAGES for bus in BUSES))
    time.sleep(2)  # for what should not come: a copy that went round
    for bus in BUSES:
        check_listener(site, bus, complete)


def check_listener(site, bus, complete):
    heard = [entry for entry in site.heard(bus) if entry[1] != 0]
    count = collections.Counter(heard)
    evidence = f'{heard}\n{site.logs()}'
    tap(complete and not any(entry[0] == 'lost' for entry in heard),
        f'{site.name_}: nothing is missing on bus {bus}', evidence)
    tap(all(n == 1 for n in count.values()),
        f'{site.name_}: nothing arrives twice, and nothing comes back, on bus {bus}', evidence)
    tap(all([n for source, n in heard if source == origin] == list(range(1, MESSAGES + 1))
            for origin in BUSES), f'{site.name_}: each sender is heard in its order on bus {bus}',
        evidence)


def check_requests(site):
    """Each bus asks each; every request is handed once, and answered once."""
    for bus in BUSES:
        site.repliers_.append(Background(
            site, f"autobusctl --bus {bus} reply '$.Ask.{bus}' 'bus {bus}'"))
    known = until(site.everybody_knows)
    tap(known, f'{site.name_}: the repliers of all buses are known on all', site.logs())
    right = True
    for bus in BUSES:
        for other in BUSES:
            status, output = site.run(f"autobusctl --bus {bus} request '$.Ask.{other}'")
            right = right and status == 0 and output.strip() == f'bus {other}'
    tap(right, f'{site.name_}: each bus gets the answer of each')
    asked = [site.repliers_[bus].output().count(f'$.Ask.{bus}') for bus in BUSES]
    tap(asked == [3, 3, 3], f'{site.name_}: each request was handed to its replier once',
        f'{asked}')


def check_loss_of_the_middle(site):
    """The limpet in the middle is killed: what is behind it is gone at once."""
    site.limpets_[1].kill('KILL')
    gone = until(lambda: site.run("autobusctl --bus 0 who '$.Ask.2'")[0] == 3)
    tap(gone, f'{site.name_}: without the middle, bus 2 is gone from bus 0', site.logs())
    status, output = site.run("autobusctl --bus 0 request '$.Ask.0'")
    tap(status == 0, f'{site.name_}: bus 0 goes on by itself', output)


def check_topology(guest, name, lines, loss):
    site = Site(guest, name, lines)
    try:
        check_requests(site)
        check_announcements(site)
        if loss:
            check_loss_of_the_middle(site)
    finally:
        site.end()


def main():
    files = [f'{hosts.build_file(p)}:/usr/bin/' for p in ('autobusctl', 'limpet')]
    files.append(f'{hosts.module_path()}:/lib/')
    with Guest(Settings(name='three', files=files, append='slab_nomerge')) as guest:
        guest.boot()
        guest.run('dmesg -c >/dev/null; insmod /lib/autobus.ko devices=3')
        # The chain ends with the loss of its middle; the triangle has a way round.
        check_topology(guest, 'triangle', [(0, 1), (1, 2), (0, 2)], loss=False)
        check_topology(guest, 'chain', [(0, 1), (1, 2)], loss=True)
        _, output = guest.run('rmmod autobus; dmesg | grep -vE "taint|ADDRCONF"')
        tap(not output.strip(), 'the module unloads and the kernel log is clean', output.decode())


sys.exit(main())
