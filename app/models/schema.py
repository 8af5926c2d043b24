"""Bringing a database's tables up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from app.models.base import Database
from app.models.postgres import patiently

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(database: Database) -> None:
    """Apply every migration that is missing; processes that start at the same time wait for each other."""
    with database.alone("migrate"), patiently(), database.engine.connect() as connection:
        command.upgrade(_settings(connection), "head")


def _settings(connection: Connection) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["connection"] = connection
    return settings
