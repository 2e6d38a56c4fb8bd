# SPDX-License-Identifier: MIT
"""One command that runs in a guest: the host's side of the talk that guest/agent describes."""

import base64
import os
import signal
import threading


class GuestError(Exception):
    """The machine failed, as opposed to a command in it."""

    time_is_over = False  # it was killed because of Guest.limit()


class Call:
    """A command that runs in a guest. Its output is kept, and handed to the sink as it comes."""

    def __init__(self, guest, script, sink=None):
        self.guest_ = guest
        self.sink_ = sink
        self.output_ = bytearray()
        self.status_ = None
        self.error_ = None
        self.pid_ = None
        self.changed_ = threading.Condition()
        self.lock_, self.stream_, self.token_ = guest.free_agent()
        encoded = base64.b64encode(script.encode()).decode()
        self.stream_.sendall(f'{self.token_} {encoded}\n'.encode())
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        """Reads what the agent sends until the command's end. Runs in a thread of its own."""
        try:
            held = self.skip_to_begin()
            mark = b'\0' + self.token_.encode() + b' end '
            while (at := held.find(mark)) < 0 or b'\n' not in held[at:]:
                tail = held.rfind(b'\0')
                keep = tail if tail >= 0 and len(held) - tail < len(mark) + 8 else len(held)
                self.deliver(held[:keep])
                held = held[keep:] + self.receive()
            self.deliver(held[:at])
            self.finish(status=int(held[at + len(mark) :].split(b'\n')[0]))
        except (OSError, GuestError) as error:
            self.finish(error=error)
        finally:
            self.stream_.close()
            os.close(self.lock_)

    def skip_to_begin(self):
        mark = b'\0' + self.token_.encode() + b' begin '
        held = b''
        while (at := held.find(mark)) < 0 or b'\n' not in held[at:]:
            held += self.receive()
        number, rest = held[at + len(mark) :].split(b'\n', 1)
        with self.changed_:
            self.pid_ = int(number)
            self.changed_.notify_all()
        return rest

    def receive(self):
        data = self.stream_.recv(65536)
        if not data:
            raise GuestError('the machine stopped')
        return data

    def deliver(self, data):
        if not data:
            return
        if self.sink_:
            self.sink_(data)
        with self.changed_:
            self.output_ += data
            self.changed_.notify_all()

    def finish(self, status=None, error=None):
        with self.changed_:
            self.status_ = status
            self.error_ = error
            self.changed_.notify_all()

    def over(self):
        return self.status_ is not None or self.error_ is not None

    def until(self, condition, seconds):
        with self.changed_:
            met = self.changed_.wait_for(lambda: self.over() or condition(), seconds)
        if self.error_:
            raise self.guest_.failure(str(self.error_))
        return met and condition()

    def output(self):
        """What the command has written so far."""
        with self.changed_:
            return bytes(self.output_)

    def wait_for(self, text, seconds=60):
        """Waits for the text in the output. False if the time is over or the command has ended."""
        return self.until(lambda: text.encode() in self.output_, seconds)

    def wait(self, seconds=None):
        """The command's exit status (128 + N for signal N), or TimeoutError."""
        if not self.until(self.over, seconds):
            raise TimeoutError(f'still running after {seconds} s')
        return self.status_

    def kill(self, number=signal.SIGTERM):
        """Sends a signal to the command and the processes it started."""
        self.until(lambda: self.pid_ is not None, 30)
        self.guest_.run(f'kill -{int(number)} -{self.pid_}', 10)
