"""The person behind an address, as far as Webex shows them to the one who asks."""

from contextlib import suppress
from dataclasses import dataclass

from app.errors import UserError
from app.language import _
from app.webex.client import WebexClient
from app.webex.errors import BadRequest, Forbidden, NotFound
from app.webex.markdown import escape

ROOMS_SEARCHED = 30  # newest rooms looked through for somebody of another organisation


@dataclass(frozen=True)
class Known:
    """:ivar name: their address, if Webex shows no name"""

    person_id: str
    name: str


def who_is(webex: WebexClient, email: str) -> Known:
    """Person id and name behind an address.

    Webex looks people up by address only inside the caller's own organisation (People reference, 2022); others are
    found through the 1:1 room or a group room shared with them.

    :param email: in lower case
    :raises UserError: if Webex shows nobody with this address, or a bot
    """
    for person in webex.find_people(email):
        if person.is_bot:
            raise UserError(_("That is a bot, and this is for people only. Nothing was changed."))
        return Known(person.id, person.display_name or email)
    with suppress(NotFound, BadRequest, Forbidden):
        for message in webex.list_direct_messages(20, personEmail=email):
            if message.person_email.lower() == email:
                return Known(message.person_id, email)
    for room in webex.list_rooms(ROOMS_SEARCHED, type="group", sortBy="lastactivity"):
        with suppress(NotFound, Forbidden):
            for membership in webex.list_memberships(room.id, personEmail=email):
                return Known(membership.person_id, membership.person_display_name or email)
    raise UserError(
        _(
            "Webex shows me nobody with the address {email}: neither in your organisation nor in the rooms you used last. "
            "Nothing was changed.",
            email=escape(email),
        )
    )
