"""Putting one message into Webex, and never twice.

Webex has no idempotency key for POST /messages. So a row is marked unsure before it is sent; when it is met again in
that state, after a crash or an answer that got lost, the room is read before anything is sent again.
"""

from datetime import UTC, datetime

from app.bot.client import Bot
from app.errors import Fenced
from app.models import Database, invitation, line, now, outbox
from app.models.outbox import OutboxRow
from app.outbox import LINK
from app.showing import without_files
from app.webex.cards import Card
from app.webex.client import WebexClient
from app.webex.errors import NotFound, WebexError
from app.webex.markdown import fingerprint, letters
from app.webex.resources import Message

LOOK_BACK = 50  # messages read to find out whether one was sent


class Posting:
    def __init__(self, database: Database, bot: Bot) -> None:
        self.database = database
        self.bot = bot

    def post(
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
        if not row.may_go_out:
            self._about_to_send(row)
        row.unsure = True
        if invited:
            with self.database.transaction() as db:
                markdown = markdown.replace(LINK, invitation.issue(db, invited))
        try:
            return webex.create_message(markdown, card, file, **to).id
        except WebexError as error:
            row.unsure = error.may_have_happened
            raise

    def _about_to_send(self, row: OutboxRow) -> None:
        """Note that from here on the message may be out.

        :raises Fenced: if this worker lost the row
        """
        with self.database.transaction() as db:
            if not line.still_owns(db, row):
                raise Fenced
            outbox.mark_unsure(db, row, now() + self.bot.patience)

    def _said_before(
        self, row: OutboxRow, to: dict[str, str], markdown: str, webex: WebexClient, speaker: str, *, has_file: bool
    ) -> str | None:
        """The message that an earlier attempt put into the room, if one did.

        Many answers read alike, so a message of which it is known what it answered does not count.
        """
        if "roomId" in to and speaker == self.bot.me.id:
            return ""  # a bot can't read its own words in a group room; there, once too few is better than twice
        try:
            recent = _recent(webex, to)
        except NotFound:
            return None  # the first words to this person: there is no room yet
        since = datetime.fromtimestamp(row.created - 5.0, UTC)  # the clocks of Webex and ours may differ a little
        mine = [m for m in reversed(recent) if m.person_id == speaker and (m.created is None or m.created >= since)]
        mine = [m for m in mine if bool(m.files) is has_file]
        # Whether Webex tells the names of files may change between two attempts.
        wanted = {fingerprint(markdown), fingerprint(without_files(markdown))}
        alike = [m.id for m in mine if wanted & {fingerprint(m.markdown), letters(m.text), letters(without_files(m.text))}]
        with self.database.reading() as db:
            known = outbox.known(db, alike)
        return next((message_id for message_id in alike if message_id not in known), None)


def _recent(webex: WebexClient, to: dict[str, str]) -> list[Message]:
    if "toPersonId" in to:
        return webex.list_direct_messages(LOOK_BACK, personId=to["toPersonId"])
    if "toPersonEmail" in to:
        return webex.list_direct_messages(LOOK_BACK, personEmail=to["toPersonEmail"])
    return webex.list_messages(to["roomId"], LOOK_BACK)
