"""`simulator`: a Webex cloud on this machine, for the demo, for tests and for other people's bots."""

import ipaddress
import signal
from pathlib import Path
from types import FrameType

import click

from app.simulator import description, snapshot
from app.simulator.server import Simulator
from app.simulator.state import StateError
from app.simulator.tables import DescriptionError
from config import ConfigError, load_demo

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--world", type=FILE, help="A TOML file that describes the world; docs/simulator.md tells how.")
@click.option("--load", type=FILE, help="Start with the state in this file.")
@click.option("--save", type=FILE, help="Write the state into this file at the end, and when POST /_sim/save asks for it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0 takes a free one.  [default: SIMULATOR_PORT, 8001]")
def simulator(world: Path | None, load: Path | None, save: Path | None, host: str, port: int | None) -> None:
    """Run the simulated Webex alone; in the demo world the app is expected on DEMO_PORT (8000)."""
    if world and load:
        raise click.UsageError("A saved state has its world in it: give either --world or --load.")
    if save and not save.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {save.parent} for the file of --save.")
    try:
        settings = load_demo()
        described = description.read(world) if world else None
        wanted = settings.simulator_port if port is None else port
        redirect_uris = (f"{settings.app_url}/oauth/callback",)
        cloud = Simulator(host, wanted, redirect_uris=redirect_uris, description=described, save_path=save)
        if load:
            snapshot.read(cloud.cloud, load)
    except (ConfigError, DescriptionError, StateError) as error:
        raise click.ClickException(str(error)) from None
    signal.signal(signal.SIGTERM, _stop)
    _serve(cloud)
    if save:
        _write(cloud, save)


def _serve(cloud: Simulator) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    try:
        cloud.run_forever(lambda: _introduce(cloud))
    except OSError as error:
        raise click.ClickException(f"I can't listen at {cloud.url} ({error.strerror}).") from None
    except SystemExit:
        return


def _introduce(cloud: Simulator) -> None:
    click.echo(f"Simulated Webex: {cloud.url}  (REST below /v1; Ctrl-C stops it)")
    if not _is_loopback(cloud.host):
        click.echo("Whoever reaches this address gets everybody's token from it: keep it to machines you trust.", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write(cloud: Simulator, path: Path) -> None:
    try:
        snapshot.write(cloud.cloud, path)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written ({error.strerror}); the state is lost.") from None
    click.echo(f"The state is in {path}.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
