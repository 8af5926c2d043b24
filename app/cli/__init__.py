"""Commands for operators: `flask --app wsgi …`."""

from flask import Flask

from app.cli import demo, documents, keys, serve, simulator
from config import Config


def init_app(app: Flask, config: Config | Exception) -> None:
    """Add the commands.

    :param config: the settings, or the error that says why there are none; commands that need them say so
    """
    for command in (serve.serve, serve.worker, serve.migrate, keys.keys, demo.demo, simulator.simulator, documents.documents):
        app.cli.add_command(command)
    if isinstance(config, Exception):
        app.extensions["settings problem"] = config
