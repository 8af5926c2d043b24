"""The state of the simulated cloud, and the look-ups everybody needs. Rules live in the modules named after resources."""

import itertools
import threading

from app.simulator import ids
from app.simulator.calls import Calls
from app.simulator.clock import Clock
from app.simulator.delivery import Deliveries
from app.simulator.errors import FORBIDDEN, NOT_FOUND, ApiError
from app.simulator.faults import Faults
from app.simulator.feed import Feed
from app.simulator.journal import Journal
from app.simulator.limits import Limits
from app.simulator.records import Action, Application, Content, Membership, Message, Person, Room, Tab, Team, Webhook
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
        self.org_names: dict[str, str] = {}
        """The names of organizations that have one; the others are called after their domain."""
        self.rooms: dict[str, Room] = {}
        self.direct_rooms: dict[tuple[str, str], str] = {}
        """The room of each pair, by both person ids in alphabetical order."""
        self.teams: dict[str, Team] = {}
        self.memberships: dict[str, dict[str, Membership]] = {}
        """By room id, then by person id, in the order people came."""
        self.messages: dict[str, Message] = {}
        self.room_messages: dict[str, list[Message]] = {}
        """By room id, oldest first."""
        self.webhooks: dict[str, Webhook] = {}
        self.actions: dict[str, Action] = {}
        self.contents: dict[str, Content] = {}
        self.tabs: dict[str, Tab] = {}
        self.seen: dict[tuple[str, str], int] = {}
        """The order of the newest message a person has seen in a room, by person id and room id."""
        self.order = itertools.count(1)
        self.tokens = Tokens(self.clock, self.switches)
        self.faults = Faults()
        self.deliveries = Deliveries(self.clock, self.switches, self.faults)
        self.feed = Feed()
        self.calls = Calls(self.clock)
        self.journal = Journal(self.clock)
        self.limits = Limits(self.clock, self.switches)

    def new_id(self, kind: str) -> str:
        """Return an id nobody has had before, in the cluster the switch `id_cluster` names."""
        is_regional = self.switches.id_cluster == "regional" and kind not in ids.GLOBAL
        return ids.new(kind, ids.REGIONAL if is_regional else ids.CLUSTER)

    def person_by_email(self, email: str) -> Person | None:
        """Return the person with this address, whatever its case, or None."""
        wanted = email.strip().lower()
        return next((one for one in self.people.values() if one.email == wanted and not one.is_deleted), None)

    def person_by_id(self, person_id: str) -> Person | None:
        """Return the person with this id, or None if there is none or the person was deleted."""
        found = self.people.get(person_id)
        return None if found is None or found.is_deleted else found

    def person(self, id_or_email: str) -> Person:
        """Return a person by id or e-mail address.

        :raises ApiError: 404 if there is none.
        """
        found = self.person_by_id(id_or_email) or self.person_by_email(id_or_email)
        if found is None:
            raise ApiError(404, "Could not find person with provided ID or email.")
        return found

    def check_bot(self, person: Person) -> None:
        """Let a bot do something that an administrator's policy could forbid.

        :raises ApiError: under the switch `bots_are_blocked`, with the status of `blocked_bot_status`.
        """
        if person.kind == "bot" and self.switches.bots_are_blocked:
            status = self.switches.blocked_bot_status
            raise ApiError(status, FORBIDDEN if status == 403 else NOT_FOUND)

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

    def team_of_general(self, room: Room) -> Team | None:
        """Return the team whose General room this is, or None if it is not one."""
        team = self.teams.get(room.team_id or "")
        return team if team is not None and team.room_id == room.id else None

    def in_team(self, team_id: str | None, person_id: str) -> bool:
        """Whether a person belongs to a team, which is to be in its General room."""
        team = self.teams.get(team_id or "")
        return team is not None and person_id in self.members(team.room_id)

    def other_member(self, room: Room, person_id: str) -> Person:
        """Return the other side of a direct room."""
        return next(self.people[key] for key in self.members(room.id) if key != person_id)
