"""Saying what is in line to be said: in order, and never twice.

Webex has no idempotency key for POST /messages. So a row is marked unsure before it is sent; when it is met again in
that state, after a crash or an answer that got lost, the room is read before anything is sent again.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app import texts
from app.bot.client import Bot
from app.errors import Fenced, NotConnected
from app.integration.client import People
from app.models import Database, contact, invitation, ledger, line, now, outbox, plan, vip
from app.models.line import Slot
from app.models.outbox import OutboxRow
from app.outbox import LINK, say_instead
from app.plans import words
from app.webex.cards import Card
from app.webex.client import WebexClient
from app.webex.errors import BadRequest, NotFound, RateLimited, Unavailable, WebexError
from app.webex.markdown import MAX_BYTES, cut, escape, fingerprint, letters, quote
from app.webex.resources import Message

log = structlog.get_logger(__name__)

OUTAGE = 6 * 3_600.0  # seconds for which an answer waits for a Webex that is unwell
MAX_COUNTED = 8  # an outage does not count as a row that kills its worker
MAX_FAILURES = 5
LAG_ATTEMPTS = 5  # a message may be unreadable for some seconds after its event (WebexPythonSDK issue 83)
MOST_EDITS = 10  # of one message (Webex Messages reference)
REMOVAL_ATTEMPTS = 3
LOOK_BACK = 50  # messages read to find out whether one was sent
GOES_ON = "\n\n_The message goes on; the rest is in its room._"
NOT_FINAL = (401, 408, 423, 429)  # of all 4xx: they pass, or an operator mends them (Webex "REST API Basics", "API Errors")


class Sender:
    """Sends. One of these per process, shared by its worker threads."""

    def __init__(self, database: Database, bot: Bot, people: People, slot: Slot) -> None:
        self.database = database
        self.bot = bot
        self.people = people
        self.slot = slot
        self.senders: dict[str, Callable[[OutboxRow], str]] = {
            "message": self._send_message,
            "file": self._send_file,
            "as_person": self._send_as_person,
            "quotation": self._send_quotation,
            "invitation": self._send_invitation,
            "leave": self._leave,
            "removal": self._remove,
            "progress": self._send_progress,
        }

    def send_due(self, line_name: str) -> float | None:
        """Say everything that is due in a line.

        :returns: seconds after which the line should be woken again, or None
        """
        while row := line.claim(self.database, OutboxRow, line_name, self.slot):
            with self.slot.hands.holding(row):
                pause = self._send(row)
            if pause is not None:
                return pause
        return None

    def _send(self, row: OutboxRow) -> float | None:
        try:
            self._settle(row, line.DONE, became=self.senders[row.kind](row))
        except Fenced:
            return None
        except (WebexError, NotConnected) as error:
            if isinstance(error, WebexError) and not _is_final(error):
                return self._later(row, error)
            log.warning("not said", error=type(error).__name__, count=row.attempts)
            self._settle(row, line.DEAD, type(error).__name__)
        except Exception:
            log.exception("sending failed")
            if row.attempts < MAX_FAILURES:
                return self._later(row, Unavailable(0))
            self._settle(row, line.DEAD, "failed")  # our own mistake must not hold up all later answers
        return None

    def _settle(self, row: OutboxRow, state: int, error: str | None = None, became: str = "") -> None:
        with self.database.transaction() as db:
            is_mine = outbox.finish(db, row, state, error=error, became=became)
            if is_mine and state == line.DONE and row.kind == "quotation":
                self._account_for(db, row.content)

    def _account_for(self, db: Session, content: dict[str, Any]) -> None:
        """The fetch goes into the privacy ledger; a kept message is forgotten only now that it was shown."""
        ledger.add(db, content["person_id"], ledger.FETCHED + content["why"])
        if content["kept_id"] is not None:
            vip.drop_message(db, content["person_id"], content["kept_id"])

    def _later(self, row: OutboxRow, error: WebexError) -> float | None:
        """Put a row back. Whether it may have been said already is remembered with it."""
        pause = error.retry_after if isinstance(error, RateLimited) else _back_off(row.attempts)
        if isinstance(error, Unavailable):
            pause = max(pause, error.settles_in)
        log.warning("said later", error=type(error).__name__, status=error.status, attempt=row.attempts)
        if now() - row.created > OUTAGE:
            self._settle(row, line.DEAD, "gave up")
            return None
        with self.database.transaction() as db:
            values = {"unsure": row.unsure, "attempts": min(row.attempts, MAX_COUNTED)}
            line.settle(db, row, line.WAITING, due=now() + pause, error=type(error).__name__, **values)
        return pause

    def _about_to_send(self, row: OutboxRow) -> None:
        """Note that from here on the message may be out.

        :raises Fenced: if this worker lost the row
        """
        with self.database.transaction() as db:
            if not line.still_owns(db, row):
                raise Fenced
            outbox.mark_unsure(db, row, now() + self.bot.patience)
        row.unsure = True

    def _send_message(self, row: OutboxRow) -> str:
        content = row.content
        return self._post(row, content["to"], content["markdown"], card=content.get("card"))

    def _send_file(self, row: OutboxRow) -> str:
        """A text as a file; where Webex takes none, as messages."""
        content = row.content
        try:
            return self._post(row, content["to"], content["markdown"], file=(content["name"], content["text"]))
        except WebexError as error:
            if not _is_final(error):
                raise
            log.warning("file refused", error=type(error).__name__, status=error.status)
        with self.database.transaction() as db:
            say_instead(db, key=row.key.hex(), line_name=row.line, content=content)
        return ""

    def _send_as_person(self, row: OutboxRow) -> str:
        content = row.content
        voice = self.people.acting_as(content["person_id"])
        return self._post(row, content["to"], content["markdown"], voice=(voice, content["person_id"]))

    def _send_invitation(self, row: OutboxRow) -> str:
        content = row.content
        return self._post(row, content["to"], content["markdown"], invited=content["to"]["toPersonId"])

    def _post(
        self,
        row: OutboxRow,
        to: dict[str, str],
        markdown: str,
        *,
        card: Card | None = None,
        file: tuple[str, str] | None = None,
        invited: str = "",
        voice: tuple[WebexClient, str] | None = None,
    ) -> str:
        """Say it, unless an earlier attempt did.

        :param file: name and text of a file that goes along
        :param invited: the person for whom a link is made
        :param voice: who says it, and that person's id; the bot if not given
        :returns: the message's id, "" where it can't be known
        """
        webex, speaker = voice or (self.bot, self.bot.me.id)
        if row.unsure:
            earlier = self._said_before(row, to, markdown, webex, speaker, has_file=file is not None)
            if earlier is not None:
                return earlier
        self._about_to_send(row)
        if invited:
            with self.database.transaction() as db:
                markdown = markdown.replace(LINK, invitation.issue(db, invited))
        try:
            return webex.create_message(markdown, card, file, **to).id
        except WebexError as error:
            row.unsure = error.may_have_happened
            raise

    def _said_before(
        self, row: OutboxRow, to: dict[str, str], markdown: str, webex: WebexClient, speaker: str, *, has_file: bool
    ) -> str | None:
        """The message that an earlier attempt put into the room, if one did.

        Many answers read alike, so a message of which it is known what it answered does not count.
        """
        if "toPersonId" not in to and speaker == self.bot.me.id:
            return ""  # a bot can't read its own words in a group room; there, once too few is better than twice
        try:
            recent = _recent(webex, to)
        except NotFound:
            return None  # the first words to this person: there is no room yet
        since = datetime.fromtimestamp(row.created - 5.0, UTC)  # the clocks of Webex and ours may differ a little
        mine = [m for m in reversed(recent) if m.person_id == speaker and (m.created is None or m.created >= since)]
        wanted = fingerprint(markdown)
        mine = [m for m in mine if bool(m.files) is has_file]
        alike = [m.id for m in mine if wanted in (fingerprint(m.markdown), letters(m.text))]
        with self.database.reading() as db:
            known = outbox.known(db, alike)
        return next((message_id for message_id in alike if message_id not in known), None)

    def _send_quotation(self, row: OutboxRow) -> str:
        content = row.content
        try:
            quoted = self._quoted(content)
        except NotFound:
            if content["is_fresh"] and row.attempts < LAG_ATTEMPTS:
                raise Unavailable(404) from None
            of_whom = f" of {content['who']}" if content["who"] else ""
            quoted = f"A message{of_whom} can't be shown any more: it was deleted, or you left its room."
        markdown = shortened(content["before"] + quoted)
        return self._post(row, {"toPersonId": content["person_id"]}, markdown, card=content["card"])

    def _quoted(self, content: dict[str, Any]) -> str:
        webex = self.people.acting_as(content["person_id"])
        message = webex.get_message(content["message_id"])
        room = webex.get_room(message.room_id)
        return shown(message, content["who"], content["what"], room.title if room.type == "group" else "")

    def _send_progress(self, row: OutboxRow) -> str:
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
            message_id, edits = self._post(row, {"toPersonId": content["person_id"]}, markdown), 0
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

    def _remove(self, row: OutboxRow) -> str:
        """Answers wait behind it, so it is not tried for long: what it is about happened already."""
        content = row.content
        try:
            self.people.acting_as(content["person_id"]).delete_message(content["message_id"])
        except (WebexError, NotConnected) as error:
            if isinstance(error, WebexError) and not _is_final(error) and row.attempts < REMOVAL_ATTEMPTS:
                raise
            log.info("not removed", error=type(error).__name__)
        return ""

    def _leave(self, row: OutboxRow) -> str:
        try:
            self.bot.delete_membership(row.content["membership_id"])
        except NotFound:
            log.info("left already")
        return ""


def _is_final(error: WebexError) -> bool:
    """Whether trying again can't help: Webex understood and refused."""
    return 400 <= error.status < 500 and error.status not in NOT_FINAL and not isinstance(error, Unavailable)


def _back_off(attempts: int) -> float:
    """Seconds before the next attempt: half a second, doubling up to a minute, never quite the same for everybody."""
    return min(60.0, 0.25 * 2.0**attempts) * random.uniform(0.8, 1.2)  # noqa: S311


def _recent(webex: WebexClient, to: dict[str, str]) -> list[Message]:
    if "toPersonId" in to:
        return webex.list_direct_messages(LOOK_BACK, personId=to["toPersonId"])
    return webex.list_messages(to["roomId"], LOOK_BACK)


def shown(message: Message, who: str, what: str, room_title: str) -> str:
    """Somebody's message as it is shown to one of us: who, where, what, and which files.

    :param who: markdown that names the author before the address, such as a nickname
    :param what: what the author did, such as ` mentioned you`
    """
    author = f"{who} ({escape(message.person_email)})" if who else f"**{escape(message.person_email)}**"
    where = f" in **{escape(room_title)}**" if room_title else " in your 1:1 room"
    files = len(message.files)
    attached = f"\n\n_{texts.counted(files, 'file')} attached_" if files else ""
    words = f"\n\n{quote(message.text)}" if message.text.strip() else ""
    head = f"{author}{what}{where}:"
    return f"{head}{attached}{words}" if attached or words else f"{head} _a message without text_"


def shortened(markdown: str) -> str:
    """One message's worth: one row is one message, so that it is never said in halves."""
    if len(markdown.encode()) <= MAX_BYTES:
        return markdown
    return cut(markdown, MAX_BYTES - len(GOES_ON.encode())) + GOES_ON
