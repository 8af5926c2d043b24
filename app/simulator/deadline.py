"""A deadline for a whole HTTP exchange; urllib3's own time limits begin anew with every read and every redirect."""

import io
import socket
import time
from http.client import HTTPResponse

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

LEAST = 0.001
"""Seconds that are left at least: 0 would mean to a socket that it never waits, which is another error than a time-out."""


class Deadline(Timeout):
    """So many seconds from now, for the request and for all that redirects lead to; urllib3 makes a clone for each of them."""

    def __init__(self, seconds: float) -> None:
        super().__init__(total=seconds)
        self._end = time.monotonic() + seconds

    def clone(self) -> Timeout:
        """Return what is left for the next request."""
        return Timeout(total=max(LEAST, self._end - time.monotonic()))


def pools() -> PoolManager:
    """Return connections on which an answer has as long in all as urllib3 gives to one read.

    They ask the environment for no proxy: none leads to this machine.
    """
    http = PoolManager()
    http.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return http


class _Bytes(io.RawIOBase):
    """The bytes of an answer, each read with the time that the ones before it left."""

    def __init__(self, connection: socket.socket, raw: io.RawIOBase) -> None:
        self._connection = connection
        self._raw = raw
        self._end = time.monotonic() + (connection.gettimeout() or LEAST)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]  # a BufferedReader gives nothing else
        self._connection.settimeout(max(LEAST, self._end - time.monotonic()))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_Bytes(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
