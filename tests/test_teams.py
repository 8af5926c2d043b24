"""/manageteam: people under a name, by their addresses or as whoever is in a room."""

import pytest

from app.commands import addresses
from app.commands.linked import MEMBERS_SHOWN
from app.commands.teams import MOST_MEMBERS, MOST_TEAMS
from app.models import team
from tests.people import Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GONE = "is linked to a room that is not reachable"


def test_a_team_from_its_first_address_to_its_last(alice: Person) -> None:
    """D-13: addresses are alike in upper and lower case, the last removal is saved, and there is always an answer."""
    assert "haven't connected" in alice.says("/manageteam")[-1]
    alice.connects()
    assert "You have no teams" in alice.says("/teams")[0]
    (made,) = alice.says("/manageteam add Sales Bob@Example.com, carol@example.com;dave@partner.example\nbob@example.COM")
    assert made == "New team **sales**: bob@example.com, carol@example.com, dave@partner.example."
    (added,) = alice.says("/manageteam add SALES carol@example.com erin@example.com nonsense")
    assert added.split("\n\n") == [
        "Added to **sales**: erin@example.com.",
        "In **sales** already: carol@example.com.",
        "No address, so left out: nonsense.",
        "**sales** has 4 people.",
    ]
    assert alice.says("/manageteam add sales carol@example.com") == [
        "In **sales** already: carol@example.com.\n\n**sales** has 4 people."
    ]
    alice.says("/manageteam add a-team carol@example.com")
    (listed,) = alice.says("/teams")
    assert listed.splitlines()[2:4] == ["- **a-team** 1 person", "- **sales** 4 people"]
    (shown,) = alice.says("/manageteam list Sales")
    assert shown.splitlines() == [
        "**sales**, 4 people", "", "- bob@example.com", "- carol@example.com", "- dave@partner.example", "- erin@example.com",
    ]  # fmt: skip
    assert alice.says("/teams sales") == alice.says("/TEAMS LIST SALES") == [shown]

    (removed,) = alice.says("/manageteam remove sales ERIN@example.com, zoe@example.com, x")
    assert removed.split("\n\n") == [
        "Removed from **sales**: erin@example.com.",
        "Not in **sales**: zoe@example.com.",
        "No address, so left out: x.",
        "**sales** has 3 people.",
    ]
    assert alice.says("/manageteam remove sales zoe@example.com")[0].startswith("Nobody was removed.")
    (last,) = alice.says("/manageteam remove a-team CAROL@EXAMPLE.COM")
    assert last.endswith("Nobody is in **a-team** now. I keep the team; `/manageteam delete a-team` removes it.")
    assert "- **a-team** nobody" in alice.says("/teams")[0]
    assert alice.says("/manageteam list a-team")[0].startswith("Nobody is in **a-team**.")
    assert alice.says("/manageteam delete a-team") == ["Deleted **a-team**. Nobody was in it."]
    assert alice.says("/manageteam delete a-team") == ["You have no team of that name. There is **sales**."]


def test_a_deleted_team_is_taken_back(world: World, alice: Person, bob: Person) -> None:
    """Nothing of it is kept: what brings it back stands in the answer."""
    alice.connects()
    alice.says("/manageteam add sales bob@example.com, carol@example.com")
    alice.says("/manageteam link launch Launch")
    (gone,) = alice.says("/manageteam delete SALES")
    assert gone.startswith("Deleted **sales**, 2 people; I keep nothing of it.")
    assert "`/manageteam add sales bob@example.com, carol@example.com`" in gone
    assert alice.presses("Undo") == ["New team **sales**: bob@example.com, carol@example.com."]
    assert "already: bob@example.com, carol@example.com" in alice.presses("Undo")[0]  # pressed twice
    assert "its link to a room" in alice.says("/manageteam delete launch")[0]
    assert "**launch** is linked to **Launch**" in alice.presses("Undo")[0]

    bob.connects()  # teams are private
    assert "You have no teams" in bob.says("/teams")[0]
    assert "You have no teams" in bob.says("/manageteam delete sales")[0]
    assert "sales" in alice.says("/teams")[0]
    alice.says("/delete DELETENOW")
    with world.house.database.reading() as db:
        assert db.query(team.Team).count() == db.query(team.TeamMember).count() == 0


@SQLITE
def test_cards_of_teams(alice: Person) -> None:
    alice.connects()
    alice.says("/manageteam add sales bob@example.com")
    alice.says("/teams")
    assert alice.presses("Show")[0].startswith("**sales**, 1 person")
    assert "Added to **sales**: carol@example.com" in alice.presses("Add", argument="Carol <carol@example.com>")[0]
    assert "Removed from **sales**: bob@example.com" in alice.presses("Remove", argument=" BOB@example.com ")[0]
    assert alice.presses("Add", argument="  ")[0].startswith("Usage: `/manageteam`")


@SQLITE
def test_linked_teams_show_whoever_is_in_the_room(world: World, alice: Person, bob: Person, carol: Person, dave: Person) -> None:
    """D-14: a room that is not reachable is said to be so, and breaks nothing."""
    alice.connects()
    assert "**x** is linked to **Project X**" in alice.says("/manageteam link X", room="Project X")[0]
    assert "**launch** is linked to **Launch**" in alice.says("/manageteam link launch  LAUNCH ")[0]
    alice.says("/manageteam add sales bob@example.com")
    room = bob.api("POST", "/rooms", json={"title": "Away <soon>"})["id"]
    membership = bob.api("POST", "/memberships", json={"roomId": room, "personEmail": alice.email})["id"]
    assert "is linked to **Away &lt;soon&gt;**" in alice.says("/manageteam link away way <s")[0]
    (shown,) = alice.says("/teams launch")
    assert shown.splitlines() == [
        "**launch** is linked to **Launch**, now 4 members", "",
        "- Alice Adams (alice@example.com)", "- Bob Brown (bob@example.com)", "- Carol Clark (carol@example.com)",
        "- Dave Dunn (dave@partner.example)",
    ]  # fmt: skip
    bob.api("DELETE", f"/memberships/{membership}")
    (listed,) = alice.says("/teams")
    assert [line.partition(":")[0] for line in listed.splitlines()[2:6]] == [
        f"- **away** {GONE}", "- **launch** is linked to **Launch**",
        "- **sales** 1 person", "- **x** is linked to **Project X**",
    ]  # fmt: skip
    (away,) = alice.says("/manageteam list away")
    assert GONE in away and "`/manageteam delete away` removes it" in away
    dave.api("DELETE", "/memberships/" + next(
        one["id"] for one in dave.api("GET", "/memberships", params={"max": 100})["items"] if one["roomId"] == dave.room("Launch")
    ))  # fmt: skip
    assert "now 3 members" in alice.says("/teams launch")[0]

    for words in ("/manageteam add launch carol@example.com", "/manageteam remove launch bob@example.com"):
        assert "whoever is in the room is in the team" in alice.says(words)[0]
    assert "**sales** has 1 person of its own, who would be lost" in alice.says("/manageteam link sales Launch")[0]
    assert "**away** is linked to **Project X**" in alice.says("/manageteam link away project x")[0]
    assert "now 3 members" in alice.says("/teams away")[0]
    with world.house.database.transaction() as db:
        user_team = team.find(db, alice.id, "away")
        assert user_team is not None
    for _ in range(MEMBERS_SHOWN):
        email = f"p{_:03}@example.com"
        world.control("people", email=email, displayName=f"Person {_:03}")
        alice.api("POST", "/memberships", json={"roomId": alice.room("Launch"), "personEmail": email})
    world.settle()
    pieces = alice.says("/teams launch")
    assert "now 103 members" in pieces[0] and pieces[-1].endswith("… and 3 more")


@SQLITE
def test_webex_fails_while_it_is_asked_about_linked_teams(world: World, alice: Person) -> None:
    alice.connects()
    for name, room in (("a", "Launch"), ("b", "Project X"), ("c", "Launch")):
        alice.says(f"/manageteam link {name} {room}")
    alice.says("/manageteam add d bob@example.com")
    for status, words in ((404, GONE), (403, GONE), (500, "Webex answered 500"), (429, "Webex answered 429")):
        world.control("faults", method="GET", path="/rooms/", times=2, fault={"status": status})
        (listed,) = alice.says("/teams")
        rows = listed.splitlines()[2:6]
        assert words in rows[0] and rows[3] == "- **d** 1 person", status
        world.simulator.cloud.faults.clear()
    world.forget_calls()
    world.fault("GET", "/rooms/", times=-1, drop=True)
    rows = alice.says("/teams")[0].splitlines()[2:6]
    assert all("can't be looked at now: Webex did not answer" in row for row in rows[:3])
    assert len([call for call in world.look("calls") if "/rooms/" in call["path"]]) <= 2  # nobody waits for the other two
    world.simulator.cloud.faults.clear()
    world.fault("GET", "/memberships", status=500, times=2)
    assert "Webex answered 500" in alice.says("/teams a")[0]
    world.simulator.cloud.faults.clear()
    world.fault("GET", "/rooms", status=500, times=2)
    assert "nothing was changed" in alice.says("/manageteam link e Launch")[0]
    world.simulator.cloud.faults.clear()
    world.control("revoke", person=alice.email)
    rows = alice.says("/teams")[-1].splitlines()[2:6]
    assert all("`/init` connects again" in row for row in rows[:3]) and rows[3] == "- **d** 1 person"
    assert "`/init` connects again" in alice.says("/teams a")[0]
    assert "Added to **d**" in alice.says("/manageteam add d carol@example.com")[0]  # addresses need nobody's access
    assert "type `/init` to connect again" in alice.says("/manageteam link e Launch")[0]


@SQLITE
def test_which_room_is_meant(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    for title in ("Plan", "plan", "Planning 1", "Planning *2*"):
        alice.api("POST", "/rooms", json={"title": title})
    (refused,) = alice.says("/manageteam link t pLaN")
    assert "could be 2 rooms: **" in refused and "Nothing was linked" in refused
    (refused,) = alice.says("/manageteam link t planning")
    assert "**Planning 1**" in refused and r"**Planning \*2\***" in refused
    assert "is linked to **Planning 1**" in alice.says("/manageteam link t anning 1")[0]
    assert "is linked to **plan**" in alice.says(f"/manageteam link t {alice.room('plan')}")[0]
    assert "Which room?" in alice.says("/manageteam link t")[0]
    assert "You are in no group room called ../people/me" in alice.says("/manageteam link t ../people/me")[0]
    assert "no group room called Bob Brown" in alice.says("/manageteam link t Bob Brown")[0]
    bob.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "hello"})
    assert "This is a 1:1 room" in alice.says("/manageteam link t", room="Bob Brown")[0]
    assert "is linked to **plan**" in alice.says("/teams")[0]


@SQLITE
def test_wrong_words_are_answered_and_limits_said(world: World, alice: Person) -> None:
    """D-13, D-21: nothing is silent."""
    alice.connects()
    alice.says("/manageteam add sales bob@example.com")
    for words in ("add", "add sales", "remove sales", "link", "list sales now", "delete sales yes", "sync sales", "nonsense"):
        assert alice.says(f"/manageteam {words}")[0].startswith("Usage: `/manageteam`"), words
    for words in (f"add {'x' * 31} b@c.de", "add -a b@c.de", "link a_b Launch", "add <@all> b@c.de", "link a/b Launch"):
        assert alice.says(f"/manageteam {words}")[0].startswith("A team's name is one word"), words
    for name in ("Größe", "x" * 30):
        assert alice.says(f"/manageteam add {name} bob@example.com")[0].startswith(f"New team **{name.lower()}**"), name
    (refused,) = alice.says("/manageteam add sales <@all> *x* bob@ @example.com a@b " + "word " * 20)
    assert refused.startswith("I see no address in that") and refused.endswith("and 15 more. Nobody was added.")
    assert "mentionedPeople" not in alice.bot_messages()[-1] and r"\*x\*" in refused
    for words in ("list nobody", "remove nobody bob@example.com", "delete nobody"):
        assert "You have no team of that name. There is" in alice.says(f"/manageteam {words}")[0]

    many = ", ".join(f"person.{number}@example.com" for number in range(MOST_MEMBERS))
    (refused,) = alice.says(f"/manageteam add sales {many}")
    assert f"A team may have {MOST_MEMBERS} people; with these it would have {MOST_MEMBERS + 1}. Nobody was added." in refused
    alice.says(f"/manageteam add big {many}")
    (gone,) = alice.says("/manageteam delete big")
    assert gone.count("`/manageteam add big ") == 4
    assert "Undo" in str(alice.bot_messages()[-1]["attachments"])
    assert alice.presses("Undo")[0].startswith("New team **big**: person.0@example.com")
    assert "- **big** 200 people" in alice.says("/teams")[0]
    with world.house.database.transaction() as db:
        for number in range(MOST_TEAMS - len(team.of(db, alice.id))):
            team.add(db, alice.id, f"team{number}")
    for words in ("add one-more bob@example.com", "link one-more Launch"):
        assert f"You have {MOST_TEAMS} teams" in alice.says(f"/manageteam {words}")[0]
    assert "Added to **sales**" in alice.says("/manageteam add sales carol@example.com")[0]
    assert len(alice.says("/teams")[0].splitlines()) == MOST_TEAMS + 4


@SQLITE
def test_a_team_is_made_once_however_often_webex_tells(world: World, alice: Person) -> None:
    """D-08"""
    alice.connects()
    world.control("switches", duplicate_deliveries=1)
    assert len(alice.says("/manageteam add sales bob@example.com")) == 1
    assert len(alice.says("/manageteam remove sales bob@example.com")) == 1
    world.control("switches", duplicate_deliveries=0)
    said = alice.hears()
    world.control("replay", last=2)
    world.settle()
    assert alice.hears() == said


@pytest.mark.parametrize(
    ("typed", "emails", "wrong"),
    [
        ("a@b.cd", ["a@b.cd"], []),
        (" A@B.cd;a@b.cd,\n\tc@d.ef ,,; ", ["a@b.cd", "c@d.ef"], []),
        ("Bob Brown <Bob@b.cd>, Carol <c@d.ef>", ["bob@b.cd", "c@d.ef"], []),
        ('"Brown, Bob" <bob@b.cd>; Clark, Carol <c@d.ef>', ["bob@b.cd", "c@d.ef"], []),
        ("bob@b.cd <bob@b.cd> (c@d.ef) 'e@f.gh' `i@j.kl`.", ["bob@b.cd", "c@d.ef", "e@f.gh", "i@j.kl"], []),
        ("mailto:a@b.cd?subject=x <mailto:c@d.ef> [g@h.ij](mailto:g@h.ij)", ["a@b.cd", "c@d.ef"], ["[g@h.ij](mailto:g@h.ij)"]),
        ("Bob a@b.cd Carol", ["a@b.cd"], ["Bob", "Carol"]),
        ("a@b a@b@c.de @b.cd a@.cd a@b.c <nobody> - – <", [], ["a@b", "a@b@c.de", "@b.cd", "a@.cd", "a@b.c", "<nobody>"]),
        ("x" * 65 + "@b.cd a@" + "b" * 251 + ".cd", [], ["x" * 65 + "@b.cd", "a@" + "b" * 251 + ".cd"]),
        ("x" * 64 + "@" + "b" * 250 + ".abcdef", [], ["x" * 64 + "@" + "b" * 250 + ".abcdef"]),
        ("ünï@exämple.com O'Neil+tag@a-b.co.uk", ["ünï@exämple.com", "o'neil+tag@a-b.co.uk"], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_addresses_as_people_paste_them(typed: str, emails: list[str], wrong: list[str]) -> None:
    given = addresses.read(typed)
    assert (list(given.emails), list(given.wrong)) == (emails, wrong)
