"""No test reaches beyond this machine: a pytest plugin that refuses every connection that is not to loopback.

It stands on Python's audit events (PEP 578), so it holds for every library that uses Python's sockets, in every
thread, from before the first fixture until the end. It does not reach into other processes nor into C libraries
with sockets of their own (libpq, Chromium).
"""

import ipaddress
import socket
import sys
from functools import cache

CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class BeyondLoopbackError(RuntimeError):
    """A test wanted to leave this machine; no OSError, so that no retry and no fallback takes it for an outage."""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _refuse_others(event: str, arguments: tuple[object, ...]) -> None:
    """Raise BeyondLoopbackError when an audit event is about another machine; resolving a name already asks one."""
    if event in CONNECTING:
        address = arguments[1]
        # Unix sockets have a path for an address, sendmsg on a connected socket has None.
        host = address[0] if isinstance(address, tuple) else None
        allowed = host is None or _is_loopback(str(host))
    elif event in RESOLVING:
        name = arguments[0]
        host = name.decode() if isinstance(name, bytes) else name
        # Servers resolve the address they listen on, and their own machine's name.
        allowed = not host or host == socket.gethostname() or _is_address(str(host)) or _is_loopback(str(host))
    else:
        return
    if not allowed:
        raise BeyondLoopbackError(f"A test wanted to reach {host} ({event}); only this machine may be reached.")


sys.addaudithook(_refuse_others)
