"""Processes that need not import anew: one clean process has read the app's modules, and becomes the others by forking.

A process made so is what an operator starts by `python -m flask …`, from the reading of the command line on: it has a number,
a session, an environment, a working directory and output of its own, is killed and signalled like any other, and ends with
an exit status. The clean process opens no connection, starts no thread, and has not read `wsgi.py`, which looks at the
environment. It ends with the test run, however that ends. (The standard library's forkserver is silent about modules that
it can't read, and runs the parent's main program in every child.)
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from tests import stopping

ROOT = Path(__file__).parent.parent
READ = (
    "app.assembly",
    "app.cli.keys",
    "app.cli.serve",
    "flask.cli",
    "alembic.ddl.postgresql",
    "alembic.ddl.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
LONGEST = 1 << 16  # bytes of an order


@dataclass(frozen=True)
class Order:
    """What a child is to be.

    :ivar arguments: as they follow `flask`
    :ivar given: constants of the app that are others in this process, by module and name, as `app.jobs.STOP_WITHIN`
    :ivar stop_file: with `stops`, what `tests.stopping.watch` takes
    :ivar ahead: seconds by which its clock is ahead of others', less than 0 if behind
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    given: dict[str, Any] = field(default_factory=dict)
    stop_file: str = ""
    stops: tuple[str, ...] = ()
    ahead: float = 0.0


class Child:
    """A forked process, with the face of a `subprocess.Popen`."""

    def __init__(self, pid: int, status: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = open(status, "rb", buffering=0)  # noqa: SIM115  open as long as the child lives

    def poll(self) -> int | None:
        """Return the exit status, a signal's number below zero, None while it runs."""
        if self.returncode is None:
            os.set_blocking(self._status.fileno(), False)
            self._read()
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        :raises subprocess.TimeoutExpired: after so many seconds
        """
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a forked process", timeout)
            time.sleep(0.005)
        assert self.returncode is not None
        return self.returncode

    def _read(self) -> None:
        told = self._status.read(8)
        if told is not None:
            self._status.close()
            assert told, "the clean process has ended"
            self.returncode = int.from_bytes(told, "little", signed=True)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Clean:
    """The clean process, as those who start others by it see it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            end = str(theirs.fileno())
            self._process = subprocess.Popen(
                (sys.executable, "-m", __name__, end),
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                pass_fds=(int(end),),
                start_new_session=True,
            )
        atexit.register(self._end)

    def start(self, order: Order, output: int) -> Child:
        """Start a command of the app.

        :param output: the file descriptor that gets what it says
        """
        status, told = os.pipe()
        content = json.dumps(asdict(order)).encode()
        assert len(content) < LONGEST
        socket.send_fds(self._line, [content], [output, told])
        os.close(told)
        return Child(int(self._line.recv(20)), status)

    def _end(self) -> None:
        self._line.close()
        self._process.wait()


@cache
def clean() -> Clean:
    """Return the clean process of this test run's process, started when it is asked for first."""
    return Clean()


def _serve(line: socket.socket) -> tuple[Order, int] | None:
    """Start one child after the other; in each of them, return what it is to be, and in the clean process None."""
    told: dict[int, int] = {}

    def tell(_number: int, _frame: Any) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            os.write(told[pid], os.waitstatus_to_exitcode(status).to_bytes(8, "little", signed=True))
            os.close(told.pop(pid))

    signal.signal(signal.SIGCHLD, tell)
    while True:
        order, descriptors, _, _ = socket.recv_fds(line, LONGEST, 2)
        if not order:
            return None
        output, status = descriptors
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        if not (pid := os.fork()):
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            return Order(**json.loads(order)), output
        told[pid] = status
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.close(output)
        line.send(str(pid).encode())


def _become(order: Order, output: int) -> None:
    """Make this process what a new one would be."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, 1_024)
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(ROOT)
    sys.argv[1:] = order.arguments
    for path, value in order.given.items():
        module, _, name = path.rpartition(".")
        assert hasattr(sys.modules[module], name)
        setattr(sys.modules[module], name, value)
    if order.ahead:
        real = time.time
        time.time = lambda: real() + order.ahead
    stopping.watch(Path(order.stop_file), order.stops)


def main() -> None:
    """Read everything, then fork whatever is asked for; a child goes on as `python -m flask`."""
    line = socket.socket(fileno=int(sys.argv[1]))
    for name in READ:
        importlib.import_module(name)
    configure_mappers()
    gc.collect()
    gc.freeze()  # what is here now stays, so children need not copy it just to find that out
    assert threading.active_count() == 1
    child = _serve(line)
    if child is not None:
        line.detach()
        _become(*child)
        runpy.run_module("flask", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
