"""Joining a room by a link: with its owner's rights, by somebody whose identity Webex proved."""

import structlog

from app import outbox, texts
from app.errors import NotConnected, UserError
from app.integration.client import People
from app.models import Database, join_link
from app.models.join_link import JoinLink
from app.webex.errors import Conflict, RateLimited, Unavailable, WebexError
from app.webex.markdown import escape
from app.webex.resources import Person

log = structlog.get_logger(__name__)

NO_USE = (
    "This link does not work: it never did, has ended, was used up, or is not for you. Ask whoever gave it to you for a new one."
)


def join(database: Database, people: People, code: str, joiner: Person) -> str:
    """Let somebody into the room of a link. It may be done again after a crash: a use counts once, and so does joining.

    :param joiner: who it is, as Webex says
    :returns: the room's title, which nobody learns before
    :raises UserError: the same for every link that does not work
    """
    with database.transaction() as db:
        link = join_link.working(db, code)
        is_known = link is not None and join_link.has_used(db, link, joiner.id)
        if link is None or not _is_for(link, joiner) or not join_link.claim(db, link, joiner.id):
            raise UserError(NO_USE)
    try:
        title, is_new = _let_in(people, link, joiner)
    except (WebexError, NotConnected) as error:
        if isinstance(error, WebexError) and error.may_have_happened:
            raise
        if isinstance(error, RateLimited | Unavailable):
            with database.transaction() as db:
                join_link.give_back(db, link, joiner.id)
            raise UserError("Webex does not answer well at the moment, so you are not in yet. Please try again.") from None
        _refused(database, link, joiner, error)
        raise UserError("Webex did not let you in. I tell the link's owner; please try again later.") from None
    with database.transaction() as db:
        if is_new or is_known:  # known: an earlier try let them in, and its answer may have got lost
            told = _told(joiner, title, join_link.uses_left(db, link))
            outbox.say_to(db, link.person_id, told, key=f"joined|{link.id}|{joiner.id}")
        else:
            join_link.give_back(db, link, joiner.id)  # they were in the room before
    return title


def _is_for(link: JoinLink, joiner: Person) -> bool:
    return not link.domains or joiner.email.lower().rpartition("@")[2] in link.domains.split(",")


def _let_in(people: People, link: JoinLink, joiner: Person) -> tuple[str, bool]:
    """:returns: the room's title, and whether this person is new in it"""
    owner = people.acting_as(link.person_id)
    title = owner.get_room(link.room_id).title
    try:
        owner.create_membership(roomId=link.room_id, personId=joiner.id)
    except Conflict:
        return title, False
    return title, True


def _refused(database: Database, link: JoinLink, joiner: Person, error: Exception) -> None:
    log.warning("not let in by a join link", error=type(error).__name__)
    text = (
        f"**{escape(joiner.display_name)}** ({escape(joiner.email)}) wanted to join by your link {link.number}, and Webex did "
        "not allow it: you may have left the room, or are no moderator of it. `/joinlinks` lists your links."
    )
    with database.transaction() as db:
        join_link.give_back(db, link, joiner.id)
        outbox.say_to(db, link.person_id, text, key=f"join refused|{link.id}|{joiner.id}")


def _told(joiner: Person, title: str, left: int | None) -> str:
    uses = "" if left is None else f" It can be used {texts.counted(left, 'more time')}." if left else " It is used up now."
    return f"**{escape(joiner.display_name)}** ({escape(joiner.email)}) joined **{escape(title)}** by your link.{uses}"
