"""Entry point: `flask --app wsgi …` for commands, `wsgi:app` for any WSGI server."""

import os

import click
from flask import Flask
from flask.cli import ScriptInfo

import config
from app import create_app


def _is_command() -> bool:
    """Whether the `flask` command loads this, rather than a server; `flask run` is one."""
    context = click.get_current_context(silent=True)
    return context is not None and context.find_object(ScriptInfo) is not None and context.info_name != "run"


def _make() -> Flask:
    """A server must not start with settings missing; a command such as `keys new` or `demo` needs none."""
    os.umask(0o077)  # the files we write are nobody else's business
    try:
        made = create_app(config.load())
    except config.ConfigError as problem:
        if not _is_command():
            raise SystemExit(str(problem)) from None
        return create_app(problem)
    if not _is_command():
        made.extensions["queue"].begin()
    return made


app = _make()
