"""Connecting a person's account: what is done with the tokens of a fresh authorization."""

from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from app import outbox
from app.integration.client import People
from app.integration.subscriptions import Subscriptions
from app.language import N_, _, speaking
from app.models import Database, invitation, token, user
from app.models.token import TokenSet
from app.vault import Vault
from app.webex.resources import Person
from app.zones import safe_zone

log = structlog.get_logger(__name__)

SOMEBODY_ELSE = N_(
    "**Somebody opened your authorization link while signed in to Webex as another person.** "
    "Nothing was connected and nothing was stored. "
    "If that was you with a second account, type `/init` for a new link and sign in as yourself. If not, you need to do nothing; "
    "just don't share these links."
)


class LinkExpired(Exception):
    """The authorization link was used before, replaced by a newer one, or is older than ten minutes."""


class WrongPerson(Exception):
    """The person who signed in is not the one to whom the link was given."""


class Unknown(Exception):
    """Somebody signed in who has no account and no link."""


@dataclass(frozen=True)
class Accounts:
    database: Database
    vault: Vault
    people: People
    subscriptions: Subscriptions

    def connect(self, tokens: TokenSet, link: bytes, language: str) -> Person:
        """Open the account of the person to whom a link was given, or renew its access.

        Identity is what Webex says of the tokens just obtained (`people/me`), and nothing else.

        :param link: the hash of the link's nonce; it is used up, whatever happens
        :param language: of the browser, a code of `app.language`; for whom we don't know one yet
        :raises LinkExpired, WrongPerson: then nothing is stored
        :raises WebexError: if Webex does not say who it is
        """
        person = self.people.with_token(tokens.access_token).get_me()
        with self.database.transaction() as db:
            invited = invitation.use(db, link)
            if invited == person.id:
                self._save(db, person, tokens, language)
            elif invited:
                with speaking(user.language_of(db, invited)):
                    outbox.say_to(db, invited, _(SOMEBODY_ELSE), key=f"somebody else|{link.hex()}")
        if invited is None:
            raise LinkExpired
        if invited != person.id:
            log.warning("authorization by somebody else", user=invited)
            raise WrongPerson(invited)
        return person

    def sign_in(self, tokens: TokenSet, language: str) -> Person:
        """Somebody came without a link: fine for people who are connected already; their access is renewed on the way.

        :raises Unknown: then nothing is stored
        :raises WebexError: if Webex does not say who it is
        """
        person = self.people.with_token(tokens.access_token).get_me()
        with self.database.transaction() as db:
            if user.find(db, person.id) is None:
                raise Unknown
            self._save(db, person, tokens, language)
        return person

    def _save(self, db: Session, person: Person, tokens: TokenSet, language: str) -> None:
        opaque = self.subscriptions.opaque(person.id)
        user.save(
            db,
            person_id=person.id,
            email=person.email,
            display_name=person.display_name,
            opaque=opaque,
            timezone=safe_zone(person.timezone).key,
            language=language,
        )
        token.save(db, self.vault, person.id, tokens)
