"""`keys new`: the random values an operator must give."""

import click

from config import new_keys


@click.group()
def keys() -> None:
    """Make keys."""


@keys.command()
def new() -> None:
    """Print fresh values for SECRET_KEY, TOKEN_KEYS and HOOK_KEY, ready for an environment file."""
    for name, value in new_keys().items():
        click.echo(f"{name}={value}")
