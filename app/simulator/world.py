"""The demo world: the people, rooms and apps every simulator starts with (they have the same ids in every run)."""

from app.simulator import ids, memberships, rooms
from app.simulator.cloud import Cloud
from app.simulator.records import Application, Person
from app.simulator.tokens import Client

PORTAL = Application(ids.encode("APPLICATION", "C-developer-portal"), "Webex Developer Portal", "portal")
BOT_APPLICATION = Application(ids.encode("APPLICATION", "C-army-knife-bot"), "Army Knife", "bot")
PEOPLE = (
    ("alice@example.com", "Alice Adams"),
    ("bob@example.com", "Bob Brown"),
    ("carol@example.com", "Carol Clark"),
    ("dave@partner.example", "Dave Dunn"),
)
BOT = ("armyknife@webex.bot", "Army Knife")
ROOMS = (
    ("Project X", ("alice@example.com", "bob@example.com", "carol@example.com")),
    ("Launch", ("alice@example.com", "bob@example.com", "carol@example.com", "dave@partner.example")),
)


def add_person(cloud: Cloud, email: str, display_name: str) -> Person:
    """Add a person with a personal access token; who shares the domain of an address shares the organization."""
    name, _, domain = email.lower().partition("@")
    token = f"sim-{name}-{ids.key_of(ids.stable('TOKEN', email.lower()))[:13]}"
    person = _person(cloud, email, display_name, ids.stable("ORGANIZATION", domain), kind="person", token=token)
    cloud.tokens.add_personal(person, PORTAL)
    return person


def populate(cloud: Cloud, *, bot_token: str, client_id: str, client_secret: str, redirect_uris: tuple[str, ...] | None) -> None:
    """Fill an empty cloud with the demo world; the arguments are those of `Simulator`."""
    for email, name in PEOPLE:
        add_person(cloud, email, name)
    org_id = ids.stable("ORGANIZATION", "example.com")
    bot = _person(cloud, BOT[0], BOT[1], org_id, kind="bot", token=bot_token)
    cloud.tokens.add_personal(bot, BOT_APPLICATION)
    integration = Application(ids.encode("APPLICATION", client_id), "Army Knife", "integration")
    cloud.tokens.clients[client_id] = Client(client_id, client_secret, integration, redirect_uris)
    for title, emails in ROOMS:
        creator, *others = (cloud.person(email) for email in emails)
        room = rooms.add(cloud, creator, title, ids.stable("ROOM", title))
        for person in others:
            memberships.join(cloud, room, person)


def _person(cloud: Cloud, email: str, display_name: str, org_id: str, *, kind: str, token: str) -> Person:
    person_id = ids.stable("PEOPLE", email.lower())
    person = Person(person_id, email.lower(), display_name, org_id, kind, cloud.clock.stamp(), token)
    cloud.people[person.id] = person
    return person
