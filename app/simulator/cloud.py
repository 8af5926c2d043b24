"""The state of the simulated cloud, and the look-ups everybody needs. Rules live in the modules named after resources."""

import itertools
import threading

from app.simulator.calls import Calls
from app.simulator.clock import Clock
from app.simulator.delivery import Deliveries
from app.simulator.errors import ApiError
from app.simulator.faults import Faults
from app.simulator.feed import Feed
from app.simulator.records import Action, Application, Membership, Message, Person, Room, Webhook
from app.simulator.switches import Switches
from app.simulator.tokens import Tokens


class Cloud:
    """Everything one simulator knows. Hold `lock` while reading or changing it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.switches = Switches()
        self.applications: dict[str, Application] = {}
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.memberships: dict[str, dict[str, Membership]] = {}
        """By room id, then by person id, in the order people came."""
        self.messages: dict[str, Message] = {}
        self.room_messages: dict[str, list[Message]] = {}
        """By room id, oldest first."""
        self.webhooks: dict[str, Webhook] = {}
        self.actions: dict[str, Action] = {}
        self.seen: dict[tuple[str, str], int] = {}
        """The order of the newest message a person has seen in a room, by person id and room id."""
        self.order = itertools.count(1)
        self.tokens = Tokens(self.clock, self.switches)
        self.deliveries = Deliveries(self.clock, self.switches)
        self.feed = Feed()
        self.calls = Calls(self.clock)
        self.faults = Faults()

    def person_by_email(self, email: str) -> Person | None:
        """Return the person with this address, whatever its case, or None."""
        wanted = email.strip().lower()
        return next((person for person in self.people.values() if person.email == wanted), None)

    def person(self, id_or_email: str) -> Person:
        """Return a person by id or e-mail address.

        :raises ApiError: 404 if there is none.
        """
        found = self.people.get(id_or_email) or self.person_by_email(id_or_email)
        if found is None:
            raise ApiError(404, "Could not find person with provided ID or email.")
        return found

    def members(self, room_id: str) -> dict[str, Membership]:
        """Return who is in the room, by person id."""
        return self.memberships.get(room_id, {})

    def room_of(self, person: Person, room_id: str) -> Room:
        """Return a room the person is in.

        :raises ApiError: 404, also when the room exists but the person is not in it (contract 5.4).
        """
        if person.id not in self.members(room_id):
            raise ApiError(404, "Could not find a room with provided ID.")
        return self.rooms[room_id]

    def other_member(self, room: Room, person_id: str) -> Person:
        """Return the other side of a direct room."""
        return next(self.people[key] for key in self.members(room.id) if key != person_id)
