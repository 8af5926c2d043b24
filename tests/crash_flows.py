"""What is under way when a process is killed: how it is begun, and what became of it in the end."""

import base64
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable

import requests
from sqlalchemy import text

from app.integration.subscriptions import vip_hook_name
from app.models import alarm, now, reminder, token
from app.vault import Vault
from tests.crash_steps import ANNOUNCEMENT, COMMAND, GROUP, HOOKS, KEYS, PLAN, REMINDER, TOKEN, Step
from tests.people import BOT_EMAIL, PATIENCE, Person
from tests.processes import Installation
from tests.world import wait_until

ADDED = "Added **{number}**: thing {number}"
TIMES = {0: "not", 1: "once"}


def additions(person: Person) -> list[str]:
    """The first lines of the answers to /todo, oldest first."""
    return [heard.partition("\n")[0] for heard in person.hears() if heard.startswith("Added")]


def expected(count: int) -> list[str]:
    return [ADDED.format(number=number) for number in range(1, count + 1)]


def alerts(person: Person) -> list[str]:
    firsts = [heard.partition("\n")[0] for heard in person.hears()]
    return [first.partition(": ")[2] for first in firsts if first.startswith("**Reminder")]


def is_due(world: Installation, person: Person, words: list[str]) -> None:
    """Reminders whose time has come."""
    with world.database.transaction() as db:
        for word in words:
            row = reminder.add(db, person.id, word)
            alarm.set_to(db, person.id, reminder.KIND, now() - 1, subject=row.id)


def count(world: Installation, table: str) -> int:
    """:param table: with a condition after it, if one is wanted"""
    with world.database.reading() as db:
        return int(db.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def _change_keys(world: Installation, change: Callable[[str], str]) -> None:
    file = world.folder / "keys.json"
    keys = json.loads(file.read_text())
    file.write_text(json.dumps(keys | {"TOKEN_KEYS": change(keys["TOKEN_KEYS"])}))


def access_of(world: Installation, person: Person) -> str:
    """A person's access token, opened with the keys of the installation."""
    keys = json.loads((world.folder / "keys.json").read_text())["TOKEN_KEYS"]
    with world.database.reading() as db:
        row = token.find(db, person.id)
    assert row is not None
    return token.open_access(Vault(keys), row)


class Flow(ABC):
    """Something that Alice does again and again, each time until a process dies of it."""

    def __init__(self, world: Installation) -> None:
        self.world = world
        self.alice = world.person("alice@example.com")
        self.number = 0

    def prepare(self) -> None:
        """Do what comes before the first time."""
        self.alice.connects()

    def set_up(self, step: Step) -> None:
        """Do what comes before each time."""
        self.number += 1

    @abstractmethod
    def act(self, step: Step) -> None:
        """Do it, without waiting for what happens."""

    @abstractmethod
    def outcome(self) -> str:
        """How it ended."""

    def _said(self, beginning: str) -> str:
        """How often the bot said something to Alice."""
        said = len([heard for heard in self.alice.hears() if heard.startswith(beginning)])
        return f"said {TIMES.get(said, f'{said} times')}"


class Command(Flow):
    def act(self, step: Step) -> None:
        self.alice.writes(f"/todo thing {self.number}")

    def outcome(self) -> str:
        done = count(self.world, f"todo WHERE number = {self.number}")
        assert count(self.world, f"todo WHERE number > {self.number}") == 0
        return f"done {TIMES[done]}, {self._said(f'Added **{self.number}**: thing {self.number}')}"


class Group(Flow):
    """Each time somebody else mentions the bot, since it explains itself to everybody once."""

    PEOPLE = ("bob@example.com", "carol@example.com")
    ROOM = "Project X"

    def prepare(self) -> None:
        self.alice.api("POST", "/memberships", json={"roomId": self.alice.room(self.ROOM), "personEmail": BOT_EMAIL})
        self.world.settle()

    def set_up(self, step: Step) -> None:
        super().set_up(step)
        self._before = self._answers()

    def act(self, step: Step) -> None:
        person = self.world.person(self.PEOPLE[self.number - 1])
        person.writes("", markdown=f"<@personEmail:{BOT_EMAIL}|Army Knife> hi", room=self.ROOM)

    def outcome(self) -> str:
        said = self._answers() - self._before
        return f"said {TIMES[said]}" if said else "not said"

    def _answers(self) -> int:
        return len([message for message in self.alice.reads(self.ROOM) if message["personEmail"] == BOT_EMAIL])


class Renewal(Flow):
    """The access token has ended, and a command needs it."""

    def set_up(self, step: Step) -> None:
        self.world.control("switches", **dict(step.switches))
        with self.world.database.transaction() as db:
            db.execute(text("UPDATE token SET expires_at = 1"))
        self._heard = len(self.alice.hears())

    def act(self, step: Step) -> None:
        self.alice.writes("/countrooms")

    def outcome(self) -> str:
        heard = self.alice.hears()[self._heard :]
        said = f"said {TIMES[len([one for one in heard if one.startswith('You are in')])]}"
        if count(self.world, "token WHERE status = 'ok' AND expires_at > 1"):
            return f"tokens {_alive(self.world, self.alice)}, {said}"
        ended = [one for one in heard if one.startswith("**Webex no longer lets me act for you.**")]
        return f"has to connect again, said {TIMES[len(ended)]}"


def _alive(world: Installation, person: Person) -> str:
    headers = {"Authorization": f"Bearer {access_of(world, person)}"}
    answer = requests.get(f"{world.simulator.url}/v1/people/me", headers=headers, timeout=PATIENCE)
    return "alive" if answer.ok else "dead"


class Reminder(Flow):
    def act(self, step: Step) -> None:
        is_due(self.world, self.alice, [f"thing {self.number}."])

    def outcome(self) -> str:
        wait_until(lambda: not count(self.world, "alarm"))
        self.world.settle()
        told = [heard for heard in self.alice.hears() if heard.startswith("**Reminder") and f"thing {self.number}." in heard]
        return f"done {TIMES[len(told)]}, said {TIMES[len(told)]}"


class Plan(Flow):
    def set_up(self, step: Step) -> None:
        super().set_up(step)
        self._email = f"p{self.number}@example.com"
        self.world.control("people", email=self._email, displayName=f"P{self.number}")
        self._code = self.alice.says(f"/addmember {self._email} Project X")[-1].split("`/confirm ")[1].split("`")[0]
        self.world.forget_calls()

    def act(self, step: Step) -> None:
        self.alice.writes(f"/confirm {self._code}")

    def outcome(self) -> str:
        asked = [call for call in self.world.look("calls") if (call["method"], call["path"]) == ("POST", "/v1/memberships")]
        members = self.alice.api("GET", "/memberships", params={"roomId": self.alice.room("Project X"), "max": 1000})["items"]
        done = len([member for member in members if member["personEmail"] == self._email])
        assert len(asked) == 1, "Webex should have been asked once"
        receipts = [heard for heard in self.alice.hears() if heard.startswith("**Receipt") and self._code in heard]
        assert all("1 done" in receipt for receipt in receipts)
        return f"done {TIMES[done]}, said {TIMES[len(receipts)]}"


class Announcement(Flow):
    def prepare(self) -> None:
        super().prepare()
        self.bob = self.world.person("bob@example.com")
        self.bob.connects()

    def set_up(self, step: Step) -> None:
        super().set_up(step)
        self._code = self.alice.says(f"/admin announce Hold on {self.number}.")[-1].split("`/confirm ")[1].split("`")[0]

    def act(self, step: Step) -> None:
        self.alice.writes(f"/confirm {self._code}")

    def outcome(self) -> str:
        everybody = [[one for one in who.hears() if f"Hold on {self.number}." in one] for who in (self.alice, self.bob)]
        told = [len([one for one in heard if one.startswith("**From the operator")]) for heard in everybody]
        receipts = [heard for heard in self.alice.hears() if heard.startswith("**Receipt") and self._code in heard]
        assert told[0] == told[1]
        return f"done {TIMES[told[0]]}, said {TIMES[len(receipts)]}"


class Hooks(Flow):
    """A tracker comes or goes, and with it a webhook."""

    def set_up(self, step: Step) -> None:
        super().set_up(step)
        self._removes = step.function.endswith("delete_webhook")
        self._email = f"p{self.number}@example.com"
        self._id = self.world.control("people", email=self._email, displayName=f"P{self.number}")["id"]
        if self._removes:
            self.alice.says(f"/track {self._email} p{self.number}")

    def act(self, step: Step) -> None:
        self.alice.writes(f"/untrack p{self.number}" if self._removes else f"/track {self._email} p{self.number}")

    def outcome(self) -> str:
        headers = {"Authorization": f"Bearer {access_of(self.world, self.alice)}"}
        listed = requests.get(f"{self.world.simulator.url}/v1/webhooks", headers=headers, timeout=PATIENCE).json()["items"]
        hooks = len([hook for hook in listed if hook["name"].endswith(vip_hook_name(self._id))])
        rows = count(self.world, f"vip WHERE vip_person_id = '{self._id}'")
        assert hooks == rows, "Webex and the database should agree"
        done = 1 - hooks if self._removes else hooks
        answer = f"You no longer track **p{self.number}**" if self._removes else f"Now tracking **P{self.number}**"
        return f"done {TIMES[done]}, {self._said(answer)}"


class Keys(Flow):
    """An operator moves on to a newer key while the app serves, and then drops the older ones."""

    def set_up(self, step: Step) -> None:
        super().set_up(step)
        newer = f"n{self.number}:{base64.b64encode(os.urandom(32)).decode()}"
        _change_keys(self.world, lambda keys: f"{newer},{keys}")

    def act(self, step: Step) -> None:
        self.world.begins("keys", "rotate")

    def outcome(self) -> str:
        assert _alive(self.world, self.alice) == "alive"
        again = self.world.begins("keys", "rotate")
        assert again.ends() == 0
        _change_keys(self.world, lambda keys: keys.partition(",")[0])
        return f"tokens {_alive(self.world, self.alice)}"


KINDS: dict[str, type[Flow]] = {
    COMMAND: Command,
    GROUP: Group,
    TOKEN: Renewal,
    REMINDER: Reminder,
    PLAN: Plan,
    ANNOUNCEMENT: Announcement,
    HOOKS: Hooks,
    KEYS: Keys,
}
