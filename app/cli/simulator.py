"""`simulator`: a Webex cloud on this machine, for the demo, for tests and for other people's bots."""

import signal
from types import FrameType

import click

from app.simulator.server import Simulator
from config import ConfigError, load_demo


@click.command()
def simulator() -> None:
    """Run the simulated Webex alone (SIMULATOR_PORT, 8001); the app is expected on DEMO_PORT (8000)."""
    try:
        settings = load_demo()
        cloud = Simulator(port=settings.simulator_port, redirect_uris=(f"{settings.app_url}/oauth/callback",))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    signal.signal(signal.SIGTERM, _stop)
    click.echo(f"Simulated Webex: {settings.simulator_url}  (REST below /v1; Ctrl-C stops it)")
    try:
        cloud.run_forever()
    except OSError as error:
        raise click.ClickException(f"I can't listen on port {settings.simulator_port} ({error.strerror}).") from None


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
