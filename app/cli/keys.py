"""`keys new` and `keys rotate`: the random values an operator must give, and moving on to a newer one."""

import time
from collections.abc import Iterator

import click
from flask.cli import with_appcontext

from app.cli.serve import the_house
from app.house import House
from app.models import token
from app.vault import Undecryptable
from config import new_keys

PAUSE = 0.05  # seconds between two transactions: who waits for SQLite's write lock sleeps and looks again


@click.group()
def keys() -> None:
    """Make keys, and move on to newer ones."""


@keys.command()
def new() -> None:
    """Print fresh values for SECRET_KEY, TOKEN_KEYS and HOOK_KEY, ready for an environment file."""
    for name, value in new_keys().items():
        click.echo(f"{name}={value}")


@keys.command()
@with_appcontext
def rotate() -> None:
    """Seal all tokens with the first of TOKEN_KEYS; then the others may be dropped. Works while the app is serving."""
    count = 0
    try:
        for sealed in _batches(the_house()):
            count += sealed
    except Undecryptable:
        raise click.ClickException(
            "A token does not open with any of TOKEN_KEYS: is an older key missing? "
            f"Before it, {count} values were sealed with the newest key; the others are as they were."
        ) from None
    click.echo(f"{count} values were sealed with the newest key.")


def _batches(house: House) -> Iterator[int]:
    """How many values each transaction sealed. Whatever ends this in between, every token opens with one of TOKEN_KEYS."""
    after = ""
    while True:
        with house.database.transaction() as db:
            count, after = token.reseal(db, house.accounts.vault, after)
        if not after:
            return
        yield count
        time.sleep(PAUSE)
