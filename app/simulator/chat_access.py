"""Who acts in the chat page. There are no tokens: a request names the person in `as`."""

from flask import request

from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Caller, Json, Person
from app.simulator.rest.guard import word


def people(cloud: Cloud) -> list[Person]:
    """Return everybody one can write to, bots included."""
    return [one for one in cloud.people.values() if not one.is_deleted]


def person_in(cloud: Cloud, fields: Json, name: str) -> Person:
    """Return the person or bot whose address is in the field `name`.

    :raises ApiError: 404 if nobody has it.
    """
    email = (word(fields, name) or "").strip()
    person = cloud.person_by_email(email)
    if person is None:
        raise ApiError(404, f"Nobody here has the address {email}." if email else "Say whom you mean.")
    return person


def acting(cloud: Cloud, fields: Json) -> Person:
    """Return the person named in `as`.

    :raises ApiError: 404 if nobody has the address.
    """
    return person_in(cloud, fields, "as")


def caller(person: Person) -> Caller:
    """Return a person as the rules of the cloud see who acts: with every scope."""
    return Caller(person, "chat")


def refuse_strangers() -> None:
    """Refuse what another web site lets a visitor's browser send here.

    A browser asks a foreign server before it sends JSON, but posts forms, with files too, without asking (Fetch
    standard, "CORS-safelisted request-header"). It says in `Origin` where they come from.

    :raises ApiError: 403 for a request of another origin that would change something.
    """
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD") and origin not in (None, request.host_url.rstrip("/")):
        raise ApiError(403, "The chat page takes nothing from other sites.")
