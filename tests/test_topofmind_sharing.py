"""Who sees a top of mind, and who is told of changes: audience, subscriptions, what others ask."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.integration.audience import is_everybodys
from app.models import ledger, topofmind, user
from tests.people import Person
from tests.test_todo import items
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTHING = "There is no top of mind of {} that I may show you now."


def told(listener: Person, act: Callable[[], object]) -> list[str]:
    """What the bot tells one person because of what another one does."""
    before = len(listener.hears())
    act()
    listener.world.settle()
    return listener.hears()[before:]


def answers(person: Person, words: str) -> str:
    """The first line of the only answer."""
    (said,) = person.says(words)
    return said.splitlines()[0]


def bobs_list(bob: Person, audience: str) -> None:
    bob.connects()
    bob.says("/tom offer")
    bob.says("/tom holidays")
    bob.says(f"/tom audience {audience}")


def test_subscriptions_from_both_sides(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """D-45, S-15: the owner decides and knows; each change is told once, to whoever may still see it."""
    bobs_list(bob, "org")
    alice.connects()
    carol.connects()
    heard = told(bob, lambda: alice.says("/tom subscribe Bob@Example.com"))
    assert heard == [
        "**Alice Adams** (alice@example.com) subscribed to your top of mind. `/tom remove alice@example.com` ends that."
    ]
    assert "I'll tell you when **Bob Brown** (bob@example.com) changes" in alice.hears()[-1]
    assert items(alice.hears()[-1]) == ["**1** offer", "**2** holidays"]
    assert "subscribed to the top of mind of **Bob Brown** (bob@example.com) already" in answers(
        alice, "/tom subscribe bob@example.com"
    )
    carol.says("/tom subscribe bob@example.com")
    assert "That is your own" in answers(bob, "/tom subscribe bob@example.com")

    (notice,) = told(alice, lambda: bob.says("/tom insert 1 <rest>"))
    assert notice.startswith("**Bob Brown** (bob@example.com) changed their top of mind:")
    assert items(notice) == ["**1** &lt;rest&gt;", "**2** offer", "**3** holidays"]
    assert [items(one)[0] for one in told(carol, lambda: (bob.writes("/tom delete 1"), bob.writes("/tom move 1 2")))] == [
        "**1** offer", "**1** holidays",
    ]  # each change, as it was  # fmt: skip
    for words in ("/tom title Now", "/tom reminder on 9:00", "/tom delete 9", "/tom"):
        assert told(alice, lambda words=words: bob.says(words)) == [], words
    assert "cleared their top of mind" in told(alice, lambda: bob.says("/tom clear"))[0]
    assert "**Now**" in told(alice, lambda: bob.says("/tom undo"))[0]

    (both,) = bob.says("/tom subscriptions")
    assert "**Who is told of yours** (2 people)\n\n- **Alice Adams** (alice@example.com)\n- **Carol" in both
    assert (
        "**Whose changes you are told of** (1 person)\n\n- **Bob Brown** (bob@example.com)" in alice.says("/tom subscribers")[0]
    )
    assert "Shown to everybody in your organisation; 2 subscribers" in bob.says("/tom")[0]

    assert "ended your subscription" in told(carol, lambda: bob.says("/tom remove carol@example.com"))[0]
    assert "is not subscribed" in answers(bob, "/tom remove carol@example.com")
    assert told(carol, lambda: bob.says("/tom 1 change")) == []
    assert answers(alice, "/tom unsubscribe bob@example.com").startswith("I no longer tell you of changes of **Bob Brown**")
    assert "You are not subscribed" in answers(alice, "/tom unsubscribe bob@example.com")
    assert told(alice, lambda: bob.says("/tom 1 another change")) == []

    alice.says("/tom subscribe bob@example.com")
    heard = told(alice, lambda: bob.says("/tom audience nobody"))
    assert heard == ["**Bob Brown** (bob@example.com) no longer shows you their top of mind, so your subscription has ended."]
    assert "their subscription has ended" in bob.hears()[-1] + bob.hears()[-2]
    assert told(alice, lambda: bob.says("/tom 1 secret")) == []
    bob.says("/tom audience org")
    alice.says("/tom subscribe bob@example.com")
    bob.says("/delete DELETENOW")  # D-09
    with world.house.database.reading() as db:
        for table in ("top_list", "top_item", "top_reader", "top_subscription"):
            assert db.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


@SQLITE
def test_owner_and_subscriber_are_told_in_their_own_languages(alice: Person, bob: Person) -> None:
    bobs_list(bob, "org")
    alice.connects()
    alice.says("/language de")
    (heard,) = told(bob, lambda: alice.says("/tom subscribe bob@example.com"))
    assert heard.startswith("**Alice Adams** (alice@example.com) subscribed to your top of mind.")
    whose = "**Bob Brown** (bob@example.com)"
    assert alice.hears()[-1].startswith(f"Ich sage dir Bescheid, wenn {whose} die Liste „Was mir wichtig ist“ ändert")
    (notice,) = told(alice, lambda: bob.says("/tom delete 1"))
    head = f"{whose} hat die Liste „Was mir wichtig ist“ geändert:\n\n**Was mir wichtig ist**\n\n"
    assert notice == f"{head}- **1** holidays\n\n`/tom unsubscribe bob@example.com` beendet diese Hinweise."
    assert bob.hears()[-1].startswith("Deleted: offer\n\n**Top of mind**\n\n")
    ended = f"{whose} zeigt dir die Liste „Was mir wichtig ist“ nicht mehr, also ist dein Abo zu Ende."
    assert told(alice, lambda: bob.says("/tom audience nobody")) == [ended]
    assert any("may no longer see your top of mind" in words for words in bob.hears()[-2:])

    alice.says("/tom Milch")
    assert "ist sichtbar für alle in deiner Organisation." in answers(alice, "/tom audience org")
    (heard,) = told(alice, lambda: bob.says("/tom subscribe alice@example.com"))
    assert heard.startswith(f"{whose} hat deine Liste „Was mir wichtig ist“ abonniert.")
    assert alice.says("/tom")[0].endswith(". Sichtbar für alle in deiner Organisation; 1 Abo._")
    (heard,) = told(bob, lambda: alice.says("/tom remove bob@example.com"))
    assert heard == "**Alice Adams** (alice@example.com) ended your subscription to their top of mind."


@SQLITE
def test_the_audience_is_asked_anew_at_each_look_and_each_notice(
    world: World, alice: Person, bob: Person, carol: Person, dave: Person
) -> None:
    """S-05, S-15: whoever is not shown a list learns nothing, not even whether there is an account."""
    bobs_list(bob, "rooms")
    dave.connects()
    dave.says("/tom subscribe bob@example.com")  # they meet in Launch
    assert items(dave.hears()[-1]) == ["**1** offer", "**2** holidays"]
    assert items(alice.says("/tom of bob@example.com")[-1]) == ["**1** offer", "**2** holidays"]  # no account is needed to look
    assert "haven't connected" in alice.says("/tom subscribe bob@example.com")[0]
    nobodys = NOTHING.format("nobody@example.com")
    assert answers(alice, "/tom of nobody@example.com").startswith(nobodys)
    assert answers(alice, "/tom of dave@partner.example").startswith(NOTHING.format("dave@partner.example"))
    assert alice.says("/tom of bob")[0].startswith("Usage")
    assert alice.says("/tom of")[0].startswith("Usage")

    # Dave leaves all rooms that they share; Bob's next change finds it out.
    while mine := [one["id"] for one in dave.api("GET", "/memberships")["items"] if one["roomType"] == "group"]:
        dave.api("DELETE", f"/memberships/{mine[0]}")
    bob.says("/tom a secret")
    assert "no longer shows you" in dave.hears()[-1]
    assert not [words for words in dave.hears() if "secret" in words]
    assert "**Dave" in bob.hears()[-1] and "may no longer see your top of mind" in bob.hears()[-1]
    assert answers(dave, "/tom of bob@example.com").startswith(NOTHING.format("bob@example.com"))
    assert answers(dave, "/tom subscribe bob@example.com").startswith(NOTHING.format("bob@example.com"))

    bob.says("/tom audience org")
    assert answers(dave, "/tom of bob@example.com").startswith(NOTHING.format("bob@example.com"))
    assert len(items(carol.says("/tom of bob@example.com")[-1])) == 3
    bob.says("/tom audience listed")
    assert answers(carol, "/tom of bob@example.com").startswith(NOTHING.format("bob@example.com"))
    assert "**Carol Clark** (carol@example.com) is now listed. They may see" in bob.says("/tom allow Carol@example.com")[0]
    assert "listed already" in bob.says("/tom allow carol@example.com")[0]
    assert "shown to the people you listed: carol@example.com" in bob.says("/tom audience")[0]
    assert len(items(carol.says("/tom of bob@example.com")[-1])) == 3
    carol.connects()
    carol.says("/tom subscribe bob@example.com")
    assert "your subscription has ended" in told(carol, lambda: bob.says("/tom disallow carol@example.com"))[0]
    assert "is not among the people" in bob.says("/tom disallow carol@example.com")[0]
    for words in ("audience everybody", "allow", "allow carol", "disallow x", "remove 3", "subscribe", "unsubscribe me"):
        assert bob.says(f"/tom {words}")[0].startswith("Usage"), words
    assert "shows me nobody" in bob.says("/tom allow nobody@example.com")[0]
    assert "That is you" in bob.says("/tom allow bob@example.com")[0]
    assert "That is a bot" in bob.says("/tom allow armyknife@webex.bot")[0]

    # A look by somebody who lost access ends the subscription, too.
    bob.says("/tom audience org")
    carol.says("/tom subscribe bob@example.com")
    with world.house.database.transaction() as db:
        topofmind.set_audience(db, bob.id, topofmind.NOBODY)
    assert [words.splitlines()[0][:8] for words in carol.says("/tom of bob@example.com")] == ["**Bob Br", "There is"]
    assert "their subscription has ended" in bob.hears()[-1]


@SQLITE
def test_when_webex_is_unwell_nothing_is_shown_and_nobody_let_go(world: World, alice: Person, bob: Person) -> None:
    bobs_list(bob, "rooms")
    alice.connects()
    alice.says("/tom subscribe bob@example.com")
    for status in (403, 404, 429, 503):
        world.fault("GET", "/rooms", by=bob, times=2, status=status)
        said = answers(alice, "/tom of bob@example.com")
        assert said.startswith((NOTHING.format("bob@example.com"), "**Bob Brown**")), status
    (notice,) = told(alice, lambda: (world.fault("GET", "/rooms", by=bob, status=503), bob.writes("/tom 1 told all the same")))
    assert items(notice)[0] == "**1** told all the same"
    (notice,) = told(alice, lambda: (world.fault("POST", "/messages$", by=world.bot, status=503), bob.writes("/tom 1 told once")))
    assert items(notice)[0] == "**1** told once"

    world.control("revoke", person=bob.email)  # only with Bob's rights could be told who is in a room with him
    assert answers(alice, "/tom of bob@example.com").startswith(NOTHING.format("bob@example.com"))
    assert told(alice, lambda: bob.says("/tom 1 not told")) == []
    assert "**Alice Adams**" in bob.says("/tom subscriptions")[0]
    bob.connects()
    with world.house.database.transaction() as db:
        user.change(db, bob.id, paused_at=1.0)
    assert answers(alice, "/tom of bob@example.com").startswith(NOTHING.format("bob@example.com"))
    assert "You are paused" in answers(bob, "/tom")
    with world.house.database.transaction() as db:
        user.change(db, bob.id, paused_at=None)
        user.change(db, alice.id, paused_at=1.0)
    assert told(alice, lambda: bob.says("/tom 1 not told to who paused")) == []
    assert "**Alice Adams**" in bob.says("/tom subscriptions")[0]


@SQLITE
def test_a_change_heard_twice_is_one_change_and_one_notice(world: World, alice: Person, bob: Person) -> None:
    """D-08."""
    bobs_list(bob, "org")
    alice.connects()
    world.control("switches", duplicate_deliveries=1)
    assert len(alice.says("/tom subscribe bob@example.com")) == 1
    assert len([words for words in bob.hears() if "subscribed to your top of mind" in words]) == 1
    (notice,) = told(alice, lambda: bob.says("/tom once"))
    assert items(notice)[-1] == "**3** once"
    world.fault("POST", "/messages$", by=world.bot, times=2, lost_answer=True)
    notices = told(alice, lambda: bob.says("/tom delete 3"))
    assert len(notices) == 1
    assert len([words for words in bob.hears() if words.startswith("Deleted: once")]) == 1
    assert told(alice, lambda: (world.control("replay", last=4), None)) == []


@SQLITE
def test_typed_where_others_are_it_means_theirs(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """D-44, S-15, S-16: by the room or a mention, by person id; and answered 1:1."""
    bobs_list(bob, "org")
    alice.connects()
    alice.says("/tom my own")
    bob.api("POST", "/messages", json={"toPersonId": alice.id, "text": "hi"})
    room = bob.api("GET", "/rooms", params={"type": "direct", "max": 50})["items"]
    direct = next(one["id"] for one in room if one["title"] == alice.name)

    def says(words: str) -> list[str]:
        return told(alice, lambda: alice.api("POST", "/messages", json={"roomId": direct, "text": words}))

    assert says("/tom")[0].startswith("**Bob Brown** (bob@example.com):")
    assert says("/topofmind SUBSCRIBE")[0].startswith("I'll tell you when **Bob Brown**")
    assert "**Alice Adams**" in bob.hears()[-1]
    assert says("/tom unsubscribe")[0].startswith("I no longer tell you of changes of **Bob Brown**")
    assert items(says("/tom thing of mine")[0]) == ["**1** my own", "**2** thing of mine"]
    assert items(alice.says("/tom", room="Project X")[0])[0] == "**1** my own"

    mention = f"<@personId:{bob.id}|Bobby>"
    for words in (f"{mention} /tom", f"/tom {mention}", f"{mention} /topofmind subscribe", f"/tom unsubscribe {mention}"):
        (said,) = alice.says("", room="Project X", markdown=words)
        assert "**Bob Brown**" in said, words
    assert items(alice.says("", room="Project X", markdown=f"/tom ask {mention} about it")[0])[-1] == "**3** ask Bobby about it"
    assert alice.says("", room="Project X", markdown=f"{mention} /tom 1 oops")[0].startswith("Usage")
    assert alice.says("", room="Project X", markdown=f"{mention} /todo") == []
    both = f"{mention} <@personId:{carol.id}|Carol> /tom"
    assert "Mention the one" in alice.says("", room="Project X", markdown=both)[0]

    # Of somebody without an account, the same is said as of somebody who shows nothing.
    bob.says("/tom audience nobody")
    refused = alice.says("", room="Project X", markdown=f"{mention} /tom")
    assert refused[0].startswith(NOTHING.format("the person you mentioned"))
    assert alice.says("", room="Project X", markdown=f"<@personId:{carol.id}|Carol> /tom") == refused
    carol.api("POST", "/messages", json={"toPersonId": alice.id, "text": "hi"})
    with_bob = says("/tom")
    rooms = alice.api("GET", "/rooms", params={"type": "direct", "max": 50})["items"]
    direct = next(one["id"] for one in rooms if one["title"] == carol.name)
    assert says("/tom") == with_bob
    assert with_bob[0].startswith(NOTHING.format("the person in that room"))
    assert not [words for words in bob.hears() if "my own" in words]


@SQLITE
def test_who_has_no_account_is_answered_in_my_rooms_only_if_i_say_so(
    world: World, alice: Person, bob: Person, carol: Person, dave: Person
) -> None:
    """S-15, S-16: a switch of its own, with the webhooks it needs and no others; refusals are silent."""
    bobs_list(bob, "org")
    alice.says("hello")
    dave.says("hello")

    def asks(person: Person, words: str = "/tom") -> list[str]:
        return told(person, lambda: person.api("POST", "/messages", json={"toPersonId": bob.id, "text": words}))

    def fetched() -> int:
        with world.house.database.reading() as db:
            return ledger.sums(db, bob.id, 1).get("fetched top of mind", 0)

    assert asks(alice) == []
    assert "I read nothing that others write to you" in bob.says("/tom answer")[0]
    assert bob.says("/tom answer maybe")[0].startswith("Usage")
    assert len(bob.webhooks()) == 1
    world.fault("POST", "/webhooks$", by=bob, status=503)
    assert "nothing was changed" in bob.says("/tom answer on")[0]
    assert "I read nothing" in bob.says("/tom answer")[0]
    bob.says("/tom answer off")
    assert "I read the 1:1 messages" in bob.says("/tom answer on")[0]
    assert len(bob.webhooks()) == 3
    assert fetched() == 0

    (shown,) = asks(alice)
    assert shown.startswith("**Bob Brown** (bob@example.com):")
    assert items(shown) == ["**1** offer", "**2** holidays"]
    mention = f"<@personId:{bob.id}|Bob>"
    for words in (f"{mention} /topofmind", f"/tom {mention}"):
        assert items(alice.says("", room="Project X", markdown=words)[0]) == ["**1** offer", "**2** holidays"], words
    for words in ("hello", "/tom 1 x", "/todo", "/tom subscribe", "tom"):
        assert asks(alice, words) == [], words
    assert alice.says("", room="Project X", markdown=f"{mention} <@personId:{carol.id}|Carol> /tom") == []
    assert asks(dave) == []  # of another organisation: nothing is said, as if there were no account
    assert fetched() == 10
    carol.connects()
    assert len(asks(carol)) == 1  # by her own webhook, once
    world.control("replay", last=6)
    world.settle()
    assert len([words for words in alice.hears() if words.startswith("**Bob")]) == 3
    assert fetched() == 10

    assert "nobody but you" in bob.says("/tom audience nobody")[0]
    assert len(bob.webhooks()) == 1
    assert asks(alice) == []
    bob.says("/tom audience org")
    assert len(bob.webhooks()) == 3
    world.fault("DELETE", "/webhooks/", by=bob, times=3, status=503)
    assert "I read nothing" in bob.says("/tom answer off")[0]
    assert asks(alice) == []  # a webhook that Webex did not let go is not listened to
    assert fetched() == 10


@pytest.mark.parametrize(
    ("org_id", "expected"),
    [
        ("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9jb25zdW1lcg", True),
        ("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9jb25zdW1lcg==", True),
        ("Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMjM0", False),
        ("", False),
        ("no base64!", False),
        ("/w==", False),
    ],
)
def test_the_organisation_of_free_accounts_is_no_organisation(org_id: str, expected: bool) -> None:
    assert is_everybodys(org_id) is expected
