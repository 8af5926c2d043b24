"""The simulator's own server: where it listens, and that it ends."""

import socket

import pytest
import requests

from app.simulator.server import Simulator


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_it_ends_wherever_it_listens(host: str) -> None:
    simulator = Simulator(host, 0)
    simulator.start()
    port = simulator._port
    address = f"http://[::1]:{port}" if ":" in host else f"http://127.0.0.1:{port}"
    assert requests.get(address, timeout=5).ok
    thread = simulator._thread
    simulator.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
    assert thread is not None and not thread.is_alive()


def test_it_ends_also_if_nobody_ever_came_and_is_ended_once_more() -> None:
    simulator = Simulator(port=0)
    simulator.start()
    simulator.stop()
    simulator.stop()


def test_it_ends_while_somebody_holds_a_connection() -> None:
    simulator = Simulator(port=0)
    simulator.start()
    with socket.create_connection(("127.0.0.1", simulator._port), timeout=5) as held:
        held.sendall(b"GET /v1/people/me HT")
        simulator.stop()
        assert held.recv(1) == b"", "hung up"
