# SPDX-License-Identifier: MIT
"""Throwaway virtual machines in QEMU, and commands that run in them.

A guest boots a kernel with a busybox root file system in memory. It has a serial console, which is
logged and can be attached to, and a row of agents, each of which runs one command at a time for the
host. Guests live in build/vm/run/NAME/. QEMU itself holds the lock of that folder, so a guest's
name is taken exactly as long as its machine runs, whoever started it.

    with Guest(Settings(name='a', files=['build/bin/limpet:/usr/bin/'])) as guest:
        guest.boot()
        status, output = guest.run('limpet --version')

Whatever goes wrong with the machine itself (it doesn't boot, its kernel panics, it takes too long)
raises GuestError, whose text has the end of the console. A guest dies with the thread that started
it, unless it was started detached.
"""

import contextlib
import ctypes
import dataclasses
import fcntl
import hashlib
import io
import os
import pathlib
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time

from call import Call, GuestError

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = TOP / 'build' / 'vm'
RUN = BUILD / 'run'
AGENTS = 8
# What a guest needs for its agents and its network, then what tests of the network use.
MODULES = ['virtio_pci', 'virtio_console', 'virtio_net', 'veth', 'sch_netem']
PROGRAMS = ['ip', 'tc']
PROBE_SECONDS = 10
PR_SET_PDEATHSIG = 1


def say(text):
    """Tells the person at the terminal what is going on."""
    print(text, file=sys.stderr, flush=True)


@dataclasses.dataclass
class Settings:
    """What a guest is made of."""

    name: str = 'guest'
    kernel: str = 'debian'  # or 'debug'
    files: list = dataclasses.field(default_factory=list)  # SRC[:DEST], see initramfs.sh
    programs: list = dataclasses.field(default_factory=list)  # of this machine, by name
    modules: list = dataclasses.field(default_factory=list)  # of the kernel, loaded at boot
    links: list = dataclasses.field(default_factory=list)  # network names; eth0, eth1, ...
    addresses: list = dataclasses.field(default_factory=list)  # A.B.C.D/BITS or link-local
    route: str = ''  # default route: a gateway or an interface
    smp: int = 2
    memory: int = 512  # MiB
    append: str = ''  # for the kernel's command line
    accel: str = ''  # kvm, tcg, or empty: what works here
    icount: bool = False  # virtual time counts instructions: for benchmarks
    boot_seconds: int = 120
    detached: bool = False  # outlives who started it


def kernel(kind):
    """The kernel's release, image, modules and headers, by these names."""
    script = {'debian': 'kernel.sh', 'debug': 'debug-kernel.sh'}.get(kind)
    if script is None:
        raise GuestError(f'no kernel "{kind}"; there are debian and debug')
    done = subprocess.run([HERE / script], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise GuestError(f'{script} failed')
    return dict(line.split('=', 1) for line in done.stdout.splitlines())


def initramfs(settings, modules):
    """The path of the root file system for these settings."""
    command = [HERE / 'initramfs.sh', '--modules', modules]
    for option, values in (
        ('--module', MODULES + settings.modules),
        ('--program', PROGRAMS + settings.programs),
        ('--file', settings.files),
    ):
        for value in values:
            command += [option, value]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise GuestError('cannot build the root file system')
    return done.stdout.strip()


def accelerator():
    """kvm if a guest boots under it, otherwise tcg. Some machines offer a /dev/kvm under which
    guests hang, so this tries it once per build folder and host kernel."""
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return 'tcg'
    BUILD.mkdir(parents=True, exist_ok=True)
    remembered = BUILD / 'accel'
    with open(BUILD / 'accel.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return remembered_accelerator(remembered)


def remembered_accelerator(remembered):
    host = os.uname().release
    with contextlib.suppress(OSError, ValueError):
        word, seen = remembered.read_text().split()
        if seen == host:
            return word
    say(f'vm: trying /dev/kvm, for {PROBE_SECONDS} seconds at most')
    settings = Settings(name='probe', accel='kvm', boot_seconds=PROBE_SECONDS)
    word = 'tcg'
    with contextlib.suppress(GuestError), Guest(settings, quiet=True) as guest:
        guest.boot()
        word = 'kvm'
    say('vm: it works' if word == 'kvm' else 'vm: guests hang under it; emulating instead (tcg)')
    remembered.write_text(f'{word} {host}\n')
    return word


def locked(path):
    """A file descriptor that holds the lock of the path, or None if somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def connect(folder, name):
    """A stream to the Unix socket in the folder, however long the folder's path is."""
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    directory = os.open(folder, os.O_RDONLY)
    try:
        stream.connect(f'/proc/self/fd/{directory}/{name}')
    except OSError:
        stream.close()
        raise
    finally:
        os.close(directory)
    return stream


class Guest:
    """One virtual machine. Either boot() starts it, or find() makes it the one that runs."""

    def __init__(self, settings, quiet=False):
        self.settings_ = settings
        self.folder_ = RUN / settings.name
        self.process_ = None
        self.quiet_ = quiet
        self.stop_reason_ = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.settings_.detached:
            self.kill()

    def say(self, text):
        if not self.quiet_:
            say(f'[{self.settings_.name}] {text}')

    # Starting

    def boot(self):
        """Starts the machine and returns when its agents answer."""
        settings = self.settings_
        facts = kernel(settings.kernel)
        archive = initramfs(settings, facts['modules'])
        accel = settings.accel or ('tcg' if settings.icount else accelerator())
        started = time.monotonic()
        self.start(facts['image'], archive, accel)
        self.say(
            f'booting {facts["release"]} ({accel}{", icount" if settings.icount else ""}, '
            f'{1 if settings.icount else settings.smp} CPUs, {settings.memory} MB)'
        )
        try:
            lock, stream, _ = self.free_agent(settings.boot_seconds, settings.boot_seconds)
        except (OSError, GuestError) as error:
            failure = self.failure(f'does not boot (limit: {settings.boot_seconds} s): {error}')
            self.kill()
            raise failure from error
        stream.close()
        os.close(lock)
        self.say(f'up after {time.monotonic() - started:.1f} s')

    def start(self, image, archive, accel):
        self.folder_.mkdir(parents=True, exist_ok=True)
        lock = locked(self.folder_ / 'lock')
        if lock is None:
            raise GuestError(f'a guest "{self.settings_.name}" is running already')
        for path in self.folder_.iterdir():
            if path.name != 'lock':
                path.unlink()
        inherited = [lock]
        command = self.command(image, archive, accel) + self.network(inherited)
        libc = ctypes.CDLL(None, use_errno=True)

        def before():
            if not self.settings_.detached:
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

        with open(self.folder_ / 'qemu.log', 'w') as log:
            self.process_ = subprocess.Popen(
                command,
                cwd=self.folder_,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=inherited,
                preexec_fn=before,
                start_new_session=self.settings_.detached,
            )
        for descriptor in inherited:
            os.close(descriptor)
        (self.folder_ / 'pid').write_text(f'{self.process_.pid}\n')

    def command(self, image, archive, accel):
        settings = self.settings_
        if settings.icount:
            speed = ['-accel', 'tcg,thread=single', '-icount', 'shift=0,sleep=off', '-smp', '1']
        elif accel == 'tcg':
            speed = ['-accel', 'tcg,thread=multi', '-smp', str(settings.smp)]
        else:
            speed = ['-accel', accel, '-smp', str(settings.smp)]
        line = (
            f'console=ttyS0 loglevel=5 oops=panic panic=-1 GUEST_NAME={settings.name} '
            f'GUEST_PORTS={AGENTS} GUEST_IP={",".join(settings.addresses)} '
            f'GUEST_ROUTE={settings.route} {settings.append}'
        )
        command = ['qemu-system-x86_64', '-name', settings.name, '-nodefaults', '-no-user-config']
        command += speed + ['-cpu', 'max', '-m', str(settings.memory)]
        command += ['-display', 'none', '-vga', 'none', '-no-reboot']
        command += ['-kernel', image, '-initrd', archive, '-append', line]
        console = 'socket,id=console,path=console,server=on,wait=off,logfile=console.log'
        command += ['-chardev', console, '-serial', 'chardev:console']
        command += ['-device', 'virtio-serial-pci,max_ports=31']
        for number in range(AGENTS):
            name = f'agent{number}'
            command += ['-chardev', f'socket,id={name},path={name},server=on,wait=off']
            command += ['-device', f'virtserialport,chardev={name},name={name}']
        return command

    def network(self, inherited):
        """The arguments for the guest's ends of its networks. A network is a pair of datagram
        sockets, so either guest may start first, die and come back."""
        if len(self.settings_.addresses) > len(self.settings_.links):
            raise GuestError('more addresses than networks to join')
        arguments = []
        for number, network in enumerate(self.settings_.links):
            folder = RUN / f'net-{network}'
            folder.mkdir(parents=True, exist_ok=True)
            for mine, other in (('a', 'b'), ('b', 'a')):
                lock = locked(folder / f'{mine}.lock')
                if lock is not None:
                    break
            else:
                raise GuestError(f'the network "{network}" has its two guests already')
            inherited.append(lock)
            # A machine that comes back has the same interface in it.
            seed = hashlib.sha256(f'{self.settings_.name} {network}'.encode()).digest()
            address = seed[:3].hex(':')
            place = f'../net-{network}'
            arguments += [
                '-netdev',
                f'dgram,id=net{number},local.type=unix,local.path={place}/{mine},'
                f'remote.type=unix,remote.path={place}/{other}',
                '-device',
                f'virtio-net-pci,netdev=net{number},mac=52:54:00:{address},romfile=',
            ]
        return arguments

    def find(self):
        """Makes this the running guest of its name, whoever started it."""
        if not self.running():
            raise GuestError(f'no guest "{self.settings_.name}" is running')
        return self

    # Running

    def running(self):
        if self.process_:
            return self.process_.poll() is None
        if not (self.folder_ / 'lock').exists():
            return False
        lock = locked(self.folder_ / 'lock')
        if lock is not None:
            os.close(lock)
        return lock is None

    def free_agent(self, seconds=60, patience=2):
        """An agent that has nothing to do: its lock, the stream to it, and the token that it now
        knows. Patience is how long one agent has for its answer before the next is asked."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            for number in range(AGENTS):
                lock = locked(self.folder_ / f'agent{number}.lock')
                if lock is None:
                    continue
                token = secrets.token_hex(16)
                left = max(limit - time.monotonic(), 0.1)
                stream = self.ask_agent(number, token, min(patience, left))
                if stream:
                    return lock, stream, token
                os.close(lock)
            if not self.running():
                raise GuestError('the machine stopped')
            time.sleep(0.02)
        raise GuestError('no agent in the guest answers')

    def ask_agent(self, number, token, seconds):
        """The stream to the agent if it answers in time that it is ready, otherwise None."""
        try:
            stream = connect(self.folder_, f'agent{number}')
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        stream.settimeout(seconds)
        said = b''
        with contextlib.suppress(OSError):
            # The empty line ends what an earlier caller may have left unfinished.
            stream.sendall(f'\n{token}\n'.encode())
            while not said.endswith(f'\0{token} ready\n'.encode()):
                data = stream.recv(65536)
                if not data:
                    break
                said += data
            else:
                stream.settimeout(None)
                return stream
        stream.close()
        return None

    def call(self, command, sink=None):
        """Starts a command: a shell script, or a list of words. Up to AGENTS run side by side.

        What it leaves running in the background must have its output redirected.
        """
        return Call(self, command if isinstance(command, str) else shlex.join(command), sink)

    def run(self, command, seconds=None, sink=None):
        """Runs a command and returns its exit status and its output (bytes). If the caller gives
        up, or the time is over (TimeoutError), the command is killed."""
        call = self.call(command, sink)
        try:
            return call.wait(seconds), call.output()
        except (KeyboardInterrupt, TimeoutError):
            with contextlib.suppress(GuestError, OSError, TimeoutError):
                call.kill(signal.SIGKILL)
            raise

    def fetch(self, source, target):
        """Copies what is in the guest's folder into the host's folder."""
        status, data = self.run(f'tar -C {shlex.quote(source)} -cf - . 2>/dev/null')
        if status != 0:
            raise GuestError(f'no folder {source} in the guest')
        pathlib.Path(target).mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(target)

    def console(self, lines=30):
        """The end of the console's log."""
        with contextlib.suppress(OSError):
            text = (self.folder_ / 'console.log').read_text(errors='replace')
            return '\n'.join(text.replace('\r', '').splitlines()[-lines:])
        return ''

    def failure(self, reason):
        """A GuestError that says what is known about the machine's end."""
        text = f'guest "{self.settings_.name}": {self.stop_reason_ or reason}\n'
        with contextlib.suppress(OSError):
            text += (self.folder_ / 'qemu.log').read_text()
        error = GuestError(f'{text}the end of its console:\n{self.console()}')
        error.time_is_over = self.stop_reason_ is not None
        return error

    # Ending

    def limit(self, seconds):
        """Kills the machine if it still runs after this time."""

        def end():
            self.stop_reason_ = f'killed after its time limit of {seconds} s'
            self.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()

    def power_off(self, seconds=10):
        """Ends the machine in its own way, or by force if that takes too long."""
        with contextlib.suppress(GuestError, OSError, TimeoutError):
            self.run('sync; poweroff -f', seconds)
        limit = time.monotonic() + seconds
        while self.running() and time.monotonic() < limit:
            time.sleep(0.02)
        self.kill()

    def kill(self):
        """Ends the machine as a power cut would."""
        if self.process_:
            self.process_.kill()
            self.process_.wait()
        elif self.running():
            os.kill(int((self.folder_ / 'pid').read_text()), signal.SIGKILL)
            while self.running():
                time.sleep(0.01)
