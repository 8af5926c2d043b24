"""Everything an installation keeps, as bytes that can be searched."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.world import World


def stored(world: World) -> dict[str, bytes]:
    """What is on disk, by where it is: files with what SQLite keeps beside them, tables with the queue's.

    The test's own file with the operator's keys is left out.
    """
    found = {path.name: path.read_bytes() for path in world.folder.rglob("*") if path.is_file() and path.name != "keys.json"}
    url = make_url(world.database_url)
    if url.drivername == "sqlite":
        database = Path(url.database or "")
        return found | {path.name: path.read_bytes() for path in database.parent.glob(f"{database.name}*")}
    return found | dict(_tables(url.set(drivername="postgresql").render_as_string(hide_password=False)))


def _tables(conninfo: str) -> Iterator[tuple[str, bytes]]:
    with psycopg.connect(conninfo) as connection:
        names = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'").fetchall()
        for (name,) in names:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall()
            yield name, b"\n".join(_bytes(value) for row in rows for value in row)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def where(world: World, secret: str) -> list[str]:
    """In which places something is kept in clear."""
    return [name for name, content in stored(world).items() if secret.encode() in content]
