"""A described world comes into being in an empty cloud. Whatever is described alike has the same id in every run."""

import dataclasses
import functools
from pathlib import Path

from app.simulator import description, ids, memberships, roles, rooms, teams
from app.simulator.cloud import Cloud
from app.simulator.description import Description, Group, Integration, Somebody
from app.simulator.records import Application, Person, Room
from app.simulator.tokens import Client

PORTAL = Application(ids.encode("APPLICATION", "C-developer-portal"), "Webex Developer Portal", "portal")
DEMO = Path(__file__).with_name("demo.toml")

People = dict[str, Person]
"""By address."""


def demo(*, bot_token: str, client_id: str, client_secret: str, redirect_uris: tuple[str, ...] | None) -> Description:
    """Return the description of the demo world with other secrets in it; the arguments are those of `Simulator`."""
    world = _demo()
    *people, bot = world.people
    integration = dataclasses.replace(
        world.integrations[0], client_id=client_id, client_secret=client_secret, redirect_uris=redirect_uris
    )
    return dataclasses.replace(world, people=(*people, dataclasses.replace(bot, token=bot_token)), integrations=(integration,))


@functools.cache
def _demo() -> Description:
    return description.read(DEMO)


def add_person(cloud: Cloud, email: str, display_name: str, org_id: str | None = None, token: str | None = None) -> Person:
    """Add a person with a personal access token.

    :param org_id: the organization, by default the one of all who share the domain of the address
    :param token: by default one that is made of the address, the same in every run
    """
    return _add(cloud, Somebody(email, display_name, token=token), org_id or _org_of(email))


def populate(cloud: Cloud, world: Description) -> None:
    """Fill an empty cloud."""
    org_ids = {one.name: ids.stable("ORGANIZATION", one.domain or one.name) for one in world.orgs}
    cloud.org_names |= {org_ids[one.name]: one.name for one in world.orgs}
    people = {one.email: _add(cloud, one, org_ids[one.org] if one.org else _org_of(one.email)) for one in world.people}
    for integration in world.integrations:
        _register(cloud, integration)
    for team in world.teams:
        _add_team(cloud, people, team)
    for room in world.rooms:
        _add_room(cloud, people, room)
    cloud.switches.turn(world.switches)


def _org_of(email: str) -> str:
    return ids.stable("ORGANIZATION", email.lower().partition("@")[2])


def _add(cloud: Cloud, somebody: Somebody, org_id: str) -> Person:
    email = somebody.email.lower()
    token = somebody.token or f"sim-{email.partition('@')[0]}-{ids.key_of(ids.stable('TOKEN', email))[:13]}"
    person = Person(ids.stable("PEOPLE", email), email, somebody.display_name, org_id, somebody.kind, cloud.clock.stamp(), token)
    person.roles = frozenset(roles.role_id(one) for one in somebody.roles)
    person.timezone = somebody.timezone
    cloud.people[person.id] = person
    bot = Application(ids.stable("APPLICATION", email), somebody.display_name, "bot")
    cloud.tokens.add_personal(person, bot if somebody.kind == "bot" else PORTAL)
    return person


def _register(cloud: Cloud, one: Integration) -> None:
    application = Application(ids.encode("APPLICATION", one.client_id), one.name, "integration")
    scopes = None if one.scopes is None else frozenset(one.scopes)
    cloud.tokens.clients[one.client_id] = Client(one.client_id, one.client_secret, application, one.redirect_uris, scopes)


def _add_team(cloud: Cloud, people: People, group: Group) -> None:
    team_id = ids.stable("TEAM", group.title)
    team = teams.add(cloud, people[group.members[0]], group.title, group.description, team_id)
    _fill(cloud, people, cloud.rooms[team.room_id], group)


def _add_room(cloud: Cloud, people: People, group: Group) -> None:
    room = rooms.add(cloud, people[group.members[0]], group.title, _free_id(cloud, group.title))
    room.is_locked, room.description = group.is_locked, group.description
    room.team_id = ids.stable("TEAM", group.team) if group.team else None
    _fill(cloud, people, room, group)


def _fill(cloud: Cloud, people: People, room: Room, group: Group) -> None:
    for email in group.members[1:]:
        memberships.join(cloud, room, people[email])
    moderators = {people[email].id for email in group.moderators}
    for membership in cloud.members(room.id).values():
        membership.is_moderator = membership.person_id in moderators


def _free_id(cloud: Cloud, title: str) -> str:
    """Return the id of a room by its title; rooms may share a title, an id never."""
    room_id, number = ids.stable("ROOM", title), 1
    while room_id in cloud.rooms:
        number += 1
        room_id = ids.stable("ROOM", f"{title}\n{number}")
    return room_id
