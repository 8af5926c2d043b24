"""/track, /untrack, /trackers and /get: people are known by their person id, and only ids of messages are kept."""

from collections.abc import Callable

import pytest

from app.language import LANGUAGES, speaking
from app.showing import MENTIONED, shown, without_files
from app.webex.resources import Message
from tests.people import BOT_EMAIL, Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard", "version": "1.3"}}


def told(listener: Person, act: Callable[[], object]) -> list[str]:
    """What the bot tells one person because of what another one does."""
    before = {message["id"] for message in listener.bot_messages()}
    act()
    listener.world.settle()
    return [message["markdown"] for message in listener.bot_messages() if message["id"] not in before]


def writes(speaker: Person, words: str, room: str = "Project X") -> Callable[[], object]:
    return lambda: speaker.writes(words, room=room)


def test_live_and_store_for_everybody_and_for_one(alice: Person, bob: Person, carol: Person) -> None:
    """D-11: what is kept is forgotten when it was shown, message by message."""
    alice.connects()
    assert "Now tracking **Bob Brown** (bob@example.com) as **bob**, live" in alice.says("/track Bob@Example.com BOB")[0]
    assert "as **carol**" in alice.says("/track carol@example.com carol")[0]
    assert told(alice, writes(bob, "first")) == [f"**bob** (bob@example.com) in {alice.linked('Project X')}:\n\n> first  "]

    assert "**carol** is tracked in store" in alice.says("/track store Carol")[0]
    assert told(alice, writes(carol, "second")) == []
    assert "third" in told(alice, writes(bob, "third"))[0]
    assert "everybody you track is tracked in store" in alice.says("/TRACK STORE")[0]
    assert told(alice, writes(bob, "fourth", "Launch")) == []
    assert told(alice, writes(carol, "fifth", "Launch")) == []
    (listed,) = alice.says("/trackers")
    assert listed.splitlines()[2:] == [
        "- **bob** (bob@example.com) store, 1 message kept",
        "- **carol** (carol@example.com) store, 2 messages kept",
    ]
    assert "3 kept message ids; no message texts" in alice.says("/me")[0]

    head, message = alice.says("/get BOB")
    assert head == "1 message of **bob**:"
    assert message == f"**bob** (bob@example.com) in {alice.linked('Launch')}:\n\n> fourth  "
    assert alice.says("/get bob") == ["No messages of **bob** are kept."]
    head, *messages = alice.says("/get all")
    assert head == "2 messages of the people you track:"
    assert [words.splitlines()[-1] for words in messages] == ["> second  ", "> fifth  "]
    assert alice.says("/get all") == ["No messages of the people you track are kept."]

    assert "**bob** is tracked live" in alice.says("/track live bob")[0]
    assert "sixth" in told(alice, writes(bob, "sixth"))[0]
    assert told(alice, writes(carol, "seventh")) == []
    assert "as **dave**, in store" in alice.says("/track dave@partner.example dave")[0]  # as chosen for everybody


@SQLITE
def test_a_tracked_person_can_be_renamed_and_let_go(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """D-21: /untrack of nobody is answered; nicknames are one person's each."""
    alice.connects()
    assert "You track nobody" in alice.says("/trackers")[0]
    assert "You track nobody" in alice.says("/untrack bob")[0]
    alice.says("/track bob@example.com bob")
    (refused,) = alice.says("/track carol@example.com BOB")
    assert "You call bob@example.com **bob** already" in refused
    assert "as **robert**" in alice.says("/track bob@example.com Robert")[0]
    assert alice.says("/trackers")[0].splitlines()[2:] == ["- **robert** (bob@example.com) live"]
    assert "as **bob**" in alice.says("/track carol@example.com bob")[0]
    assert len(alice.webhooks()) == 3  # her own messages and each of the two

    assert "You track nobody of that name" in alice.says("/untrack carl")[0]
    (gone,) = alice.says("/UNTRACK Bob@EXAMPLE.com")
    assert "no longer track **robert** (bob@example.com)" in gone
    assert told(alice, writes(bob, "am I still followed?")) == []
    assert "hello" in told(alice, writes(carol, "hello"))[0]
    assert "no longer track **bob** (carol@example.com)" in alice.says("/untrack BOB")[0]
    assert told(alice, writes(carol, "and I?")) == []
    assert [hook["filter"] for hook in alice.webhooks()] == [f"personId={alice.id}"]


@SQLITE
def test_whom_one_can_track(world: World, alice: Person, bob: Person, dave: Person) -> None:
    """Webex finds people by address inside one's own organisation only; others are found where one meets them."""
    alice.connects()
    assert "Now tracking **Dave Dunn**" in alice.says("/track dave@partner.example dave")[0]
    assert "from outside" in told(alice, writes(dave, "from outside", "Launch"))[0]
    alice.says("/untrack dave")

    world.control("people", email="erin@partner.example", displayName="Erin")
    erin = world.person("erin@partner.example")
    (refused,) = alice.says("/track erin@partner.example erin")
    assert "nobody with the address erin@partner.example" in refused
    erin.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "we never shared a room"})
    assert "as **erin**" in alice.says("/track erin@partner.example erin")[0]
    again = {"toPersonEmail": alice.email, "text": "now you know me"}
    (shown_1_to_1,) = told(alice, lambda: erin.api("POST", "/messages", json=again))
    assert shown_1_to_1 == f"**erin** (erin@partner.example) in {alice.linked('Erin')}:\n\n> now you know me  "

    assert "That is you" in alice.says("/track ALICE@example.com me")[0]
    assert "a bot" in alice.says(f"/track {BOT_EMAIL} bot")[0]
    assert "nobody with the address" in alice.says("/track nobody@example.com nobody")[0]
    for nickname in ("all", "live", "store", "x" * 31, "two words", "<@all>", "[x](http://y)", "-"):
        (refused,) = alice.says(f"/track bob@example.com {nickname}")
        assert refused.startswith("A nickname is one word"), nickname
    assert alice.says("/trackers")[0].splitlines()[2:] == ["- **erin** (erin@partner.example) live"]
    assert len(alice.webhooks()) == 2


@SQLITE
def test_what_others_wrote_is_shown_literally(alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    evil = (
        "<@all> <@personEmail:alice@example.com> [click](javascript:alert(1)) ![x](http://evil.example)\n# no heading\n"
        "still no heading\n===\n- no list\n+ no list\n1. no list\n---\n> no quote\n_a_ **b** `c` ~~d~~ <b>e</b> &lt; \\_f\\_"
    )
    told(alice, lambda: bob.api("POST", "/messages", json={"roomId": bob.room("Project X"), "text": evil}))
    message = alice.bot_messages()[-1]
    assert message["text"].splitlines()[1:] == evil.splitlines()
    assert "mentionedPeople" not in message
    assert message["html"].count("<a ") == 1  # the room's, by the bot
    for tag in ("<em>", "<code>", "<b>", "<img", "<h1", "<h2", "<hr", "<ul", "<ol", "spark-mention"):
        assert tag not in message["html"], tag
    assert message["html"].count("<blockquote>") == 1
    assert message["html"].count("<strong>") == 2  # the nickname and the room, said by the bot


@SQLITE
def test_messages_without_text_and_messages_too_long_to_show(alice: Person, bob: Person) -> None:
    """D-43: a message without text is a message. What is cut says so."""
    alice.connects()
    alice.says("/track bob@example.com bob")
    said = told(alice, lambda: bob.api("POST", "/messages", json={"roomId": bob.room("Project X"), "attachments": [CARD]}))
    assert said == [f"**bob** (bob@example.com) in {alice.linked('Project X')}: _a message without text_"]
    for words in ("(*) " * 1_800, "*" * 7_400, "<>\n" * 2_400):
        (cut,) = told(alice, writes(bob, words))
        assert len(cut.encode()) <= 7_439
        assert len(cut) > 7_000
        assert cut.endswith("_The message goes on; the rest is in its room._")
    (whole,) = told(alice, writes(bob, "x" * 7_300))
    assert "x" * 7_300 in whole

    files = Message(id="m", room_id="r", person_id="p", person_email="bob@example.com", files=("1",))
    assert shown(files, "**bob**", "", "Project X") == "**bob** (bob@example.com) in **Project X**:\n\n_1 file attached_"
    both = Message(id="m", room_id="r", person_id="p", person_email="bob@example.com", text="look", files=("1", "2"))
    assert shown(both, "**bob**", "", "") == "**bob** (bob@example.com) in your 1:1 room:\n\n_2 files attached_\n\n> look  "


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_the_same_whether_or_not_its_files_can_be_named(language: str) -> None:
    """By that it is known again after a crash, in whatever language it was shown."""
    message = Message(id="m", room_id="r", person_id="p", person_email="bob@example.com", text="1 file", files=("1", "2", "3"))
    with speaking(language):
        ways = [shown(message, "", MENTIONED, "Project X", names=names) for names in ([], ["a.txt"], ["a", "b"], ["a", "b", "c"])]
        assert len(set(ways)) == 4
        assert len({without_files(way) for way in ways}) == len({without_files(way.replace("_", "")) for way in ways}) == 1
        assert "> 1 file" in without_files(ways[0])


@SQLITE
def test_kept_messages_that_are_gone(alice: Person, bob: Person) -> None:
    """D-11: a message that is gone is named once, and the others are shown all the same."""
    alice.connects()
    alice.says("/track store")
    alice.says("/track bob@example.com bob")
    room = alice.api("POST", "/rooms", json={"title": "Short-lived"})["id"]
    alice.api("POST", "/memberships", json={"roomId": room, "personEmail": bob.email})
    assert told(alice, writes(bob, "one")) == []
    deleted = bob.writes("two", room="Project X")
    bob.writes("three", room="Short-lived")
    assert told(alice, writes(bob, "four", "Launch")) == []
    bob.api("DELETE", f"/messages/{deleted['id']}")
    alice.api("DELETE", f"/rooms/{room}")
    head, *messages = alice.says("/get bob")
    assert head == "4 messages of **bob**:"
    gone = "A message of **bob** can't be shown any more: it was deleted, or you left its room."
    assert [words.splitlines()[-1] for words in messages] == ["> one  ", gone, gone, "> four  "]
    assert alice.says("/get bob") == ["No messages of **bob** are kept."]


@SQLITE
def test_a_new_address_changes_nothing_since_people_are_their_person_id(world: World, alice: Person, bob: Person) -> None:
    """D-15: identity is the person id everywhere."""
    alice.connects()
    bob.connects()
    alice.says("/track bob@example.com bob")
    world.simulator.cloud.people[bob.id].email = "robert@example.com"
    assert told(alice, writes(bob, "same old me")) == [
        f"**bob** (robert@example.com) in {alice.linked('Project X')}:\n\n> same old me  "
    ]
    assert "as **rob**, live" in alice.says("/track robert@example.com rob")[0]
    assert alice.says("/trackers")[0].splitlines()[2:] == ["- **rob** (robert@example.com) live"]
    assert len(told(alice, writes(bob, "told once"))) == 1
    assert bob.says("/todo still mine", room="Project X")[0].startswith("Added **1**")

    world.simulator.cloud.people[alice.id].email = "ally@example.com"
    assert len(told(alice, writes(bob, "and to me"))) == 1
    assert "That is you" in alice.says("/track ally@example.com me")[0]
    assert alice.says("/me")[0].startswith("**Alice Adams** (ally@example.com)")
    assert alice.says("/todo x", room="Project X")[0].startswith("Added **1**")
    assert "no longer track **rob**" in alice.says("/untrack robert@example.com")[0]


@SQLITE
def test_nobody_is_shown_what_they_cannot_read_themselves(world: World, alice: Person, bob: Person, carol: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    secret = {"toPersonEmail": carol.email, "text": "only for Carol"}
    assert told(alice, lambda: bob.api("POST", "/messages", json=secret)) == []
    room = bob.api("POST", "/rooms", json={"title": "Without Alice"})["id"]
    message = bob.api("POST", "/messages", json={"roomId": room, "text": "only for Bob"})
    path, secret_key = world.hook_of(alice)
    about = {"id": message["id"], "roomId": room, "roomType": "group", "personId": bob.id, "personEmail": bob.email}
    event = world.event("messages", about, actor=bob.id, owner=alice.id)  # even if Webex told of it
    alice.says("/track store")
    assert told(alice, lambda: world.deliver(path, secret_key, event)) == []
    _, shown_to_her = alice.says("/get bob")
    assert shown_to_her == "A message of **bob** can't be shown any more: it was deleted, or you left its room."
