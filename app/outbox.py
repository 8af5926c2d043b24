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
from app.models import Database, invitation, line, now, outbox, vip
from app.models.line import Slot
from app.models.outbox import OutboxRow
from app.webex.errors import NotFound, RateLimited, Unavailable, WebexError
from app.webex.markdown import MAX_BYTES, cut, escape, fingerprint, letters, quote, split
from app.webex.resources import Message

log = structlog.get_logger(__name__)

OUTAGE = 6 * 3_600.0  # seconds for which an answer waits for a Webex that is unwell
MAX_COUNTED = 8  # an outage does not count as a row that kills its worker
MAX_FAILURES = 5
LAG_ATTEMPTS = 5  # a message may be unreadable for some seconds after its event (WebexPythonSDK issue 83)
LINK = "made-when-sent"  # stands in a stored invitation where the nonce will be
LOOK_BACK = 50  # messages read to find out whether one was sent
GOES_ON = "\n\n_The message goes on; the rest is in its room._"
NOT_FINAL = (401, 408, 423, 429)  # of all 4xx: they pass, or an operator mends them (Webex "REST API Basics", "API Errors")


def say(db: Session, *, key: str, line_name: str, to: dict[str, str], markdown: str) -> None:
    """Put an answer in line, in pieces that Webex accepts.

    :param key: what this is the answer to; the same key is said once
    :param to: `roomId` or `toPersonId`, as Webex spells them
    """
    for number, piece in enumerate(split(markdown)):
        content = {"to": to, "markdown": piece}
        outbox.add(db, key=f"{key}|{number}", line_name=line_name, kind="message", content=content)


def say_to(db: Session, person_id: str, markdown: str, *, key: str) -> None:
    """Tell a person something, in their 1:1 room with the bot."""
    say(db, key=key, line_name=person_id, to={"toPersonId": person_id}, markdown=markdown)


def forward(db: Session, person_id: str, *, nickname: str, message_id: str, key: str, kept_id: int | None = None) -> None:
    """Show a tracked person's message. Only its id is stored; its text is read when it is sent.

    :param kept_id: the kept reference to drop once the message was shown
    """
    content = {"person_id": person_id, "nickname": nickname, "message_id": message_id, "kept_id": kept_id}
    outbox.add(db, key=key, line_name=person_id, kind="forward", content=content)


def invite(db: Session, person_id: str, markdown: str, *, key: str) -> None:
    """Send a person an authorization link. It is made when it is sent, so that nothing but its hash is ever stored.

    :param markdown: with `LINK` in place of the link's nonce
    """
    content = {"to": {"toPersonId": person_id}, "markdown": markdown}
    outbox.add(db, key=key, line_name=person_id, kind="invitation", content=content)


def leave(db: Session, line_name: str, membership_id: str, *, key: str) -> None:
    """Leave a room, after everything that is in line before."""
    outbox.add(db, key=key, line_name=line_name, kind="leave", content={"membership_id": membership_id})


class Outbox:
    """Sends. One of these per process, shared by its worker threads."""

    def __init__(self, database: Database, bot: Bot, people: People, slot: Slot) -> None:
        self.database = database
        self.bot = bot
        self.people = people
        self.slot = slot
        self.senders: dict[str, Callable[[OutboxRow], str]] = {
            "message": self._send_message,
            "forward": self._send_forward,
            "invitation": self._send_invitation,
            "leave": self._leave,
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
            if is_mine and state == line.DONE and row.kind == "forward":
                self._drop_kept(db, row.content)

    def _drop_kept(self, db: Session, content: dict[str, Any]) -> None:
        """A kept message is forgotten only now that it was shown."""
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
        return self._post(row, content["to"], content["markdown"])

    def _send_invitation(self, row: OutboxRow) -> str:
        content = row.content
        return self._post(row, content["to"], content["markdown"], invited=content["to"]["toPersonId"])

    def _post(self, row: OutboxRow, to: dict[str, str], markdown: str, invited: str = "") -> str:
        """Say it, unless an earlier attempt did.

        :param invited: the person for whom a link is made
        :returns: the message's id, "" where it can't be known
        """
        if row.unsure:
            earlier = self._said_before(row, to, markdown)
            if earlier is not None:
                return earlier
        self._about_to_send(row)
        if invited:
            with self.database.transaction() as db:
                markdown = markdown.replace(LINK, invitation.issue(db, invited))
        try:
            return self.bot.create_message(markdown, **to).id
        except WebexError as error:
            row.unsure = error.may_have_happened
            raise

    def _said_before(self, row: OutboxRow, to: dict[str, str], markdown: str) -> str | None:
        """The message that an earlier attempt put into the room, if one did.

        Many answers read alike, so a message of which it is known what it answered does not count.
        """
        if "toPersonId" not in to:
            return ""  # a bot can't read its own words in a group room; there, once too few is better than twice
        try:
            recent = self.bot.list_direct_messages(LOOK_BACK, personId=to["toPersonId"])
        except NotFound:
            return None  # the first words to this person: there is no room yet
        since = datetime.fromtimestamp(row.created - 5.0, UTC)  # the clocks of Webex and ours may differ a little
        mine = [m for m in reversed(recent) if m.person_id == self.bot.me.id and (m.created is None or m.created >= since)]
        wanted = fingerprint(markdown)
        alike = [m.id for m in mine if wanted in (fingerprint(m.markdown), letters(m.text))]
        with self.database.reading() as db:
            known = outbox.known(db, alike)
        return next((message_id for message_id in alike if message_id not in known), None)

    def _send_forward(self, row: OutboxRow) -> str:
        content = row.content
        try:
            markdown = self._read(content)
        except NotFound:
            if content["kept_id"] is None and row.attempts < LAG_ATTEMPTS:
                raise Unavailable(404) from None
            who = escape(content["nickname"])
            markdown = f"A message of **{who}** can't be shown any more: it was deleted, or you left its room."
        return self._post(row, {"toPersonId": content["person_id"]}, shortened(markdown))

    def _read(self, content: dict[str, Any]) -> str:
        webex = self.people.acting_as(content["person_id"])
        message = webex.get_message(content["message_id"])
        room = webex.get_room(message.room_id)
        return shown(message, content["nickname"], room.title if room.type == "group" else "")

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


def shown(message: Message, nickname: str, room_title: str) -> str:
    """A tracked person's message as its tracker sees it: who, where, what, and which files."""
    who = f"**{escape(nickname)}** ({escape(message.person_email)})"
    where = f" in **{escape(room_title)}**" if room_title else " in your 1:1 room"
    files = len(message.files)
    attached = f"\n\n_{texts.counted(files, 'file')} attached_" if files else ""
    words = f"\n\n{quote(message.text)}" if message.text.strip() else ""
    return f"{who}{where}:{attached}{words}" if attached or words else f"{who}{where}: _a message without text_"


def shortened(markdown: str) -> str:
    """One message's worth: one row is one message, so that it is never said in halves."""
    if len(markdown.encode()) <= MAX_BYTES:
        return markdown
    return cut(markdown, MAX_BYTES - len(GOES_ON.encode())) + GOES_ON
