"""`demo`: a simulated Webex and the app side by side, from nothing, in one terminal."""

import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click
import requests

from app.simulator.server import Simulator
from config import ConfigError, Demo, has_screen, inherited, load_demo, new_keys

KEYS = "keys.env"
READY_WITHIN = 30.0  # seconds
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SUBSCRIPTIONS", "GROUP_ROOMS", "WORKERS", "ADMINS")


@click.command()
def demo() -> None:
    """Run the whole thing on this machine: simulated Webex, app and worker, with a chat page in the browser."""
    try:
        settings = load_demo()
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    _refuse_busy_ports(settings)
    signal.signal(signal.SIGTERM, _stop)
    try:
        _run(settings)
    except KeyboardInterrupt:
        click.echo("\nThe demo has ended.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse_busy_ports(settings: Demo) -> None:
    if settings.demo_port == settings.simulator_port:
        raise click.ClickException(f"DEMO_PORT and SIMULATOR_PORT are both {settings.demo_port}; they must differ.")
    for name, port in (("SIMULATOR_PORT", settings.simulator_port), ("DEMO_PORT", settings.demo_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise click.ClickException(f"Port {port} is in use. Choose another: {name}={port + 100} make demo") from None


def _run(settings: Demo) -> None:
    click.echo("Army Knife: the demo. Nothing leaves this machine.")
    _begin_anew(settings.data_dir)
    # In this process, which has read all of the program already: a third one would take another second to start.
    with Simulator(port=settings.simulator_port, redirect_uris=(f"{settings.app_url}/oauth/callback",)):
        click.echo("  ready: simulated Webex")
        _let_webex_deliver_again(settings)
        _keep_serving(settings)


def _begin_anew(folder: Path) -> None:
    """Remove what an earlier demo left: its simulated Webex is gone, so its accounts could not work."""
    if folder.exists() and any(folder.iterdir()) and not (folder / KEYS).exists():
        raise click.ClickException(f"{folder} holds something that no demo left there. DATA_DIR chooses another place.")
    shutil.rmtree(folder, ignore_errors=True)


def _let_webex_deliver_again(settings: Demo) -> None:
    """What is written while the app is being started again arrives a little later.

    Whether the real Webex repeats a failed delivery is not documented; the simulator's default is that it does not.
    """
    switches = {"delivery_retries": 20, "delivery_retry_delay": 0.5}
    with requests.Session() as http:
        http.trust_env = False
        http.post(f"{settings.simulator_url}/_sim/switches", json=switches, timeout=5).raise_for_status()


def _keep_serving(settings: Demo) -> None:
    """Serve; should the app die (somebody tries kill -9), start it again. What it had heard is on disk."""
    is_first = True
    while True:
        with _child(settings) as app:
            _wait_for(app, f"{settings.app_url}/readyz", "app and worker" if is_first else "app and worker, again")
            if is_first:
                _introduce(settings)
            is_first = False
            status = app.wait()
        click.echo(f"The app ended unexpectedly ({status}); starting it again.")
        time.sleep(0.5)


@contextmanager
def _child(settings: Demo) -> Iterator[subprocess.Popen[bytes]]:
    """The app and its worker, as long as the block lasts."""
    arguments = [sys.executable, "-m", "flask", "--app", "wsgi", "serve", "--child"]
    # A group of its own: Ctrl-C reaches the parent, which ends its child in order. Its pipe ends it should it be killed.
    child = subprocess.Popen(arguments, env=environment(settings), stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin:
            child.stdin.close()


def _wait_for(child: subprocess.Popen[bytes], url: str, what: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    with requests.Session() as http:
        http.trust_env = False  # a proxy in the environment does not lead to this machine
        while time.monotonic() < deadline and child.poll() is None:
            with suppress(requests.RequestException):
                if http.get(url, timeout=1).ok:
                    click.echo(f"  ready: {what}")
                    return
            time.sleep(0.05)
    raise click.ClickException(f"The demo's {what} did not start; the reason is above.")


def _introduce(settings: Demo) -> None:
    chat = f"{settings.simulator_url}/"
    click.echo(f"\n  Chat page   {chat}\n  App         {settings.app_url}/\n")
    click.echo('  Open the chat page, be Alice, start a 1:1 with "Army Knife" and say hello.\n  Ctrl-C ends everything.')
    if settings.demo_browser and has_screen():
        webbrowser.open(chat)


def environment(settings: Demo) -> dict[str, str]:
    """What the demo's processes are told: the simulated Webex, its well-known secrets, and keys for this run only."""
    webex = f"{settings.simulator_url}/v1"
    return {
        "ADMINS": "alice@example.com",
        **inherited(INHERITED),
        **_keys(settings.data_dir / KEYS),
        "WEBEX_API_URL": webex,
        "WEBEX_AUTHORIZE_URL": f"{webex}/authorize",
        "WEBEX_TOKEN_URL": f"{webex}/access_token",
        "WEBEX_CLIENT_ID": "demo-client-id",
        "WEBEX_CLIENT_SECRET": "demo-client-secret",
        "WEBEX_BOT_TOKEN": "demo-bot-token",
        "PUBLIC_URL": settings.app_url,
        "CHAT_URL": f"{settings.simulator_url}/",
        "ROOM_URL": f"{settings.simulator_url}/?room={{room}}",
        "DATA_DIR": str(settings.data_dir),
        "PORT": str(settings.demo_port),
        "DEMO_PORT": str(settings.demo_port),
        "SIMULATOR_PORT": str(settings.simulator_port),
        "LOG_LEVEL": "warning",
        "LOG_FORMAT": "console",
        # Authlib refuses plain http otherwise; the demo does not leave loopback.
        "AUTHLIB_INSECURE_TRANSPORT": "1",
    }


def _keys(file: Path) -> dict[str, str]:
    """The same keys for every process of one demo, so that an app that is started again still opens its tokens."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("\n".join(f"{name}={value}" for name, value in new_keys().items()), encoding="utf-8")
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
