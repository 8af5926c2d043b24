"""Teams that are linked to a room: finding the room, naming it, and who is in it, as far as Webex shows that now."""

from itertools import islice

from app import texts
from app.errors import NotConnected, UserError
from app.models.team import Team
from app.webex.client import PAGE, WebexClient
from app.webex.errors import BadRequest, Forbidden, NotFound, WebexError
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

ROOMS_READ = 5_000  # rooms looked through for a title
MEMBERS_READ = 5_000
MEMBERS_SHOWN = 100
ALIKE_SHOWN = 5
GONE = "is linked to a room that is not reachable: it is gone, or you are no longer in it"


def choose_room(webex: WebexClient, wanted: str, here: str) -> Room:
    """The group room that is meant.

    :param wanted: its title, or a part of it, or its id
    :param here: the id of the room in which the command was typed, if it was in one
    :raises UserError: if that is no group room, or not exactly one
    """
    if wanted:
        return _by_title(webex, wanted)
    if not here:
        raise UserError(
            "Which room? Type it in that room, or name the room: `/manageteam link sales Project X`. Nothing was linked."
        )
    room = webex.get_room(here)
    if room.type != "group":
        raise UserError("This is a 1:1 room. A team can be linked to a group room. Nothing was linked.")
    return room


def _by_title(webex: WebexClient, wanted: str) -> Room:
    rooms = list(islice(webex.iterate_rooms(type="group"), ROOMS_READ))
    same = [room for room in rooms if room.id == wanted] or [room for room in rooms if _plain(room.title) == _plain(wanted)]
    found = same or [room for room in rooms if _plain(wanted) in _plain(room.title)]
    if not found:
        raise UserError(f"You are in no group room called {escape(wanted, 100)}. Nothing was linked.")
    if len(found) > 1:
        names = ", ".join(f"**{escape(room.title, 60)}**" for room in found[:ALIKE_SHOWN])
        more = f" and {len(found) - ALIKE_SHOWN} more" if len(found) > ALIKE_SHOWN else ""
        raise UserError(
            f"That could be {texts.counted(len(found), 'room')}: {names}{more}. "
            "Type the whole title, or type the command in the room itself. Nothing was linked."
        )
    return found[0]


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def where_linked(webex: WebexClient, linked: list[Team]) -> dict[int, str]:
    """To what each of these teams is linked, by its row. A room that can't be seen does no harm to the others."""
    found: dict[int, str] = {}
    trouble = ""  # what keeps Webex from answering for one room will keep it for the next
    for row in linked:
        try:
            found[row.id] = trouble or f"is linked to **{escape(webex.get_room(row.room_id or '').title)}**"
        except (NotFound, Forbidden, BadRequest):
            found[row.id] = GONE
        except (WebexError, NotConnected) as error:
            found[row.id] = trouble = _trouble(error)
    return found


def _trouble(error: WebexError | NotConnected) -> str:
    if isinstance(error, NotConnected):
        return "is linked to a room that is not reachable: Webex no longer lets me act for you; `/init` connects again"
    why = f"answered {error.status}" if error.status else "did not answer"
    return f"is linked to a room that can't be looked at now: Webex {why}"


def members_of(webex: WebexClient, row: Team) -> str:
    """Who is in a linked team now, in words that go on after the team's name."""
    where = where_linked(webex, [row])[row.id]
    try:
        found = list(islice(webex.list_memberships(row.room_id or "", max=PAGE), MEMBERS_READ))
    except (NotFound, Forbidden, BadRequest):
        return f"{GONE}. `/manageteam link {row.name} <room>` links it anew, `/manageteam delete {row.name}` removes it."
    except (WebexError, NotConnected) as error:
        return f"{_trouble(error)}."
    listed = "\n".join(f"- {_person(one)}" for one in sorted(found, key=_order)[:MEMBERS_SHOWN])
    more = f"\n\n… and {len(found) - MEMBERS_SHOWN} more" if len(found) > MEMBERS_SHOWN else ""
    return f"{where}, now {texts.counted(len(found), 'member')}\n\n{listed}{more}"


def _person(one: Membership) -> str:
    address = escape(one.person_email) if one.person_email else "no address shown"
    return f"{escape(one.person_display_name or one.person_email)} ({address})"


def _order(one: Membership) -> tuple[str, str]:
    return one.person_display_name.casefold(), one.person_email
