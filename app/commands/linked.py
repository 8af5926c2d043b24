"""Teams that are linked to a room: finding the room, naming it, and who is in it, as far as Webex shows that now."""

from itertools import islice

from app.errors import NotConnected, UserError
from app.language import N_, _, n_
from app.models.team import Team
from app.webex.client import PAGE, WebexClient
from app.webex.errors import BadRequest, Forbidden, NotFound, WebexError, in_words
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

ROOMS_READ = 5_000  # rooms looked through for a title
MEMBERS_READ = 5_000
MEMBERS_SHOWN = 100
ALIKE_SHOWN = 5
GONE = N_("is linked to a room that is not reachable: it is gone, or you are no longer in it")


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
            _("Which room? Type it in that room, or name the room: `/manageteam link sales Project X`. Nothing was linked.")
        )
    room = webex.get_room(here)
    if room.type != "group":
        raise UserError(_("This is a 1:1 room. A team can be linked to a group room. Nothing was linked."))
    return room


def _by_title(webex: WebexClient, wanted: str) -> Room:
    rooms = list(islice(webex.iterate_rooms(type="group"), ROOMS_READ))
    same = [room for room in rooms if room.id == wanted] or [room for room in rooms if _plain(room.title) == _plain(wanted)]
    found = same or [room for room in rooms if _plain(wanted) in _plain(room.title)]
    if not found:
        raise UserError(_("You are in no group room called {title}. Nothing was linked.", title=escape(wanted, 100)))
    if len(found) > 1:
        raise UserError(
            n_(
                "That could be {count} room: {names}. "
                "Type the whole title, or type the command in the room itself. Nothing was linked.",
                "That could be {count} rooms: {names}. "
                "Type the whole title, or type the command in the room itself. Nothing was linked.",
                len(found),
                names=_names(found),
            )
        )
    return found[0]


def _names(rooms: list[Room]) -> str:
    names = ", ".join(f"**{escape(room.title, 60)}**" for room in rooms[:ALIKE_SHOWN])
    if len(rooms) > ALIKE_SHOWN:
        return _("{names} and {count} more", names=names, count=len(rooms) - ALIKE_SHOWN)
    return names


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def where_linked(webex: WebexClient, linked: list[Team]) -> dict[int, str]:
    """To what each of these teams is linked, by its row, in words that go on after the team's name. A room that can't be seen
    does no harm to the others.
    """
    found: dict[int, str] = {}
    trouble = ""  # what keeps Webex from answering for one room will keep it for the next
    for row in linked:
        try:
            found[row.id] = trouble or _linked(webex.get_room(row.room_id or ""))
        except (NotFound, Forbidden, BadRequest):
            found[row.id] = _(GONE)
        except (WebexError, NotConnected) as error:
            found[row.id] = trouble = _trouble(error)
    return found


def _linked(room: Room) -> str:
    return _("is linked to **{room}**", room=escape(room.title))


def _trouble(error: WebexError | NotConnected) -> str:
    if isinstance(error, NotConnected):
        return _("is linked to a room that is not reachable: Webex no longer lets me act for you; `/init` connects again")
    return _("is linked to a room that can't be looked at now: {why}", why=in_words(error.status))


def members_of(webex: WebexClient, row: Team) -> str:
    """Who is in a linked team now, in words that go on after the team's name."""
    where = where_linked(webex, [row])[row.id]
    try:
        found = list(islice(webex.list_memberships(row.room_id or "", max=PAGE), MEMBERS_READ))
    except (NotFound, Forbidden, BadRequest):
        ways = _("`/manageteam link {name} <room>` links it anew, `/manageteam delete {name}` removes it.", name=row.name)
        return f"{_(GONE)}. {ways}"
    except (WebexError, NotConnected) as error:
        return f"{_trouble(error)}."
    listed = "\n".join(f"- {_person(one)}" for one in sorted(found, key=_order)[:MEMBERS_SHOWN])
    head = n_("{where}, now {count} member", "{where}, now {count} members", len(found), where=where)
    more = [_("… and {count} more", count=len(found) - MEMBERS_SHOWN)] if len(found) > MEMBERS_SHOWN else []
    return "\n\n".join([head, listed, *more])


def _person(one: Membership) -> str:
    address = escape(one.person_email) if one.person_email else _("no address shown")
    return f"{escape(one.person_display_name or one.person_email)} ({address})"


def _order(one: Membership) -> tuple[str, str]:
    return one.person_display_name.casefold(), one.person_email
