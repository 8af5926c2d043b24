"""/listwebhooks, /deletewebhook and /cleanwebhooks: ours are protected, and nobody is left deaf."""

import re
from typing import Any

import pytest

from app.commands.hooks import MOST
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TARGETS = {"Other app": "https://other.example/hooks/SECRET-PATH", "<@all> *x*": "https://evil.example:8443/x?y=SECRET-QUERY"}


def registers(world: World, person: Person, name: str, target: str = "https://other.example/x", **more: str) -> str:
    """A webhook of somebody else's, made with the same integration; its id."""
    fields = {"name": name, "targetUrl": target, "resource": "messages", "event": "created", "filter": "hasFiles=true", **more}
    return str(as_app(world, person, "POST", "/webhooks", **fields)["id"])


def as_app(world: World, person: Person, method: str, path: str, **fields: str) -> Any:
    access, _ = world.house.tools.people.tokens.access(person.id)
    call = {"headers": {"Authorization": f"Bearer {access}"}, "timeout": 5}
    answer = person.session.request(method, f"{world.simulator.url}/v1{path}", json=fields or None, **call)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def names(person: Person) -> list[str]:
    return [hook["name"] for hook in person.webhooks() if not hook["name"].startswith("Army Knife ")]


def own(person: Person) -> set[str]:
    return {hook["name"].partition(": ")[2] for hook in person.webhooks() if hook["name"].startswith("Army Knife ")}


def typed(answer: str) -> str:
    """What an answer says is to be typed."""
    return re.findall(r"type `(/[^`]+)`", answer)[-1]


def test_webhooks_are_listed_ours_first_and_with_their_health(world: World, alice: Person, bob: Person) -> None:
    """D-28: health is what Webex says now."""
    assert "haven't connected" in alice.says("/listwebhooks")[-1]
    alice.connects()
    (listed,) = alice.says("/listwebhooks")
    assert "Mine, 1 of 1 active:\n\n- your own messages, to find commands: active\n\nNo others." in listed
    assert "does not document" in listed
    assert "works only here" in alice.says("/cleanwebhooks", room="Project X")[0]
    alice.says("/track bob@example.com bob")
    for name, target in TARGETS.items():
        registers(world, alice, name, target)
    own_id = next(hook["id"] for hook in alice.webhooks() if hook["name"].endswith("my messages"))
    world.simulator.cloud.webhooks[own_id].status = "inactive"
    (listed,) = alice.says("/listwebhooks")
    day = world.simulator.cloud.webhooks[own_id].created[:10]
    assert listed.splitlines()[2:] == [
        "Mine, 1 of 2 active:", "",
        "- your own messages, to find commands: **inactive**", "- messages of **bob**, whom you track: active", "",
        "I repair mine every hour; `/cleanwebhooks` does it now.", "",
        "Of others, 2:", "",
        f"- **1** **Other app** → other.example, messages:created (hasFiles=true), since {day}",
        rf"- **2** **&lt;@all&gt; \*x\*** → evil.example, messages:created (hasFiles=true), since {day}", "",
        "`/deletewebhook <number>` removes one, `/cleanwebhooks` all of them.", "",
        listed.splitlines()[-1],
    ]  # fmt: skip
    assert "SECRET" not in listed and alice.id not in listed and bob.id not in listed
    as_app(world, alice, "DELETE", f"/webhooks/{own_id}")
    assert "your own messages, to find commands: **missing**" in alice.says("/listwebhooks")[0]
    for words in ("/listwebhooks x", "/deletewebhook", "/deletewebhook x", "/deletewebhook 1 2 3", "/cleanwebhooks yes"):
        assert alice.says(words)[0].startswith(f"Usage: `{words.split()[0]}"), words


def test_a_foreign_webhook_is_removed_by_name_and_ours_never(world: World, alice: Person, bob: Person) -> None:
    """D-28. A number means what was shown, also when the list has changed since."""
    alice.connects()
    for name in ("first", "second", "third"):
        registers(world, alice, name)
    (asked,) = alice.says("/deletewebhook 2")
    assert "Remove this webhook?" in asked and "**second** → other.example" in asked
    assert names(alice) == ["first", "second", "third"]
    first = next(hook["id"] for hook in alice.webhooks() if hook["name"] == "first")
    as_app(world, alice, "DELETE", f"/webhooks/{first}")  # now the third is number 2
    assert "Removed the webhook **second**" in alice.says(typed(asked))[0]
    assert names(alice) == ["third"]
    assert "gone already" in alice.says(typed(asked))[0]
    assert "gone already" in alice.presses("Remove")[0]
    alice.says("/deletewebhook 1")
    assert "Removed the webhook **third**" in alice.presses("Remove")[0]
    assert "gone already" in alice.presses("Remove")[0]  # pressed twice
    fourth = registers(world, alice, "fourth")
    assert "Removed the webhook **fourth**" in alice.says(f"/deletewebhook {fourth}")[0]

    ours = alice.webhooks()[0]["id"]
    (refused,) = alice.says(f"/deletewebhook {ours}")
    assert "mine, and protected" in refused
    for number in ("0", "1", "7", "9" * 20, "1 abcdef"):
        assert "no such webhook" in alice.says(f"/deletewebhook {number}")[0], number
    assert own(alice) == {"my messages"}
    bob.connects()
    assert "no such webhook" in bob.says(f"/deletewebhook {ours}")[0]  # hers is not his to name
    assert own(alice) == {"my messages"}


def test_webex_refuses_to_remove_a_webhook(world: World, alice: Person) -> None:
    alice.connects()
    hook = registers(world, alice, "stubborn")
    for status in (403, 429, 500):
        world.fault("DELETE", "/webhooks/", status=status, times=2)
        (answer,) = alice.says(f"/deletewebhook {hook}")
        assert f"**stubborn** was **not** removed, as far as I can tell: Webex answered {status}" in answer
        world.simulator.cloud.faults.clear()
    world.fault("DELETE", "/webhooks/", drop=True, times=2)
    assert "Webex did not answer" in alice.says(f"/deletewebhook {hook}")[0]
    world.simulator.cloud.faults.clear()
    world.fault("DELETE", "/webhooks/", lost_answer=True)
    assert "**stubborn** is gone already" in alice.says(f"/deletewebhook {hook}")[0]
    assert names(alice) == []
    world.fault("GET", "/webhooks$", status=500, times=2)
    assert "Webex answered 500, so nothing was changed" in alice.says("/listwebhooks")[0]


def test_cleaning_asks_repairs_ours_and_removes_the_rest(world: World, alice: Person) -> None:
    """D-27: ours are in order before anything is removed."""
    alice.connects()
    assert alice.says("/cleanwebhooks") == [
        "There is nothing to remove: Webex shows me no webhooks of others. Mine are in order."
    ]
    for name, target in TARGETS.items():
        registers(world, alice, name, target)
    ours = next(hook["id"] for hook in alice.webhooks() if hook["name"].endswith("my messages"))
    as_app(world, alice, "DELETE", f"/webhooks/{ours}")
    (asked,) = alice.says("/cleanwebhooks")
    assert (
        "This would remove 2 webhooks of others" in asked and "**Other app** → other.example" in asked and "SECRET" not in asked
    )
    assert len(names(alice)) == 2 and own(alice) == set()
    registers(world, alice, "a newer one")
    (again,) = alice.presses("Remove")
    assert again.startswith("The list has changed since I showed it, so I ask again. This would remove 3 webhooks")
    assert len(names(alice)) == 3
    world.forget_calls()
    (done,) = alice.says(typed(again).upper())
    assert done.startswith("Mine are in order, 1 of them put right. The others:\n\n- removed **Other app**")
    assert done.count("- removed ") == 3
    changes = [call["method"] for call in world.look("calls") if "/webhooks" in call["path"] and call["method"] != "GET"]
    assert changes == ["POST", "DELETE", "DELETE", "DELETE"]
    assert names(alice) == [] and own(alice) == {"my messages"}
    assert "There is nothing to remove" in alice.presses("Remove")[0]
    assert "Added **1**" in alice.says("/todo still heard", room="Project X")[0]


def test_webex_fails_while_webhooks_are_cleaned(world: World, alice: Person) -> None:
    """D-27: nothing is removed unless ours stand; each removal is told of as it went."""
    alice.connects()
    ids = [registers(world, alice, name) for name in ("a", "b", "c", "d", "e")]
    ours = next(hook["id"] for hook in alice.webhooks() if hook["name"].endswith("my messages"))
    as_app(world, alice, "DELETE", f"/webhooks/{ours}")
    confirm = typed(alice.says("/cleanwebhooks")[0])
    for status in (403, 500):
        world.fault("POST", "/webhooks$", status=status)
        (answer,) = alice.says(confirm)
        assert f"could not put my own webhooks in order: Webex answered {status}. So I removed none" in answer
        assert len(names(alice)) == 5
    for hook, fault in zip(ids, ({"status": 403}, {"status": 404}, {"drop": True}, {"lost_answer": True}), strict=False):
        world.fault("DELETE", f"/webhooks/{hook}", times=1 if "lost_answer" in fault else 2, **fault)
    (answer,) = alice.says(confirm)
    rows = answer.splitlines()[2:]
    assert rows[:2] == ["- **not removed**, as far as I can tell: **a**, Webex answered 403", "- **b** was gone already"]
    assert rows[2:4] == ["- **not removed**, as far as I can tell: **c**, Webex did not answer", "- **d** was gone already"]
    assert rows[4].startswith("- removed **e**")
    assert own(alice) == {"my messages"}
    world.simulator.cloud.faults.clear()

    for name in ("f", "g", "h"):
        registers(world, alice, name)
    left = len(names(alice))
    confirm = typed(alice.says("/cleanwebhooks")[0])
    world.fault("DELETE", "/webhooks/", times=-1, status=503)
    (answer,) = alice.says(confirm)
    assert answer.count("**not removed**") == 3
    assert answer.endswith(f"- {left - 3} webhooks left for another time; `/cleanwebhooks` goes on")
    world.simulator.cloud.faults.clear()
    (answer,) = alice.says(confirm)  # the same list still
    assert answer.count("- removed ") == left and names(alice) == []


def test_many_webhooks(world: World, alice: Person) -> None:
    """All pages are read; what is shown and removed at once is bounded, and said to be."""
    alice.connects()
    for number in range(MOST + 3):
        registers(world, alice, f"hook {number}")
    (listed,) = ["".join(alice.says("/listwebhooks"))]
    assert "- … and 3 more" in listed and "**103** " not in listed
    assert "hook 102" in alice.says("/deletewebhook 103")[0]
    asked = "".join(alice.says("/cleanwebhooks"))
    assert f"This would remove {MOST} webhooks" in asked and "3 more would stay for another time" in asked
    assert "attachments" not in alice.bot_messages()[-1]  # it would hide the text
    done = "".join(alice.says(typed(asked)))
    assert done.count("removed **") == MOST and "3 webhooks left for another time" in done
    assert names(alice) == [f"hook {number}" for number in range(MOST, MOST + 3)]
