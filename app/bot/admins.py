"""Who the admins are: the people whom the operator named in ADMINS."""

from collections.abc import Iterable

import structlog

from app.bot.client import Bot
from app.models import Database, now, user
from app.webex.errors import RateLimited, Unavailable, WebexError
from app.webex.resources import Person

log = structlog.get_logger(__name__)

ASK_AGAIN = 300.0  # seconds before an address that led to nobody is looked up again
ASK_SOON = 15.0  # the same if Webex did not answer


class Admins:
    """Admins by person id. Whose an address is, Webex says: when that person signs in, or asked for it, which finds people of
    the bot's own organisation; after that, those who connected are looked through, for whom Webex vouched.

    :param named: person ids and e-mail addresses
    """

    def __init__(self, named: Iterable[str], database: Database, bot: Bot) -> None:
        self.database = database
        self.bot = bot
        self._ids = {name for name in named if "@" not in name}
        self._unknown = {name.lower(): 0.0 for name in named if "@" in name}
        self._unanswered: set[str] = set()

    def ids(self) -> frozenset[str]:
        """Asks Webex for addresses not resolved yet, so it is called with no transaction open. Many threads may do so at once."""
        for email, asked in list(self._unknown.items()):
            if asked >= now() - ASK_AGAIN:
                continue
            self._unknown[email] = now()
            if person_id := self._find(email):
                self._ids.add(person_id)
                self._unknown.pop(email, None)
        return frozenset(self._ids)

    def met(self, person: Person) -> None:
        """Somebody signed in: Webex says, with their own token, what their address is, so it need not be asked whose that is."""
        if person.email.lower() in self._unknown and not person.is_bot:
            self._ids.add(person.id)
            self._unknown.pop(person.email.lower(), None)
            self._unanswered.discard(person.email.lower())

    def has_to_ask(self) -> bool:
        """Whether `ids` would ask Webex now."""
        return any(asked < now() - ASK_AGAIN for asked in list(self._unknown.values()))

    def is_known(self, person_id: str) -> bool:
        """As `includes`, of what is known so far: for pages, which must not wait for Webex."""
        return person_id in self._ids

    def includes(self, person_id: str) -> bool:
        return person_id in self.ids()

    def still_includes(self, person_id: str) -> bool:
        """As `includes`, for what can wait until that is known.

        :raises Unavailable: if Webex did not say whose an admin's address is, which may be this person's
        """
        if self.includes(person_id):
            return True
        if self._unanswered:
            raise Unavailable(0)
        return False

    def _find(self, email: str) -> str | None:
        """Webex knows whose an address is now; what we know of people who connected may be outdated, so it comes second."""
        try:
            found = self.bot.find_people(email)
        except WebexError as error:
            log.warning("an admin's address could not be looked up", status=error.status)
            self._unknown[email] = now() - ASK_AGAIN + ASK_SOON
            if isinstance(error, RateLimited | Unavailable):
                self._unanswered.add(email)
            return None
        self._unanswered.discard(email)
        if found:
            return None if found[0].is_bot else found[0].id
        with self.database.reading() as db:
            known = user.by_email(db, email)
        return known.person_id if known else None
