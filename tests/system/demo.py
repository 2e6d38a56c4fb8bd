#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two hosts, one bus: the story, as it happens.

  demo.py [--local] [--stay] [--tap]

      A: monitor, limpet                      B: autobusctl, limpet
         |        |                              |         |
      /dev/autobus0 (A's)                     /dev/autobus0 (B's)
                  |                                        |
                  +--------------- network ----------------+

A and B are two virtual machines that boot here; with --local, two network namespaces and two devices
of this machine's own kernel, for which autobus.ko is loaded into it. With --stay the story ends before
its last act, and both machines stay up. With --tap each step prints a TAP line. The exit status is 0
if every step of the story happened.
"""

import argparse
import sys
import time

import hosts

NETWORK = 'demo'
STEP_SECONDS = 60  # only tells a step that hangs from one that is slow


class StoryEnds(Exception):
    """What follows makes no sense without the step that failed."""


class Story:
    """Tells what happens, and remembers what should have and didn't."""

    def __init__(self, tap):
        self.tap_ = tap
        self.failed_ = 0
        self.began_ = time.monotonic()

    def act(self, text):
        print(f'\n== {text}', flush=True)

    def say(self, text):
        print(f'   {text}', flush=True)

    def types(self, host, command):
        print(f'   {host.name}$ {command}', flush=True)

    def shows(self, host, text):
        for line in text.rstrip('\n').splitlines():
            print(f'   {host.name}| {line}', flush=True)

    def step(self, happened, what, evidence=''):
        if not happened:
            self.failed_ += 1
            print(f'   THIS SHOULD HAVE HAPPENED: {what}', flush=True)
            for line in evidence.splitlines():
                print(f'     {line}', flush=True)
        if self.tap_:
            print(f"{'ok' if happened else 'not ok'} - {what}", flush=True)
        return happened

    def must(self, happened, what, evidence=''):
        if not self.step(happened, what, evidence):
            raise StoryEnds

    def end(self):
        seconds = time.monotonic() - self.began_
        print(f'\n{"The whole story happened" if not self.failed_ else "FAILED steps: " + str(self.failed_)}'
              f' ({seconds:.0f} s).', flush=True)
        return 1 if self.failed_ else 0


def ask(story, host, command, what, wanted, status_wanted=0, shown=True):
    """Runs a command whose output must have some words in it."""
    story.types(host, command)
    status, output = host.run(command, STEP_SECONDS)
    if shown:
        story.shows(host, output)
    story.step(status == status_wanted and all(word in output for word in wanted), what,
               f'exit status {status}, output: {output}')
    return output


def until(condition, seconds=STEP_SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def begin(story, a, b):
    story.act('Act 1. Two hosts, A and B, each with a bus of its own')
    for host in (a, b):
        host.load_module()
        story.say(f'{host.name}: the kernel module is loaded; /dev/autobus0 is there')
    story.say('A runs `monitor`: it announces load and memory once a second, and answers')
    story.say('requests of $.Monitor.Uptime. It talks to /dev/autobus0 and knows no network.')
    story.types(a, 'monitor &')
    monitor = a.start('exec monitor')
    story.must(until(lambda: a.run("autobusctl who '$.Monitor.Uptime'")[0] == 0),
               "A's own bus has a replier for $.Monitor.Uptime", monitor.output().decode())
    ask(story, b, "autobusctl request '$.Monitor.Uptime'",
        "B knows nothing of it: nobody replies", ['$.Monitor.Uptime'], 3)
    return monitor


def link(story, a, b):
    story.act('Act 2. A limpet on each host joins the two buses')
    began = time.monotonic()
    limpets = []
    for host in (a, b):
        story.types(host, 'limpet --open &')
        limpets.append(host.start('exec limpet --open'))
    found = until(lambda: b.run("autobusctl who '$.Monitor.Uptime'")[0] == 0)
    story.must(found, 'the limpets found each other, with no address configured',
               '\n'.join(f'{limpet.output().decode()}' for limpet in limpets))
    story.say(f'No address was configured. After {time.monotonic() - began:.1f} s B has this:')
    ask(story, b, "autobusctl who '$.Monitor.Uptime'",
        "on B the request would go to B's limpet", ['limpet'])
    return limpets


def talk(story, a, b):
    story.act('Act 3. B hears A, and asks A')
    ask(story, b, "timeout 50 autobusctl listen --count 4 '$.Monitor.*'",
        'B hears the readings that A announces', ['$.Monitor.Load', '$.Monitor.Memory'])
    ask(story, b, "autobusctl request '$.Monitor.Uptime'",
        "B gets A's answer", ['seconds'])


def open_request(story, b, a):
    """B asks what A takes long to answer; returns the running command."""
    command = "autobusctl request '$.Monitor.Slow'"
    story.types(b, f'{command} &')
    call = b.start(command)
    read = until(lambda: a.run("autobusctl --json list requests | grep -q Monitor.Slow")[0] == 0)
    story.must(read, "B's request has reached A's monitor, which is busy with it")
    return call


def end_of(story, call, host, since, what, words):
    try:
        status = call.wait(STEP_SECONDS)
    except TimeoutError:
        status = None
    seconds = time.monotonic() - since
    output = call.output().decode(errors='replace')
    story.shows(host, output)
    story.step(status == 4 and all(word in output for word in words), what,
               f'exit status {status}, output: {output}')
    return seconds


def kill_process(story, a, b, monitor):
    story.act('Act 4. The process that should answer is killed')
    call = open_request(story, b, a)
    story.types(a, 'kill -KILL <monitor>')
    since = time.monotonic()
    a.run('kill -KILL $(pidof monitor)') if hasattr(a, 'guest_') else monitor.kill(9)
    seconds = end_of(story, call, b, since, 'B is told at once, and why: Ignored', ['Ignored'])
    story.say(f'{seconds:.2f} s from the kill to the end of the command on B.')
    gone = until(lambda: b.run("autobusctl who '$.Monitor.Uptime'")[0] == 3)
    story.step(gone, 'the binding is gone on B too')
    ask(story, b, "autobusctl request '$.Monitor.Uptime'",
        'who asks now is told that nobody replies', ['$.Monitor.Uptime'], 3)


def start_again(story, a, b):
    story.act('Act 5. monitor is started again')
    story.types(a, 'monitor &')
    monitor = a.start('exec monitor')
    story.step(until(lambda: b.run("autobusctl who '$.Monitor.Uptime'")[0] == 0),
               'B sees it again', monitor.output().decode())
    ask(story, b, "autobusctl request '$.Monitor.Uptime'", 'and gets answers again',
        ['seconds'])


def switch_off(story, a, b):
    story.act('Act 6. The whole of host A is switched off')
    call = open_request(story, b, a)
    story.say('A: its plug is pulled. Nothing on it gets to say goodbye.')
    since = time.monotonic()
    a.switch_off()
    seconds = end_of(story, call, b, since,
                     'B is told that A is out of reach: Unreachable', ['Unreachable'])
    story.say(f'{seconds:.1f} s after the plug was pulled, B knew (the aim is 4 s at most).')
    ask(story, b, "autobusctl request '$.Monitor.Uptime'",
        "A's bindings are gone from B", ['$.Monitor.Uptime'], 3)
    ask(story, b, "autobusctl send '$.Still.Here' yes && autobusctl info",
        "B's own bus goes on as before", ['bus'])


def make_hosts(options):
    if options.local:
        return (hosts.LocalHost('A', '10.77.0.1', NETWORK, 0),
                hosts.LocalHost('B', '10.77.0.2', NETWORK, 1))
    return (hosts.GuestHost('A', '10.77.0.1', NETWORK, options.stay),
            hosts.GuestHost('B', '10.77.0.2', NETWORK, options.stay))


def tell(story, options, a, b):
    what = 'network namespaces' if options.local else 'virtual machines'
    print(f'Starting two {what} ...', flush=True)
    hosts.boot_all([a, b])
    if options.local:
        a.connect(b)
    monitor = begin(story, a, b)
    link(story, a, b)
    talk(story, a, b)
    kill_process(story, a, b, monitor)
    start_again(story, a, b)
    if not options.stay:
        switch_off(story, a, b)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--local', action='store_true', help="on this machine's own kernel")
    parser.add_argument('--stay', action='store_true', help='leave both hosts up')
    parser.add_argument('--tap', action='store_true', help='a TAP line for each step')
    options = parser.parse_args()
    if options.local and options.stay:
        parser.error('--stay is for virtual machines')
    story = Story(options.tap)
    a, b = make_hosts(options)
    stays = False
    try:
        tell(story, options, a, b)
        stays = options.stay
    except StoryEnds:
        pass
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        story.step(False, 'the story went on to its end', f'{type(error).__name__}: {error}')
    finally:
        if not stays:
            a.end()
            b.end()
            hosts.LocalHost.unload_module()
    status = story.end()
    if stays:
        print('\nBoth hosts stay up. A prompt on each (leave it with Ctrl-]):')
        for host in (a, b):
            print(f'  {host.attach_hint()}')
        print('and to end them:')
        for host in (a, b):
            print(f"  {host.attach_hint().replace('attach', 'down')}")
    return status


sys.exit(main())
