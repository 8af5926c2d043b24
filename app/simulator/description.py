"""A world in a TOML file: organizations, people, bots, teams, rooms, integrations and switches.

docs/simulator.md describes the file. The first mistake in it is told in one sentence that names place and remedy.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.simulator.records import Json
from app.simulator.scopes import SCOPES
from app.simulator.switches import Switches
from app.simulator.tables import DescriptionError, Table, suggestion

MAX_FILE = 64_000_000
"""Bytes of a description; a thousand rooms of a hundred members take three million."""
_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Org:
    """An organization; who has an address of its domain and names no other one belongs to it."""

    name: str
    domain: str | None = None


@dataclass(frozen=True)
class Somebody:
    """A person or a bot."""

    email: str
    display_name: str
    org: str | None = None
    kind: str = "person"
    token: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A team, or a room; its first member made it."""

    title: str
    members: tuple[str, ...]
    moderators: tuple[str, ...] = ()
    is_locked: bool = False
    team: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Integration:
    """An integration as registered with the developer portal."""

    name: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] | None = None
    """None takes any address on the loopback interface."""
    scopes: tuple[str, ...] | None = None
    """What it has ticked; None: every scope."""


@dataclass(frozen=True)
class Description:
    """A whole world, checked."""

    orgs: tuple[Org, ...] = ()
    people: tuple[Somebody, ...] = ()
    """People, then bots."""
    teams: tuple[Group, ...] = ()
    rooms: tuple[Group, ...] = ()
    integrations: tuple[Integration, ...] = ()
    switches: Json = field(default_factory=dict)


def read(path: Path) -> Description:
    """Read a description.

    :raises DescriptionError: if there is no such file, or something in it is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise DescriptionError(f"{path} can't be read ({problem.strerror}); name a TOML file.") from None
    if len(content) > MAX_FILE:
        raise DescriptionError(f"{path} is larger than {MAX_FILE:,} bytes; describe a smaller world.")
    try:
        fields = tomllib.loads(content.decode())
    except UnicodeDecodeError as problem:
        raise DescriptionError(f"{path} is not UTF-8 at byte {problem.start}; save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise DescriptionError(f"{path} is not TOML: {problem}. Mend it there.") from None
    return parse(fields, path.name)


def parse(fields: Json, place: str = "world") -> Description:
    """Check a description that has been read.

    :param place: what a sentence about a mistake starts with
    :raises DescriptionError: if something is wrong.
    """
    top = Table(fields, place, ("orgs", "people", "bots", "teams", "rooms", "integrations", "switches"))
    orgs = _orgs(top)
    people = _people(top, orgs)
    teams = _teams(top, people)
    rooms = _rooms(top, people, teams)
    return Description(orgs, people, teams, rooms, _integrations(top), _switches(top))


class _Once:
    """Refuses what may be there only once."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def check(self, table: Table, name: str, value: str | None) -> None:
        if value is None:
            return
        if value in self._places:
            table.refuse(f"{name} {value!r} is that of {self._places[value]} already; choose another")
        self._places[value] = table.place


def _orgs(top: Table) -> tuple[Org, ...]:
    names, domains, found = _Once(), _Once(), []
    for table in top.tables("orgs", ("name", "domain"), "name"):
        org = Org(table.text("name"), domain.lower() if (domain := table.text_or_none("domain")) else None)
        if org.domain and ("@" in org.domain or " " in org.domain):
            table.refuse(f"domain {org.domain!r} is none; write what stands behind the @ of its addresses")
        names.check(table, "name", org.name)
        domains.check(table, "domain", org.domain)
        found.append(org)
    return tuple(found)


def _people(top: Table, orgs: tuple[Org, ...]) -> tuple[Somebody, ...]:
    emails, tokens, found = _Once(), _Once(), []
    fields = ("email", "displayName", "org", "token")
    tables = [(one, "") for one in top.tables("people", (*fields, "type", "roles"), "email")]
    tables += [(one, "bot") for one in top.tables("bots", ("name", *fields), "email")]
    for table, kind in tables:
        somebody = _somebody(table, kind, orgs)
        emails.check(table, "email", somebody.email)
        tokens.check(table, "token", somebody.token)
        found.append(somebody)
    return tuple(found)


def _somebody(table: Table, kind: str, orgs: tuple[Org, ...]) -> Somebody:
    email, token, org = _email(table), table.text_or_none("token"), table.text_or_none("org")
    if token is not None and not _TOKEN.fullmatch(token):
        table.refuse("token must be ASCII without spaces, since it travels in a header")
    if org is not None:
        table.known("org", org, [one.name for one in orgs])
    name = (table.text_or_none("name") if kind == "bot" else None) or table.text_or_none("displayName")
    return Somebody(email, name or table.text("name" if kind == "bot" else "displayName"), org, kind or _kind(table), token)
