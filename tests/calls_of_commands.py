"""What each command asks of Webex, in order, by whose token, and what it says when that one call fails.

A command that makes a call which does not stand here fails its test, so this table is complete.
"""

from dataclasses import dataclass
from functools import partial

TROUBLE = r"Webex (answered \d+|did not answer), so nothing was changed\. Please try again in a moment\."
NOT_ALLOWED = r"Webex did not let you in\. I tell the link's owner; please try again later\."
NOT_NOW = r"Webex does not answer well at the moment, so you are not in yet\. Please try again\."
NOT_SURE = r"Webex did not answer in time, so I don't know whether you are in\. Please try again; it does no harm\."
NOT_LET_IN = f"({NOT_ALLOWED}|{NOT_NOW})"
NOT_SHOWN = r"There is no top of mind of .* that I may show you now\. `/tom`, typed to me, shows your own\."
PLAN = frozenset({"plan", "plan_item"})
PINNED = frozenset({"reminder", "alarm"})


@dataclass(frozen=True)
class Ask:
    """One call of a command.

    :ivar by: whose token makes it, by first name
    :ivar call: method and path, with a star for an id
    :ivar fails: what is said when it can't be had, as a pattern for the whole answer
    :ivar part: the same where the command goes on and names what is missing
    :ivar count: how often it is made, several at a time
    :ivar looks: calls that are made first, if an earlier try left open whether it was done
    :ivar told_by: the status that is an answer to it, and no fault
    """

    by: str
    call: str
    fails: str = TROUBLE
    part: str = ""
    count: int = 1
    looks: tuple["Ask", ...] = ()
    told_by: int = 0

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        """The same as a pattern."""
        return self.call.split()[1].replace("*", "[^/]{30,}") + "$"


@dataclass(frozen=True)
class Case:
    """A command and its calls.

    :ivar typed: with the names of `Stage.names` in braces
    :ivar says: what a success says, as a pattern for the whole answer
    :ivar changes: the tables of ours that a success changes; a failure changes none
    :ivar room: where it is typed; 1:1 with the bot if empty
    :ivar tidies: the message with the command is removed after a success
    """

    typed: str
    says: str
    asks: tuple[Ask, ...] = ()
    changes: frozenset[str] = frozenset()
    room: str = "Project X"
    who: str = "alice"
    tidies: bool = False


alice, bob, bot = (partial(Ask, name) for name in ("alice", "bob", "army"))
ROOM, ROOMS = alice("GET /rooms/*"), alice("GET /rooms")
MESSAGES, MEMBERS = alice("GET /messages"), alice("GET /memberships")
BY_ID = alice("GET /rooms/*", rf"({TROUBLE}|You are in no room with the id .* Nothing was done\.)")
LINKED = alice("GET /memberships", rf"({TROUBLE}|The room to which that team is linked is not reachable: .*)")
UNREAD = alice("GET /memberships", part=r".* rooms? could not be read: .*", count=4)
NOT_FOUND_OUT = r"Whether .* could not be found out\. Nothing was done\."
LEFT_OUT = alice("GET /memberships", NOT_FOUND_OUT, r".*Could not be read, and are left out: .*", count=4)
MAKER = alice("GET /people/*", part=r".*, by somebody whom Webex does not show any more.*")
FILE = alice("HEAD /contents/*", part=r".*(it is gone|Webex .*|answered \d+)_")
IN_ROOM = bob("GET /memberships", NOT_SHOWN, part=r".*\*\*Top of mind\*\*.*offer")  # there are other rooms
ORG = bot("GET /people/*", NOT_SHOWN)
asks_to = r"I'll {}.*\*\*Nothing is done yet\.\*\*.*".format

READING = (
    Case("/pin", r"\*\*Pinned as 1\*\*.*", (MESSAGES,), frozenset({"reminder"}), tidies=True),
    Case("/pin 2 +2h call back", r"\*\*1\*\*: I'll remind you .*: call back", (MESSAGES,), PINNED, tidies=True),
    Case("/pin 0 +2h buy milk", r"\*\*1\*\*: I'll remind you .*: buy milk", (), PINNED, tidies=True),
    Case("/remind +2h buy milk", r"\*\*1\*\*: I'll remind you .*: buy milk", (), PINNED),
    Case("/todo 2", r"Added \*\*1\*\*: the plan is late.*", (MESSAGES,), frozenset({"todo"}), tidies=True),
    Case("/todo 2 call him", r"Added \*\*1\*\*: call him.*", (MESSAGES,), frozenset({"todo"}), tidies=True),
    Case(
        "/todo 1", r"Added \*\*1\*\*: plan.pdf from bob@example.com.*",
        (MESSAGES, alice("HEAD /contents/*", part=r"Added \*\*1\*\*: file from bob@example.com.*")),
        frozenset({"todo"}), tidies=True,
    ),
    Case("/todo buy milk", r"Added \*\*1\*\*: buy milk.*", (), frozenset({"todo"}), tidies=True),
    Case("/listroom", r"\*\*Project X\*\*.*, by \*\*Alice Adams\*\*.*open the room.*", (ROOM, MAKER), tidies=True),
    Case("/listroom project x", r"\*\*Project X\*\*.*, by \*\*Alice Adams\*\*.*", (ROOMS, MAKER), tidies=True),
    Case("/listroom {launch}", r"\*\*Launch\*\*.*, by \*\*Alice Adams\*\*.*", (BY_ID, MAKER), room=""),
    Case("/listmembers", r"\*\*3 members\*\* of \*\*Project X\*\*:.*", (ROOM, MEMBERS), tidies=True),
    Case("/listmembers csv", r"\*\*3 members\*\* of \*\*Project X\*\*, in the file\..*,bob@example.com,.*", (ROOM, MEMBERS),
         tidies=True),
    Case("/listmembers launch", r"\*\*4 members\*\* of \*\*Launch\*\*:.*", (ROOMS, MEMBERS), room=""),
    Case("/listfiles", r"\*\*1 file\*\* in .*\[plan.pdf\]\(.*, application/pdf", (ROOM, MESSAGES, FILE), tidies=True),
    Case(
        "/listfiles csv", r"\*\*1 file\*\* in .*plan.pdf,4,application/pdf,http.*",
        (ROOM, MESSAGES, alice("HEAD /contents/*", part=r".*,,,.*,(it is gone|Webex .*)")), tidies=True,
    ),
    Case(
        "/listfiles pdf in project x", r"\*\*1 file\*\* of type pdf in .*\[plan.pdf\]\(.*",
        (ROOMS, MESSAGES, alice("HEAD /contents/*", part=r".*Of 1 I could not find out name and size, .*")), room="",
    ),
    Case("/checkmember dave@partner.example", r"\*\*dave@partner.example\*\* is in 2 of your 4 group rooms:[^_]*",
         (ROOMS, UNREAD), room=""),
    # The top of mind of others: who asks learns nothing, not even that Webex failed
    Case("/tom", r".*\*\*Top of mind\*\*.*offer", (alice("GET /memberships"), bob("GET /rooms", NOT_SHOWN), IN_ROOM),
         room="Bob Brown"),
    Case("/tom of bob@example.com", r".*\*\*Top of mind\*\*.*offer", (bob("GET /rooms", NOT_SHOWN), IN_ROOM), room=""),
    Case("/tom of carol@example.com", r".*\*\*Top of mind\*\*.*holidays", (ORG, ORG), room=""),
    Case("/tom subscribe carol@example.com", r"I'll tell you when \*\*Carol Clark\*\*.*",
         (ORG, ORG), frozenset({"top_subscription"}), room=""),
)  # fmt: skip

PROPOSING = (
    Case("/addmember dave@partner.example", asks_to("add dave@partner.example to"), (ROOM,), PLAN),
    Case("/addmember dave@partner.example project x", asks_to("add dave@partner.example to"), (ROOMS,), PLAN, room=""),
    Case("/addmember dave@partner.example {launch},{room}", asks_to("add dave@partner.example to 2 rooms"),
         (BY_ID, BY_ID), PLAN, room=""),
    Case("/deletemember bob@example.com", asks_to("remove bob@example.com from"), (
        ROOM, alice("GET /memberships", NOT_FOUND_OUT)), PLAN),
    Case("/deletemember bob@example.com everywhere", asks_to("remove bob@example.com from [43] rooms"),
         (ROOMS, LEFT_OUT), PLAN, room=""),
    Case("/copyroom Copy", asks_to("make the room"), (ROOM, MEMBERS), PLAN, tidies=True),
    Case("/team init new", r"\*\*new\*\* is a team of the 3 people .*", (ROOM, MEMBERS),
         frozenset({"team", "team_member"}), tidies=True),
    Case("/team link new", r"\*\*new\*\* is whoever is in .*", (ROOM,), frozenset({"team"}), tidies=True),
    Case("/team verify crew", r"In the team, and not in .*dave@partner.example.*", (ROOM, MEMBERS), tidies=True),
    Case("/team verify source", r"In the team, and not in .*dave@partner.example.*", (ROOM, LINKED, MEMBERS), tidies=True),
    Case("/team add crew", asks_to("add 1 person of"), (ROOM, MEMBERS), PLAN, tidies=True),
    Case("/team add source", asks_to("add 1 person of"), (ROOM, LINKED, MEMBERS), PLAN, tidies=True),
    Case("/team remove crew", asks_to("remove 1 person of"), (ROOM, MEMBERS), PLAN, tidies=True),
    Case("/team sync crew", asks_to("add 1 person and remove 1 person in"), (ROOM, MEMBERS), PLAN, tidies=True),
    Case("/makepublic uses 2", r"\*\*People can join Project X\*\*.*", (ROOM,), frozenset({"join_link"})),
    Case("/makepublic", r"\*\*People can join Locked\*\*.*", (ROOM, MEMBERS), frozenset({"join_link"}), room="Locked"),
    Case("/makeprivate", r"Nobody can join \*\*Project X\*\* by your link any more\..*", (ROOM,), frozenset({"join_link"})),
    Case("/joinlinks", r"\*\*Your join links\*\*.* to \*\*Project X\*\*.*", (
        alice("GET /rooms/*", part=r".* to a room that I can't reach: .*"),), room=""),
    Case("/joinlinks new 1", r"\*\*People can join Project X\*\*.*", (ROOM,), frozenset({"join_link"}), room=""),
    Case("/joinlinks end 1", r"Link \*\*1\*\* is ended.*", (), frozenset({"join_link"}), room=""),
    Case("/join {code}", r"You're in \*\*Project X\*\* now\.",
         (bot("GET /people/*"), alice("GET /rooms/*", NOT_LET_IN), alice("GET /memberships", NOT_LET_IN),
          alice("POST /memberships", f"({NOT_LET_IN}|{NOT_SURE})")),
         frozenset({"join_link", "join_use"}), room="", who="dave"),
)  # fmt: skip
CASES = (*READING, *PROPOSING)


@dataclass(frozen=True)
class Work:
    """A plan and the calls of its items.

    :ivar typed: the command that proposes it, with a number in braces that is never the same
    :ivar asks: a call for each item, in order; `fails` is the item's label
    :ivar room: in which something is done
    :ivar undoes: what is worked off is the taking back of the plan
    """

    typed: str
    asks: tuple[Ask, ...]
    room: str = "Project X"
    undoes: bool = False


ADD, REMOVE = "POST /memberships", "DELETE /memberships/*"
ADD_TWO = "/addmember dave@partner.example,erin@example.com project x"
adds = partial(alice, ADD, looks=(MEMBERS,))
removes = partial(alice, REMOVE, looks=(MEMBERS,))
tells = partial(bot, "POST /messages", looks=(bot("GET /people/me"), bot("GET /messages/direct", told_by=404)))
COPY, LOCK = "the room **Copy**", "lock **Copy**"

WORKS = (
    Work(ADD_TWO, (adds("dave@partner.example"), adds("erin@example.com"))),
    Work(ADD_TWO, (removes("erin@example.com"), removes("dave@partner.example")), undoes=True),
    Work(
        "/copyroom Copy",
        (
            alice("POST /rooms", COPY, looks=(alice("GET /people/me"), ROOMS)),
            adds("bob@example.com"), adds("carol@example.com"), alice("PUT /rooms/*", LOCK, looks=(ROOM,)),
        ),
        room="Copy",
    ),
    Work("/copyroom Copy", (alice("DELETE /rooms/*", COPY, looks=(alice("GET /rooms/*", told_by=404),)),), room="Copy",
         undoes=True),
    Work("/admin announce Hold on {number}.", (tells("a…@example.com"), tells("b…@example.com"))),
)  # fmt: skip
