"""Commands of every family: typed wrongly, in other ways, in other places, by others."""

import pytest

from app import texts
from app.commands import COMMANDS
from app.commands.registry import Needs, Where
from tests.people import BOT_EMAIL, Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOBODY = "You track nobody."
NICKNAME = "A nickname is one word"
# Typed wrongly: what the answer begins with. "Usage" stands for the command's own usage line.
WRONG = {
    "/init now": "Usage", "/init alice@example.com": "Usage", "/me full": "Usage", "/me x": "Usage",
    "/delete": "This would remove", "/delete x": "Usage", "/delete deletenow": "Usage", "/delete DELETENOW x": "Usage",
    "/help xyzzy": "There is no such command", "/help trak": "There is no such command or topic. Did you mean `/help track`?",
    "/todo help": "Usage", "/todo ' '": "Usage",
    "/done": "Usage", "/done x": "Usage", "/done 1x": "Usage", "/done -1": "Usage", "/done 1.5": "Usage", "/done ٣": "Usage",
    "/done all": "Usage", "/done 1000000000000": "Usage", "/done 0": "There is no open item **0**", "/done 9": "There is no",
    "/track": "Usage", "/track bob": "Usage", "/track bob@example.com": "Usage", "/track bob bob": "Usage",
    "/track bob@example bob": "Usage", "/track @example.com bob": "Usage", "/track <bob@example.com> bob": "Usage",
    "/track bob@@example.com bob": "Usage", "/track bob@example.com b b": NICKNAME, "/track bob@example.com all": NICKNAME,
    "/track live nobody": NOBODY, "/track store a b": NOBODY, "/track maybe": "Usage",
    "/untrack": "Usage", "/untrack nobody": NOBODY, "/untrack a b": NOBODY, "/trackers all": "Usage",
    "/get": "Usage", "/get nobody": NOBODY, "/get a b": NOBODY,
    "/support": "Usage", "/support ...": "Usage", "/recommend": "Usage", "/recommend bob": "Usage",
    "/recommend a@example.com b": "Usage", "/recommendations maybe": "Usage", "/reply 1 x": "`/reply` is for admins",
    "/manageteam add": "Usage", "/manageteam x": "Usage", "/manageteam add a": "Usage", "/manageteam add a b": "I see no address",
    "/manageteam delete a": "You have no teams", "/teams list a": "You have no teams", "/teams link a": "Which room",
    "/teams a": "Usage",
    "/countrooms x": "Usage", "/listwebhooks x": "Usage", "/deletewebhook": "Usage", "/deletewebhook x": "Usage",
    "/deletewebhook 1": "I see no such webhook", "/cleanwebhooks x": "Usage",
    "/tom 1": "Usage", "/tom delete x": "Usage", "/tom 77 delete": "There is no number 77", "/tom audience all": "Usage",
    "/todo reminder maybe": "Usage", "/todo due 1": "Usage", "/todo reminder on 25:99": "That is no time of day",
    "/listroom nowhere": "You are in no room called", "/listmembers csv nowhere": "You are in no room called",
    "/listfiles !": "Usage", "/listfiles >much": "Usage", "/listfiles since today": "Usage",
    "/listfiles in nowhere": "You are in no room called",
    "/addmember": "Usage", "/addmember bob": "Usage", "/addmember bob@example.com nowhere": "You are in no room called",
    "/checkmember bob": "Usage", "/deletemember bob": "Usage", "/deletemember alice@example.com everywhere": "That is you",
    "/copyroom": "Usage", "/copyroom x": "Type this in a group room", "/confirm": "Usage", "/confirm x": "You have no plan",
    "/cancel x": "You have no plan", "/undo x": "You have no plan", "/retry x": "You have no plan",
    "/receipt x": "You have no plan",
    "/join": "Usage", "/join x": "This link does not work", "/joinlinks x": "Usage", "/joinlinks end 9": "You have no link **9**",
    "/makepublic": "Type this in a group room", "/makepublic x": "Usage", "/makeprivate x": "Usage",
    "/team x": "Usage", "/team verify x": "Type this in a group room", "/admin x": "`/admin` is for admins",
    "/announcements x": "Usage", "/autoreply mentions maybe": "Usage", "/mentionalert x": "Usage", "/roomalert x": "Usage",
    "/quiet x": "", "/export x": "Usage", "/pause x": "Usage", "/resume x": "Usage", "/privacy x": "Usage", "/why x": "Usage",
    "/language klingon": "I don't speak that language",
    "/timezone nowhere": "I don't know that time zone", "/recommend x": "Usage", "/recommendations x": "Usage",
    "/pin -1": "Usage", "/remind x": "", "/reminders x": "Usage", "/snooze": "Usage",
}  # fmt: skip


def test_every_wrong_argument_is_answered(alice: Person) -> None:
    """D-21: the usage line or a clear sentence for each kind of wrong input, never silence, never a crash.

    Families' own stories try more of them; every command meets wild input in test_anything_typed.py.
    """
    alice.connects()
    assert {COMMANDS[words.split()[0]].name for words in WRONG} == {command.name for command in COMMANDS.values()}
    for words, beginning in WRONG.items():
        (answer,) = alice.says(words)
        if beginning == "Usage":
            command = COMMANDS[words.split()[0]]
            assert answer == f"{command.usage}\n\n`/help {command.name[1:]}` tells more.", words
        else:
            assert answer.startswith(beginning), (words, answer)


def test_what_needs_an_account_says_so_to_everybody_without_one(alice: Person) -> None:
    """D-46: a command of somebody without an account is answered."""
    alice.says("hello")
    for name, command in COMMANDS.items():
        (answer,) = alice.says(name)
        assert (answer == texts.NOT_CONNECTED) is (command.needs in (Needs.ACCOUNT, Needs.ACCESS)), name


def test_a_command_is_known_however_it_is_typed(alice: Person) -> None:
    """D-34: leading blanks, a line break after the command, capitals."""
    alice.connects()
    ways = ("/todo one", "/TODO one", "/ToDo one", "  /todo one", "\n/todo one", "/todo\none", "/todo\tone", "/todo   one  ")
    for number, words in enumerate((*ways, "\u00a0/todo\u00a0one", "/fu one", "/FollowUp one"), 1):
        (answer,) = alice.says(words)
        assert answer.startswith(f"Added **{number}**: one\n"), words
    (answer,) = alice.says("/Done\n1\n2")
    assert answer.startswith("Done:")
    client = f"{alice.world.simulator.url}/chat/messages"  # clients send html and text, and no markdown
    body = {"as": alice.email, "to": BOT_EMAIL, "markdown": "/todo *typed* in a client\nwith two lines"}
    alice.session.post(client, json=body, timeout=5).raise_for_status()
    alice.world.settle()
    assert alice.hears()[-1].startswith("Added **12**: typed in a client with two lines\n")


def test_commands_work_where_they_may_and_say_so_elsewhere(alice: Person, bob: Person) -> None:
    alice.connects()
    for name, command in COMMANDS.items():
        (answer,) = alice.says(name, room="Project X")
        wrong_place = f"`{command.name}` works only here, in your 1:1 room with me. Nothing was done; please type it here."
        assert (answer == wrong_place) is (command.where is Where.BOT_ROOM), name
    assert {message["personEmail"] for message in alice.reads("Project X")} == {alice.email}  # answers come 1:1
    body = {"toPersonEmail": bob.email, "text": "/todo from a room with Bob"}
    alice.api("POST", "/messages", json=body)
    alice.world.settle()
    assert "from a room with Bob" in alice.hears()[-1]
    assert bob.hears() == []


def test_a_command_in_a_shared_room_runs_as_its_author_only(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """Each person's webhook tells of everybody's messages at most; the author alone decides whose command it is."""
    alice.connects()
    bob.connects()
    alice.says("/track carol@example.com carol")  # so that Alice's webhook tells of Carol's messages
    before = len(alice.hears())
    assert carol.says("/todo not mine", room="Project X") == []
    assert "> /todo not mine" in alice.hears()[-1]  # shown, since she is tracked, and not run
    assert len(alice.hears()) == before + 1
    assert bob.says("/todo Bob's own", room="Project X")[0].startswith("Added **1**: Bob's own")
    assert len(alice.hears()) == before + 1
    assert "empty" in alice.says("/todo")[0]

    message = bob.writes("/todo smuggled", room="Project X")  # a delivery that names Alice for Bob's message
    world.settle()
    about = {name: message[name] for name in ("id", "roomId", "roomType", "created")}
    path, secret = world.hook_of(alice)
    forged = world.event("messages", {**about, "personId": alice.id}, actor=alice.id, owner=alice.id)
    assert world.deliver(path, secret, forged) == 204
    world.settle()
    assert "empty" in alice.says("/todo")[0]
    assert bob.says("/todo")[0].count("smuggled") == 1


def test_other_slash_words_and_ordinary_words_in_other_rooms_are_left_alone(alice: Person) -> None:
    alice.connects()
    for words in ("/giphy hello", "/tood x", "/todos", "/", "//todo x", "todo x", "see /todo x", "/etc/passwd", "Bob /todo x"):
        assert alice.says(words, room="Project X") == [], words
    assert "empty" in alice.says("/todo")[0]


def test_what_is_typed_in_the_bots_room_is_answered_once_although_two_webhooks_tell_of_it(world: World, alice: Person) -> None:
    """One message, one ear, one answer: the original answered some commands from two code paths."""
    alice.connects()
    for words in ("/me", "/todo once", "/help todo", "hello"):
        assert len(alice.says(words)) == 1, words
    told_of = [item["webhook"] for item in world.look("deliveries") if item["resource"] == "messages"]
    assert any("my messages" in name for name in told_of)
    assert any("bot messages" in name for name in told_of)
