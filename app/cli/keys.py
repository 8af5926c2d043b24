"""`keys new` and `keys rotate`: the random values an operator must give, and moving on to a newer one."""

import click
from flask.cli import with_appcontext

from app.cli.serve import the_house
from app.models import token
from app.vault import Undecryptable
from config import new_keys


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
    house = the_house()
    try:
        with house.database.transaction() as db:
            count = token.reseal(db, house.accounts.vault)
    except Undecryptable:
        raise click.ClickException(
            "A token does not open with any of TOKEN_KEYS: is an older key missing? Nothing was changed."
        ) from None
    click.echo(f"{count} values were sealed with the newest key.")
