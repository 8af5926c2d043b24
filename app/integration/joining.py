"""Joining a room by a link: with its owner's rights, by somebody whose identity Webex proved."""

import math
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from app import outbox
from app.errors import NotConnected, TooManyTries, UserError
from app.integration.client import People
from app.language import N_, _, n_, speaking
from app.models import Database, join_link, now, tries, user
from app.models.join_link import JoinLink
from app.webex.client import WebexClient
from app.webex.errors import Conflict, RateLimited, Unavailable, WebexError
from app.webex.markdown import escape
from app.webex.resources import Person

log = structlog.get_logger(__name__)

CODE = "join code"
NO_USE = N_(
    "This link does not work: it never did, has ended, was used up, or is not for you. Ask whoever gave it to you for a new one."
)
NOT_NOW = N_("Webex does not answer well at the moment, so you are not in yet. Please try again.")
NOT_LET_IN = N_("Webex did not let you in. I tell the link's owner; please try again later.")
NOT_SURE = N_("Webex did not answer in time, so I don't know whether you are in. Please try again; it does no harm.")


class NoUse(UserError):
    """A link does not work, or not for this person."""


@dataclass(frozen=True)
class Offer:
    """What somebody is told who holds a link that works for them.

    :ivar is_in: whether there is nothing to join, since they are in that room
    """

    title: str
    owner: str
    is_in: bool


def look(database: Database, people: People, code: str, joiner: Person) -> Offer:
    """What a link leads to; nobody joins by it.

    :raises UserError: as `join`
    """
    link = _opened(database, code, joiner)
    title, is_in = _asked(database, people, link, joiner)
    with database.transaction() as db:
        owner = user.find(db, link.person_id)
        if is_in and join_link.has_used(db, link, joiner.id):  # maybe by a try whose answer got lost
            _tell(db, link, joiner, title)
    return Offer(title, owner.name if owner else "", is_in)


def join(database: Database, people: People, code: str, joiner: Person) -> str:
    """Let somebody into the room of a link. It may be done again after a crash, or twice at once: a use counts once, and so
    does joining.

    :param joiner: who it is, as Webex says
    :returns: the room's title, which is told to nobody for whom the link does not work
    :raises UserError: the same for every link that does not work
    :raises TooManyTries: whatever the code is
    """
    link = _opened(database, code, joiner)
    title, is_in = _asked(database, people, link, joiner)
    with database.transaction() as db:
        is_known = join_link.has_used(db, link, joiner.id)
        if is_in and not is_known:
            return title  # they were in the room before, and take nobody's place
        if not join_link.working(db, code) or not join_link.claim(db, link, joiner.id):
            raise NoUse(_(NO_USE))  # it ended, or somebody was faster, while Webex was asked
    if not is_in:
        _let_in(database, people, link, joiner, gives_back=not is_known)
    with database.transaction() as db:
        _tell(db, link, joiner, title)
    return title


def _opened(database: Database, code: str, joiner: Person) -> JoinLink:
    """The link of a code, if it works for this person. That it does not is counted, and too many of that end the looking."""
    with database.transaction() as db:
        if (again := tries.take(db, CODE, joiner.id)) is not None:
            raise _too_many(again - now())
        link = join_link.working(db, code)
        works = link is not None and _works_for(db, link, joiner)
        if works:
            tries.give_back(db, CODE, joiner.id)
    if link is None or not works:
        raise NoUse(_(NO_USE))  # out here, since the count stays
    return link


def _works_for(db: Session, link: JoinLink, joiner: Person) -> bool:
    is_meant = not link.domains or joiner.email.lower().rpartition("@")[2] in link.domains.split(",")
    return is_meant and (link.uses_left != 0 or join_link.has_used(db, link, joiner.id))


def _too_many(seconds: float) -> TooManyTries:
    text = n_(
        "You tried {most} codes that did not work, so I look at no other now. Please try again in {count} minute.",
        "You tried {most} codes that did not work, so I look at no other now. Please try again in {count} minutes.",
        max(1, math.ceil(seconds / 60)),
        most=tries.MOST,
    )
    return TooManyTries(text, seconds)


def _asked(database: Database, people: People, link: JoinLink, joiner: Person) -> tuple[str, bool]:
    """:returns: the room's title, and whether the joiner is in it"""
    owner = people.acting_as(link.person_id)
    try:
        title = owner.get_room(link.room_id).title
        return title, any(owner.list_memberships(link.room_id, personId=joiner.id))
    except (WebexError, NotConnected) as error:
        raise _failure(database, link, joiner, error) from None


def _let_in(database: Database, people: People, link: JoinLink, joiner: Person, *, gives_back: bool) -> None:
    """:param gives_back: the use, if Webex refuses; one that an earlier try took may have let them in"""
    try:
        _add(people.acting_as(link.person_id), link.room_id, joiner.id)
    except (WebexError, NotConnected) as error:
        if isinstance(error, WebexError) and error.may_have_happened:
            raise UserError(_(NOT_SURE)) from None
        if gives_back:
            with database.transaction() as db:
                join_link.give_back(db, link, joiner.id)
        raise _failure(database, link, joiner, error) from None


def _add(webex: WebexClient, room_id: str, person_id: str) -> None:
    """Webex says 409 of whoever is in the room, by another click of a moment ago; and of other things, so it is looked at."""
    try:
        webex.create_membership(roomId=room_id, personId=person_id)
    except Conflict:
        if not any(webex.list_memberships(room_id, personId=person_id)):
            raise


def _failure(database: Database, link: JoinLink, joiner: Person, error: Exception) -> UserError:
    """What the joiner is told. What passes is nobody's fault; of anything else the link's owner is told, too."""
    if isinstance(error, RateLimited | Unavailable):
        return UserError(_(NOT_NOW))
    log.warning("not let in by a join link", error=type(error).__name__)
    with database.transaction() as db, speaking(user.language_of(db, link.person_id)):
        text = _(
            "{who} wanted to join by your link {number}, and Webex did not allow it: you may have left the room, or are no "
            "moderator of it. `/joinlinks` lists your links.",
            who=_named(joiner),
            number=link.number,
        )
        outbox.say_to(db, link.person_id, text, key=f"join refused|{link.id}|{joiner.id}")
    return UserError(_(NOT_LET_IN))


def _tell(db: Session, link: JoinLink, joiner: Person, title: str) -> None:
    """Tell the link's owner that somebody joined; once."""
    left = join_link.uses_left(db, link)
    with speaking(user.language_of(db, link.person_id)):
        text = _("{who} joined **{room}** by your link.", who=_named(joiner), room=escape(title))
        text = text if left is None else f"{text} {_uses(left)}"
    outbox.say_to(db, link.person_id, text, key=f"joined|{link.id}|{joiner.id}")


def _uses(left: int) -> str:
    if not left:
        return _("It is used up now.")
    return n_("It can be used {count} more time.", "It can be used {count} more times.", left)


def _named(joiner: Person) -> str:
    return f"**{escape(joiner.display_name)}** ({escape(joiner.email)})"
