"""A world in a TOML file: organizations, people, bots, teams, rooms, integrations and switches.

docs/simulator.md describes the file. The first mistake in it is told in one sentence that names place and remedy.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.simulator.addresses import is_address
from app.simulator.records import Json
from app.simulator.roles import ROLES
from app.simulator.scopes import SCOPES
from app.simulator.switches import Switches
from app.simulator.tables import DescriptionError, Table

MAX_FILE = 64_000_000
"""Bytes of a description; a thousand rooms of a hundred members take three million."""
KINDS = ("person", "bot")
PERSON_FIELDS = ("email", "displayName", "type", "org", "roles", "token", "timezone")
BOT_FIELDS = ("email", "name", "org", "token")
ROOM_FIELDS = ("title", "members", "moderators", "locked", "team", "description")
INTEGRATION_FIELDS = ("name", "client_id", "client_secret", "redirect_uris", "scopes")
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
    timezone: str | None = None


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
        domain = table.text_or_none("domain")
        if domain and not is_address(f"a@{domain}"):
            table.refuse(f"domain {domain!r} is none; write what stands behind the @ of its addresses")
        org = Org(table.text("name"), domain.lower() if domain else None)
        names.check(table, "name", org.name)
        domains.check(table, "domain", org.domain)
        found.append(org)
    return tuple(found)


def _people(top: Table, orgs: tuple[Org, ...]) -> tuple[Somebody, ...]:
    emails, tokens, found = _Once(), _Once(), []
    tables = [(one, "displayName") for one in top.tables("people", PERSON_FIELDS, "email")]
    tables += [(one, "name") for one in top.tables("bots", BOT_FIELDS, "email")]
    for table, title in tables:
        somebody = _somebody(table, title, orgs)
        emails.check(table, "email", somebody.email)
        tokens.check(table, "token", somebody.token)
        found.append(somebody)
    return tuple(found)


def _somebody(table: Table, title: str, orgs: tuple[Org, ...]) -> Somebody:
    """Read a person, or a bot, whose name stands in the field `title`."""
    email, name = table.text("email").lower(), table.text(title)
    org, token = table.text_or_none("org"), table.text_or_none("token")
    if not is_address(email):
        table.refuse(f"email {email!r} is none; write it as in alice@example.com")
    if token is not None and not _TOKEN.fullmatch(token):
        table.refuse("token must be of ASCII letters, digits and signs, since it travels in a header; leave spaces out")
    if org is not None:
        table.known("org", org, [one.name for one in orgs])
    if title == "name":
        return Somebody(email, name, org, "bot", token)
    names = table.texts("roles") or ()
    for one in names:
        table.known("roles", one, tuple(ROLES.values()))
    return Somebody(email, name, org, table.choice("type", KINDS), token, names, _timezone(table))


def _timezone(table: Table) -> str | None:
    """Read a zone of the IANA database; a Python without that database takes any."""
    name = table.text_or_none("timezone")
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            if known := sorted(available_timezones()):
                table.known("timezone", name, known)
    return name


def _teams(top: Table, people: tuple[Somebody, ...]) -> tuple[Group, ...]:
    emails, names, found = {one.email for one in people}, _Once(), []
    for table in top.tables("teams", ("name", "description", "members", "moderators"), "name"):
        members, moderators = _members(table, emails)
        name = table.text("name")
        names.check(table, "name", name)
        # Who makes a team moderates it, so there is always a moderator.
        found.append(Group(name, members, moderators or members[:1], True, None, table.text_or_none("description")))
    return tuple(found)


def _rooms(top: Table, people: tuple[Somebody, ...], teams: tuple[Group, ...]) -> tuple[Group, ...]:
    emails = {one.email for one in people}
    teams_by_name = {one.title: one for one in teams}
    return tuple(_room(table, emails, teams_by_name) for table in top.tables("rooms", ROOM_FIELDS, "title"))


def _room(table: Table, emails: set[str], teams: dict[str, Group]) -> Group:
    members, moderators = _members(table, emails)
    is_locked = table.flag("locked")
    if moderators and is_locked is False:
        table.refuse("moderators are of a locked room only; leave out locked = false, or the moderators")
    team = table.text_or_none("team")
    if team is not None:
        table.known("team", team, teams)
        for email in moderators:
            if email not in teams[team].members:
                table.refuse(f"moderators names {email!r}, who is not in the team {team!r}; add them to its members")
    if is_locked and not moderators:
        moderators = members[:1]
    return Group(table.text("title"), members, moderators, bool(moderators), team, table.text_or_none("description"))


def _members(table: Table, emails: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return members and moderators, by address."""
    members = table.texts("members", is_folded=True)
    if not members:
        table.refuse('members is missing; add the addresses of who is in it, as in members = ["alice@example.com"]')
    for one in members:
        table.known("members", one, emails)
    moderators = table.texts("moderators", is_folded=True) or ()
    for one in moderators:
        table.known("moderators", one, members)
    return members, moderators


def _integrations(top: Table) -> tuple[Integration, ...]:
    client_ids, found = _Once(), []
    for table in top.tables("integrations", INTEGRATION_FIELDS, "name"):
        scopes = table.texts("scopes")
        for scope in scopes or ():
            table.known("scopes", scope, SCOPES)
        uris = table.texts("redirect_uris")
        for uri in uris or ():
            _check_redirect_uri(table, uri)
        client_id = table.text("client_id")
        client_ids.check(table, "client_id", client_id)
        found.append(Integration(table.text("name"), client_id, table.text("client_secret"), uris, scopes))
    return tuple(found)


def _check_redirect_uri(table: Table, uri: str) -> None:
    """Refuse what is no absolute URI, has a fragment (RFC 6749 section 3.1.2), or leads to no port there is."""
    try:
        parts = urlsplit(uri)
        is_absolute = bool(parts.scheme and (parts.hostname or parts.path.strip("/"))) and not parts.fragment
        is_sound = is_absolute and parts.port != 0 and uri.isprintable()
    except ValueError:
        is_sound = False
    if not is_sound:
        table.refuse(f"redirect_uris holds {uri!r}; write a whole address without #, as in http://127.0.0.1:8000/callback")


def _switches(top: Table) -> Json:
    values = top.values("switches")
    known = Switches()
    table = Table(values, f"{top.place}, [switches]", tuple(known.listed()))
    try:
        known.turn(values)
    except ValueError as problem:
        table.refuse(f"{problem}; write such a value")
    return values
