"""Running the app: `serve`, `worker`, `migrate`."""

import os
import signal
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import click
import structlog
import waitress
from alembic.util import CommandError
from flask import Flask, current_app
from flask.cli import with_appcontext
from prometheus_client import start_http_server
from sqlalchemy.exc import SQLAlchemyError

from app.cli.process import end_with_parent
from app.ears import LARGEST
from app.house import House
from app.jobs import Queue
from app.models import schema

log = structlog.get_logger(__name__)

HTTP_THREADS = 16
# Of waitress; with them 300 slow clients do no harm.
LIMITS: dict[str, Any] = {
    "connection_limit": 2_000,
    "channel_timeout": 15,
    "max_request_body_size": LARGEST,
    "asyncore_use_poll": True,
    "ident": None,
}


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    problem = app.extensions.get("settings problem")
    if problem:
        raise click.ClickException(str(problem))
    return app


def the_house() -> House:
    """The parts of the app, for a command that needs its settings.

    :raises click.ClickException: if settings are missing
    """
    house: House = _app().extensions["house"]
    return house


@click.command()
@click.option("--server", type=click.Choice(["waitress", "granian"]), default="waitress", show_default=True, help="HTTP server.")
@click.option("--child", is_flag=True, hidden=True, help="End when standard input closes.")
@with_appcontext
def serve(server: str, child: bool) -> None:
    """Serve the app; on SQLite the worker runs in the same process."""
    if server == "granian":
        _become_granian(_app())
    _serve_with_waitress(_app(), child)


def _serve_with_waitress(app: Flask, child: bool) -> None:
    house: House = app.extensions["house"]
    queue: Queue = app.extensions["queue"]
    server = _server(app, house)
    _stop_on_terminate()
    if child:
        end_with_parent()
    _migrate(house)
    queue.begin()
    log.info("serving", address=house.config.host, port=house.config.port)
    try:
        server.run()
    finally:
        queue.stop()
        house.close()


def _become_granian(app: Flask) -> None:
    """The fast server, for behind a proxy that buffers: a slow body holds one of its threads.

    It starts processes of its own that load `wsgi:app`, and that sees to tables and background work as `serve` would. One
    process, as SQLite needs it; on PostgreSQL start as many as you like.
    """
    if find_spec("granian") is None:
        raise click.ClickException("granian is not installed: say pip install granian.")
    house: House = app.extensions["house"]
    options = {
        "interface": "wsgi", "host": house.config.host, "port": house.config.port, "workers": 1,
        "blocking-threads": HTTP_THREADS, "http": "1", "log-level": "warning", "workers-kill-timeout": 8,
    }  # fmt: skip
    told = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    log.info("serving", address=house.config.host, port=house.config.port)
    house.close()
    os.chdir(Path(app.root_path).parent)
    os.execv(sys.executable, [sys.executable, "-m", "granian", *told, "--no-ws", "wsgi:app"])  # noqa: S606


def _server(app: Flask, house: House) -> Any:
    """waitress: slow clients do it no harm."""
    config = house.config
    try:
        return waitress.create_server(
            app,
            host=config.host,
            port=config.port,
            threads=HTTP_THREADS,
            **LIMITS,
            clear_untrusted_proxy_headers=not config.trusted_proxies,
        )
    except OSError as error:
        raise click.ClickException(
            f"I can't listen on {config.host}:{config.port} ({error.strerror}). PORT chooses another."
        ) from None


@click.command()
@with_appcontext
def worker() -> None:
    """Work off what was heard; for PostgreSQL, where web and worker are processes of their own."""
    app = _app()
    house: House = app.extensions["house"]
    queue: Queue = app.extensions["queue"]
    if house.config.is_embedded:
        raise click.ClickException("On SQLite the worker runs inside `serve`. A separate one needs PostgreSQL.")
    _migrate(house)
    _tell_metrics(house)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    queue.keep_time()
    queue.start(is_serving=False)
    log.info("working", count=house.config.workers)
    stopped.wait()
    queue.stop()
    house.close()


def _tell_metrics(house: House) -> None:
    """A worker answers no web requests; what it counts is told on a port of its own, if there is one."""
    host, port = house.config.host, house.config.metrics_port
    if port:
        try:
            start_http_server(port, host)
        except OSError as error:
            raise click.ClickException(
                f"I can't listen on {host}:{port} ({error.strerror}). METRICS_PORT chooses another."
            ) from None


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database's tables up to date (serve and worker do it themselves)."""
    app = _app()
    _migrate(app.extensions["house"])
    click.echo("The database is up to date.")


def _migrate(house: House) -> None:
    try:
        schema.migrate(house.database)
    except CommandError:
        raise click.ClickException("The database was used by a newer version of Army Knife; this one does not know it.") from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database can't be used ({type(error).__name__}). Is DATABASE_URL right?") from None


def _stop_on_terminate() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
