# SPDX-License-Identifier: MIT
"""Two hosts on one network, of two sorts with the same face.

GuestHost is a virtual machine with a kernel of its own. LocalHost is a network namespace and one of
this machine's own devices. Both run commands, and can be switched off like a machine whose plug is
pulled: nothing in them gets to say goodbye.
"""

import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(TOP / 'tests' / 'vm'))
sys.dont_write_bytecode = True

from machine import Guest, Settings, kernel  # noqa: E402

PROGRAMS = ['autobusctl', 'limpet', 'monitor']


def build_file(name):
    return TOP / 'build' / 'bin' / name


def module_path(release=None):
    """The module for a kernel; by default the guests'."""
    release = release or kernel('debian')['release']
    path = TOP / 'build' / f'kmod-{release}' / 'kmod' / 'autobus.ko'
    if not path.exists():
        raise RuntimeError(f'{path} is missing; run `make module-guest` for the guests, '
                           'or `make module` for this machine')
    return path


class GuestHost:
    """A virtual machine."""

    def __init__(self, name, address, network, stays=False):
        self.name = name
        files = [f'{build_file(p)}:/usr/bin/' for p in PROGRAMS]
        files.append(f'{module_path()}:/lib/')
        self.guest_ = Guest(Settings(name=f'{network}-{name.lower()}', files=files,
                                     links=[network], addresses=[f'{address}/24'],
                                     route='eth0', append='slab_nomerge', detached=stays),
                            quiet=True)

    def boot(self):
        self.guest_.boot()

    def run(self, command, seconds=60):
        status, output = self.guest_.run(command, seconds)
        return status, output.decode(errors='replace')

    def start(self, command, sink=None):
        return self.guest_.call(command, sink)

    def load_module(self):
        status, output = self.run('insmod /lib/autobus.ko && ls -l /dev/autobus0')
        if status:
            raise RuntimeError(f'{self.name}: the module did not load: {output}')

    def switch_off(self):
        self.guest_.kill()

    def attach_hint(self):
        return f'tests/vm/guest.py attach {self.guest_.settings_.name}'

    def end(self):
        if self.guest_.running():
            self.guest_.kill()


class LocalCall:
    """A command of a LocalHost, with the face of a guest's call."""

    def __init__(self, words, environment, sink):
        self.process_ = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         start_new_session=True)
        self.sink_ = sink
        self.output_ = bytearray()
        self.changed_ = threading.Condition()
        self.over_ = False
        self.reader_ = threading.Thread(target=self.follow, daemon=True)
        self.reader_.start()

    def follow(self):
        while data := os.read(self.process_.stdout.fileno(), 65536):
            if self.sink_:
                self.sink_(data)
            with self.changed_:
                self.output_ += data
                self.changed_.notify_all()
        with self.changed_:
            self.over_ = True
            self.changed_.notify_all()

    def output(self):
        with self.changed_:
            return bytes(self.output_)

    def wait_for(self, text, seconds=60):
        with self.changed_:
            self.changed_.wait_for(lambda: self.over_ or text.encode() in self.output_, seconds)
            return text.encode() in self.output_

    def wait(self, seconds=None):
        try:
            status = self.process_.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f'still running after {seconds} s') from None
        self.reader_.join(5)
        return 128 - status if status < 0 else status

    def kill(self, number=signal.SIGTERM):
        if self.process_.poll() is None:
            os.killpg(self.process_.pid, number)


class LocalHost:
    """A network namespace, and /dev/autobusN of this machine's own kernel."""

    def __init__(self, name, address, network, number):
        self.name = name
        self.namespace_ = f'{network}-{name.lower()}'
        self.address_ = address
        self.link_ = f'ab{name.lower()}{os.getpid() % 100000}'
        self.number_ = number
        self.calls_ = []

    def boot(self):
        ip(f'netns add {self.namespace_}')
        ip(f'-n {self.namespace_} link set lo up')

    def connect(self, other):
        """One cable between the two."""
        ip(f'link add {self.link_} netns {self.namespace_} type veth '
           f'peer name {other.link_} netns {other.namespace_}')
        for host in (self, other):
            ip(f'-n {host.namespace_} addr add {host.address_}/24 dev {host.link_}')
            ip(f'-n {host.namespace_} link set {host.link_} up')
            ip(f'-n {host.namespace_} route add default dev {host.link_}')

    def environment(self):
        return dict(os.environ, AUTOBUS_BUS=f'/dev/autobus{self.number_}',
                    PATH=f"{TOP / 'build' / 'bin'}:{os.environ['PATH']}")

    def start(self, command, sink=None):
        # The network's name is the device's number by default: these two have different ones.
        command = command.replace('limpet ', f'limpet --bus {self.number_} --network demo ')
        call = LocalCall(['ip', 'netns', 'exec', self.namespace_, 'sh', '-c', command],
                         self.environment(), sink)
        self.calls_.append(call)
        return call

    def run(self, command, seconds=60):
        call = self.start(command)
        return call.wait(seconds), call.output().decode(errors='replace')

    loaded = False  # by us: then it's unloaded at the end

    def load_module(self):
        if not pathlib.Path(f'/dev/autobus{self.number_}').exists():
            subprocess.run(['insmod', str(module_path(os.uname().release)), 'devices=2'], check=True)
            LocalHost.loaded = True

    @classmethod
    def unload_module(cls):
        """When all hosts have ended. Their processes may need a moment to be gone."""
        for _ in range(50):
            if not cls.loaded or not subprocess.run(['rmmod', 'autobus'], check=False,
                                                    stderr=subprocess.DEVNULL).returncode:
                return
            time.sleep(0.1)
        print('autobus.ko stays loaded: something has a bus open', file=sys.stderr)

    def switch_off(self):
        # The cable first: no connection gets to close itself.
        ip(f'-n {self.namespace_} link set {self.link_} down')
        for call in self.calls_:
            call.kill(signal.SIGKILL)

    def end(self):
        for call in self.calls_:
            call.kill(signal.SIGKILL)
        subprocess.run(['ip', 'netns', 'del', self.namespace_], check=False,
                       stderr=subprocess.DEVNULL)


def ip(words):
    subprocess.run(['ip', *words.split()], check=True)


def boot_all(hosts):
    """Boots side by side. A guest dies with the thread that started it, so these threads stay."""
    done = queue.SimpleQueue()

    def boot(host):
        try:
            host.boot()
            done.put(None)
            threading.Event().wait()
        except Exception as error:  # shown by the caller's thread
            done.put(error)

    for host in hosts:
        threading.Thread(target=boot, args=[host], daemon=True).start()
    for _ in hosts:
        if error := done.get():
            raise error
