"""Worlds described in TOML."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.simulator import description
from app.simulator.application import create_application
from app.simulator.cloud import Cloud
from app.simulator.server import Simulator
from app.simulator.tables import DescriptionError
from tests.simulator.conftest import World

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "world.toml"
ADA, GRACE, LINUS, HELPER = "ada@acme.example", "grace@acme.example", "linus@guest.example", "helper@webex.bot"
SMALL = """
[[people]]
email = "ann@example.com"
displayName = "Ann"
[[people]]
email = "ben@example.com"
displayName = "Ben"
"""


@contextmanager
def running(**options: Any) -> Iterator[World]:
    with Simulator(port=0, **options) as simulator:
        world = World(simulator.url)
        yield world
        world.http.close()


def mistake(text: str) -> str:
    with pytest.raises(DescriptionError) as caught:
        description.parse(tomllib.loads(text), "world.toml")
    return str(caught.value)


@pytest.fixture(scope="module")
def example() -> Iterator[World]:
    with running(description=description.read(EXAMPLE)) as world:
        yield world


def test_the_example_has_its_people_and_tokens(example: World) -> None:
    assert list(example.people) == [ADA, GRACE, LINUS, HELPER]
    assert example.people[GRACE]["token"] == "grace-token"
    assert example.get("helper-token", "/people/me")["type"] == "bot"
    orgs = {who: example.get(who, "/people/me")["orgId"] for who in example.people}
    assert orgs[ADA] == orgs[GRACE] == orgs[HELPER] != orgs[LINUS]
    assert [one["displayName"] for one in example.items(ADA, "/organizations")] == ["Acme"]


def test_the_example_has_its_rooms_and_teams(example: World) -> None:
    rooms = {room["title"]: room for room in example.items(ADA, "/rooms")}
    (team,) = example.items(GRACE, "/teams")
    assert list(rooms) == ["Announcements", "Engines", "General"]
    assert rooms["Engines"]["teamId"] == rooms["General"]["teamId"] == team["id"]
    assert rooms["Announcements"]["isLocked"] and not rooms["Engines"]["isLocked"]
    members = example.items(ADA, "/memberships", roomId=rooms["Announcements"]["id"])
    assert [one["personEmail"] for one in members if one["isModerator"]] == [ADA]
    assert [one["title"] for one in example.items(LINUS, "/rooms")] == ["Announcements"]


def test_the_example_has_its_integration_and_switches(example: World) -> None:
    asked = {"response_type": "code", "client_id": "helper-id", "redirect_uri": "http://127.0.0.1:5000/callback", "state": "s"}
    answers = []
    for scope in ("spark:rooms_read spark:kms", "spark:rooms_write"):  # spark:kms is ticked nowhere
        form = {**asked, "scope": scope, "person": example.id(ADA), "decision": "accept"}
        answers.append(example.http.post(f"{example.url}/v1/authorize", data=form, allow_redirects=False).headers["Location"])
    assert "code=" in answers[0] and "error=invalid_scope" in answers[1]
    assert example.sim("/switches", "GET")["webhook_delay"] == 0.1


def test_a_world_is_the_same_in_every_run() -> None:
    described = description.read(EXAMPLE)
    with running(description=described) as one, running(description=described) as other:
        assert one.people == other.people
        assert one.room("Engines", ADA) == other.room("Engines", ADA)


def test_rooms_may_share_a_title() -> None:
    room = '[[rooms]]\ntitle = "Talk"\nmembers = ["ann@example.com"]\n'
    with running(description=description.parse(tomllib.loads(SMALL + 2 * room))) as world:
        first, second = world.items("ann@example.com", "/rooms")
    assert first["title"] == second["title"] == "Talk" and first["id"] != second["id"]


def test_a_room_is_locked_by_its_moderators_or_has_its_first_member_as_one() -> None:
    members = 'members = ["ann@example.com", "ben@example.com"]'
    rooms = (
        f'[[rooms]]\ntitle = "A"\n{members}\nmoderators = ["Ben@Example.com"]\n[[rooms]]\ntitle = "B"\n{members}\nlocked = true\n'
    )
    with running(description=description.parse(tomllib.loads(SMALL + rooms))) as world:
        found = {}
        for room in world.items("ann@example.com", "/rooms"):
            listed = world.items("ann@example.com", "/memberships", roomId=room["id"])
            found[room["title"], room["isLocked"]] = [one["personEmail"] for one in listed if one["isModerator"]]
    assert found == {("A", True): ["ben@example.com"], ("B", True): ["ann@example.com"]}


ROOM = SMALL + '[[rooms]]\ntitle = "R"\n'
INTEGRATION = '[[integrations]]\nname = "I"\nclient_id = "i"\nclient_secret = "s"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[peple]]\nemail = 1", "world.toml: 'peple' is not known here; did you mean 'people'?"),
        ("people = 3", "world.toml: people must be tables; write [[people]] above each."),
        (
            '[[people]]\nemial = "a@b.example"',
            "world.toml, [[people]] number 1: 'emial' is not known here; did you mean 'email'?",
        ),
        (
            '[[people]]\nemail = "a@b.example"',
            'world.toml, [[people]] number 1 (a@b.example): displayName is missing; add displayName = "…".',
        ),
        (
            '[[people]]\nemail = "somebody"\ndisplayName = "S"',
            "world.toml, [[people]] number 1 (somebody): email 'somebody' is none; write it as in alice@example.com.",
        ),
        (
            '[[people]]\nemail = 7\ndisplayName = "S"',
            "world.toml, [[people]] number 1: email must be a text in quotes, not a number.",
        ),
        (
            SMALL + '[[bots]]\nemail = "ANN@example.com"\nname = "B"',
            "world.toml, [[bots]] number 1 (ANN@example.com): email 'ann@example.com' is that of "
            "world.toml, [[people]] number 1 (ann@example.com) already; choose another.",
        ),
        (
            SMALL + 'org = "Exmple"\n[[orgs]]\nname = "Example"',
            "world.toml, [[people]] number 2 (ben@example.com): org names 'Exmple', which is not there; did you mean 'Example'?",
        ),
        (
            SMALL + 'token = "with space"',
            "world.toml, [[people]] number 2 (ben@example.com): token must be of ASCII letters, digits and signs, "
            "since it travels in a header; leave spaces out.",
        ),
        (
            SMALL + 'type = "robot"',
            "world.toml, [[people]] number 2 (ben@example.com): type names 'robot', which is not there; did you mean 'bot'?",
        ),
        (
            ROOM + 'members = ["bem@example.com"]',
            "world.toml, [[rooms]] number 1 (R): members names 'bem@example.com', which is not there; "
            "did you mean 'ben@example.com'?",
        ),
        (
            ROOM,
            "world.toml, [[rooms]] number 1 (R): members is missing; add the addresses of who is in it, "
            'as in members = ["alice@example.com"].',
        ),
        (
            ROOM + 'members = ["ann@example.com", "ann@example.com"]',
            "world.toml, [[rooms]] number 1 (R): members names 'ann@example.com' twice; once will do.",
        ),
        (
            ROOM + 'members = ["ann@example.com", "Ann@example.com"]',
            "world.toml, [[rooms]] number 1 (R): members names 'ann@example.com' twice; once will do.",
        ),
        (
            ROOM + 'members = ["ann@example.com"]\nmoderators = ["ben@example.com"]',
            "world.toml, [[rooms]] number 1 (R): moderators names 'ben@example.com', which is not there; "
            "did you mean 'ann@example.com'?",
        ),
        (
            ROOM + 'members = ["ann@example.com"]\nmoderators = ["ann@example.com"]\nlocked = false',
            "world.toml, [[rooms]] number 1 (R): moderators are of a locked room only; "
            "leave out locked = false, or the moderators.",
        ),
        (
            ROOM + 'members = ["ann@example.com"]\nlocked = "yes"',
            "world.toml, [[rooms]] number 1 (R): locked must be true or false, not a text.",
        ),
        (
            ROOM + 'members = ["ann@example.com"]\nteam = "T"',
            "world.toml, [[rooms]] number 1 (R): team names 'T', which is not there; none is described.",
        ),
        (
            ROOM + 'members = ["ben@example.com"]\nmoderators = ["ben@example.com"]\nteam = "T"\n'
            '[[teams]]\nname = "T"\nmembers = ["ann@example.com"]',
            "world.toml, [[rooms]] number 1 (R): moderators names 'ben@example.com', who is not in the team 'T'; "
            "add them to its members.",
        ),
        (
            INTEGRATION + 'scopes = ["spark:room_read"]',
            "world.toml, [[integrations]] number 1 (I): scopes names 'spark:room_read', which is not there; "
            "did you mean 'spark:rooms_read'?",
        ),
        (
            INTEGRATION + 'redirect_uris = ["/callback"]',
            "world.toml, [[integrations]] number 1 (I): redirect_uris holds '/callback'; "
            "write a whole address without #, as in http://127.0.0.1:8000/callback.",
        ),
        (
            INTEGRATION + 'redirect_uris = ["http://localhost:99999/"]',
            "world.toml, [[integrations]] number 1 (I): redirect_uris holds 'http://localhost:99999/'; "
            "write a whole address without #, as in http://127.0.0.1:8000/callback.",
        ),
        (
            "[switches]\nwebhok_delay = 1",
            "world.toml, [switches]: 'webhok_delay' is not known here; did you mean 'webhook_delay'?",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(text: str, sentence: str) -> None:
    assert mistake(text) == sentence


def test_a_wrong_switch_names_its_values() -> None:
    told = mistake('[switches]\ncontent_scan = "maybe"')
    assert told.startswith("world.toml, [switches]: content_scan takes one of ready, scanning,")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "can't be read (No such file or directory); name a TOML file."),
        (b"[[people]\n", "is not TOML: Expected ']]' at the end of an array declaration (at line 1, column 9). Mend it there."),
        (b"a = '\xff'", "is not UTF-8 at byte 5; save it as UTF-8."),
    ],
)
def test_a_file_that_is_no_description(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "world.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DescriptionError) as caught:
        description.read(path)
    assert str(caught.value) == f"{path} {sentence}"


def test_simulators_beside_each_other_share_nothing() -> None:
    seen: list[str] = []
    with running() as one, running() as other:
        one.post("alice@example.com", "/rooms", title="Only here")
        assert "Only here" not in [room["title"] for room in other.items("alice@example.com", "/rooms")]
        application = create_application(Cloud())
        application.before_request(lambda: seen.append("before"))
        application.after_request(lambda answer: seen.append("after") or answer)
        application.test_client().get("/v1/people/me")
        assert seen == ["before", "after"]
        one.get("alice@example.com", "/people/me")
        create_application(Cloud()).test_client().get("/v1/people/me")
        assert seen == ["before", "after"]
