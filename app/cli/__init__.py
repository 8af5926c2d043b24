"""Commands for operators: `flask --app wsgi …`."""

import importlib

import click
from flask import Flask
from flask.cli import AppGroup

from config import Config

COMMANDS = {
    "serve": "app.cli.serve",
    "worker": "app.cli.serve",
    "migrate": "app.cli.serve",
    "keys": "app.cli.keys",
    "demo": "app.cli.demo",
    "simulator": "app.cli.simulator",
    "documents": "app.cli.documents",
    "translations": "app.cli.translations",
}
"""The module of each command."""


class Commands(AppGroup):
    """The commands of the table. The module of one is read when it is asked for: most need more than `simulator` does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None if there is none."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command


def init_app(app: Flask, config: Config | Exception) -> None:
    """Add the commands.

    :param config: the settings, or the error that says why there are none; commands that need them say so
    """
    app.cli = Commands(app.name)
    if isinstance(config, Exception):
        app.extensions["settings problem"] = config
