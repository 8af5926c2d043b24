"""Entry point: `flask --app wsgi …` for commands, `wsgi:app` for any WSGI server."""

import click
from flask.cli import ScriptInfo

import config
from app import create_app


def _settings() -> config.Config | config.ConfigError:
    """A server must not start with settings missing; a command such as `keys new` or `demo` needs none."""
    try:
        return config.load()
    except config.ConfigError as problems:
        context = click.get_current_context(silent=True)
        if context is None or context.find_object(ScriptInfo) is None:
            raise SystemExit(str(problems)) from None
        return problems


app = create_app(_settings())
