"""How each kind of row in the outbox is said."""

from collections.abc import Callable

import structlog

from app.bot.client import Bot
from app.errors import NotConnected
from app.integration import audience
from app.integration.client import People
from app.language import _
from app.models import Database, contact, plan
from app.models.outbox import OutboxRow
from app.outbox import say_instead
from app.plans import words
from app.posting import Posting
from app.showing import notice, quotation, shortened, without_names
from app.webex.cards import with_quote
from app.webex.errors import BadRequest, NotFound, Unavailable, WebexError, in_words, is_final

log = structlog.get_logger(__name__)

LAG_ATTEMPTS = 5  # a message, or room, may be unreadable for some seconds after its event (WebexPythonSDK issue 83)
PLAIN_ATTEMPTS = 5  # then a reminder's own words are said without the message that Webex does not give
REMOVAL_ATTEMPTS = 3
MOST_EDITS = 10  # of one message (Webex Messages reference)


class Sayings:
    """:ivar by_kind: says a row; returns the id of the message it became, "" where there is none, or none that can be known
    :param room_url: where a room opens, with `{room}` for its UUID
    """

    def __init__(self, database: Database, bot: Bot, people: People, room_url: str) -> None:
        self.database = database
        self.bot = bot
        self.people = people
        self.room_url = room_url
        self.posting = Posting(database, bot)
        self.audience = audience.Audience(database, bot, people)
        self.by_kind: dict[str, Callable[[OutboxRow], str]] = {
            "message": self._message,
            "file": self._file,
            "as_person": self._as_person,
            "quotation": self._quotation,
            "heading": self._heading,
            "notice": self._notice,
            "shared": self._shared,
            "invitation": self._invitation,
            "leave": self._leave,
            "removal": self._remove,
            "progress": self._progress,
        }

    def _message(self, row: OutboxRow) -> str:
        content = row.content
        return self.posting.post(row, content["to"], content["markdown"], card=content.get("card"))

    def _file(self, row: OutboxRow) -> str:
        """A text as a file; where Webex takes none, as messages."""
        content = row.content
        try:
            return self.posting.post(row, content["to"], content["markdown"], file=(content["name"], content["text"]))
        except WebexError as error:
            if not is_final(error):
                raise
            log.warning("file refused", error=type(error).__name__, status=error.status)
        with self.database.transaction() as db:
            say_instead(db, key=row.key.hex(), line_name=row.line, content=content)
        return ""

    def _as_person(self, row: OutboxRow) -> str:
        content = row.content
        voice = self.people.acting_as(content["person_id"])
        return self.posting.post(row, content["to"], content["markdown"], voice=(voice, content["person_id"]))

    def _quotation(self, row: OutboxRow) -> str:
        content = row.content
        try:
            quoted = quotation(self.people.acting_as(content["person_id"]), content, self.room_url)
        except NotFound:
            if content["is_fresh"] and row.attempts < LAG_ATTEMPTS:
                raise Unavailable(404) from None
            quoted = _gone(content["who"])
        except (WebexError, NotConnected) as error:
            if not content["before"] or _may_pass(error, row):
                raise
            quoted = _unreadable(error)
        card = content["card"] and with_quote(content["card"], shortened(quoted))
        return self.posting.post(row, {"toPersonId": content["person_id"]}, shortened(content["before"] + quoted), card=card)

    def _heading(self, row: OutboxRow) -> str:
        content = row.content
        self.people.acting_as(content["person_id"]).get_me()  # what is announced will be read with these rights
        return self.posting.post(row, content["to"], content["markdown"])

    def _notice(self, row: OutboxRow) -> str:
        content = row.content
        try:
            markdown = notice(self.people.acting_as(content["person_id"]), content, self.room_url)
        except NotConnected:
            if content["held_id"] is not None:
                raise  # it stays held, and is told after the person connected again
            markdown = without_names(content["markdown"])
        except NotFound:
            if row.attempts < LAG_ATTEMPTS and content["held_id"] is None:
                raise Unavailable(404) from None
            markdown = without_names(content["markdown"])
        return self.posting.post(row, content["to"], markdown)

    def _shared(self, row: OutboxRow) -> str:
        content = row.content
        owner_id, reader_id = content["owner_id"], content["to"]["toPersonId"]
        if self.audience.has_subscriber(owner_id, reader_id):
            return self.posting.post(row, content["to"], content["markdown"])
        with self.database.transaction() as db:
            audience.end(db, owner_id, reader_id, key=row.key.hex())
        return ""

    def _invitation(self, row: OutboxRow) -> str:
        content = row.content
        return self.posting.post(row, content["to"], content["markdown"], invited=content["to"]["toPersonId"])

    def _remove(self, row: OutboxRow) -> str:
        """Answers wait behind it, so it is not tried for long: what it is about happened already."""
        content = row.content
        try:
            self.people.acting_as(content["person_id"]).delete_message(content["message_id"])
        except (WebexError, NotConnected) as error:
            if isinstance(error, WebexError) and not is_final(error) and row.attempts < REMOVAL_ATTEMPTS:
                raise
            log.info("not removed", error=type(error).__name__)
        return ""

    def _progress(self, row: OutboxRow) -> str:
        """Edit the message that shows a plan's progress; the first time, and after ten edits, send one."""
        content = row.content
        with self.database.reading() as db:
            found = plan.get(db, content["plan_id"])
            counts = plan.counts(db, content["plan_id"])
            met = contact.find(db, content["person_id"])
        if found is None or found.state != plan.RUNNING:
            return ""  # its receipt follows
        markdown, edits = words.progress(found, counts), found.edits + 1
        message_id = found.message_id or ""
        if not (met and message_id and found.edits < MOST_EDITS and self._edited(message_id, met.room_id, markdown)):
            message_id, edits = self.posting.post(row, {"toPersonId": content["person_id"]}, markdown), 0
        with self.database.transaction() as db:
            plan.shown_in(db, found.id, message_id, edits)
        return "" if edits else message_id

    def _edited(self, message_id: str, room_id: str, markdown: str) -> bool:
        """Whether the message could be edited: its reader may have deleted it."""
        try:
            self.bot.update_message(message_id, room_id, markdown)
        except (BadRequest, NotFound):
            return False
        return True

    def _leave(self, row: OutboxRow) -> str:
        try:
            self.bot.delete_membership(row.content["membership_id"])
        except NotFound:
            log.info("left already")
        return ""


def _may_pass(error: WebexError | NotConnected, row: OutboxRow) -> bool:
    """Whether a message may yet be had: soon, or for sure if an earlier attempt may have shown it."""
    is_passing = isinstance(error, WebexError) and not is_final(error)
    return is_passing and (row.unsure or row.attempts < PLAIN_ATTEMPTS)


def _gone(who: str) -> str:
    """Said in the place of a message that is not there any more."""
    if who:
        return _("A message of {who} can't be shown any more: it was deleted, or you left its room.", who=who)
    return _("A message can't be shown any more: it was deleted, or you left its room.")


def _unreadable(error: WebexError | NotConnected) -> str:
    """Said in the place of a message that Webex does not give."""
    if isinstance(error, NotConnected):
        return _("The message can't be shown, since Webex no longer lets me act for you: type `/init` to connect again.")
    return _("The message can't be shown: {why}.", why=in_words(error.status))
