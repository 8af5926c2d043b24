"""The administrator's side: people made and changed, licenses, organizations (openapi /people)."""

import uuid
from typing import Any

from app.simulator import ids, world
from app.simulator.addresses import is_address
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Person
from app.simulator.roles import ADMIN_DETAILS, PUBLIC_DETAILS, ROLES

LICENSES = {ids.stable("LICENSE", name): name for name in ("Messaging", "Meetings")}
UNITS = 10_000
"""How many licenses of a kind an organization has."""
_PARTS = {
    "phoneNumbers": ("type", "value"),
    "addresses": ("type", "country", "locality", "region", "streetAddress", "postalCode"),
}
"""The fields of a person that are lists of objects, and the texts that such an object may hold."""


def add(cloud: Cloud, email: str, display_name: str, org_id: str) -> Person:
    """Put a person into an organization, with a personal access token.

    The id is made of the address; where it is taken, by somebody deleted or with another address now, it is a new one.
    """
    email = email.strip().lower()
    if ids.stable("PEOPLE", email) not in cloud.people:
        person = world.add_person(cloud, email, display_name)
        person.org_id = org_id
        return person
    token = f"sim-{email.partition('@')[0]}-{uuid.uuid4()}"
    person = Person(ids.new("PEOPLE"), email, display_name, org_id, "person", cloud.clock.stamp(), token)
    cloud.people[person.id] = person
    cloud.tokens.add_personal(person, world.PORTAL)
    return person


def create(cloud: Cloud, caller: Caller, fields: Json) -> Person:
    """Make a person in the administrator's organization.

    :raises ApiError: 400 for a wrong field, 403 for another organization, 409 if somebody has the address.
    """
    email = _email(fields)
    details = _details(fields)
    name = _name(fields)
    if cloud.person_by_email(email) is not None:
        raise ApiError(409, "emails: a person with this address exists already.")
    _check_organization(caller, fields)
    roles = frozenset(_known(fields, "roles", ROLES))
    person = add(cloud, email, name, caller.person.org_id)
    person.details, person.roles = details, roles
    return person


def update(cloud: Cloud, caller: Caller, person: Person, fields: Json) -> Person:
    """Replace what is known of a person; what the request leaves out is gone (openapi PUT /people/{personId}).

    :raises ApiError: 400 for a wrong field, 403 for another organization, 409 if somebody else has the address.
    """
    _check_organization(caller, fields)
    email = _email(fields) if fields.get("emails") is not None else person.email
    if cloud.person_by_email(email) not in (None, person):
        raise ApiError(409, "emails: a person with this address exists already.")
    if not isinstance(fields.get("displayName"), str) or not fields["displayName"].strip():
        raise ApiError(400, "displayName cannot be empty")
    details = _details(fields)
    if isinstance(fields.get("loginEnabled"), bool):
        details["loginEnabled"] = fields["loginEnabled"]
    roles = frozenset(_known(fields, "roles", ROLES)) if "roles" in fields else person.roles
    person.details, person.roles = details, roles
    person.email, person.display_name = email, fields["displayName"].strip()
    person.modified, person.is_invited = cloud.clock.stamp(), False
    return person


def organizations(cloud: Cloud, caller: Caller) -> list[Json]:
    """Return the organizations the caller administers: their own."""
    own = [one for one in cloud.people.values() if one.org_id == caller.person.org_id]
    name = cloud.org_names.get(caller.person.org_id) or caller.person.email.partition("@")[2]
    return [{"id": caller.person.org_id, "displayName": name, "created": min(one.created for one in own)}]


def licenses(cloud: Cloud, caller: Caller) -> list[Json]:
    """Return the licenses of the caller's organization."""
    people = [one for one in cloud.people.values() if one.org_id == caller.person.org_id and not one.is_deleted]
    return [
        {
            "id": license_id, "name": name, "totalUnits": UNITS,
            "consumedUnits": sum(license_id in one.details.get("licenses", ()) for one in people),
        }
        for license_id, name in LICENSES.items()
    ]  # fmt: skip


def _email(fields: Json) -> str:
    emails = fields.get("emails")
    if not isinstance(emails, list) or len(emails) != 1 or not isinstance(emails[0], str):
        raise ApiError(400, "emails must hold one e-mail address.")
    email: str = emails[0].strip().lower()
    if not is_address(email):
        raise ApiError(400, "emails must hold one e-mail address.")
    return email


def _name(fields: Json) -> str:
    words = [fields.get(name) for name in ("displayName", "firstName", "lastName")]
    if not all(one is None or isinstance(one, str) for one in words):
        raise ApiError(400, "displayName, firstName and lastName must be strings.")
    name = words[0] or " ".join(one for one in words[1:] if one)
    if not name.strip():
        raise ApiError(400, "displayName, firstName or lastName is required.")
    return name.strip()


def _details(fields: Json) -> Json:
    details: Json = {}
    for name in (*PUBLIC_DETAILS, *ADMIN_DETAILS):
        value = fields.get(name)
        if value is None:
            continue
        if name in _PARTS:
            details[name] = _objects(name, value)
        elif name == "siteUrls":
            details[name] = _texts(name, value)
        elif isinstance(value, str):
            details[name] = value
        else:
            raise ApiError(400, f"{name} must be a string.")
    details["licenses"] = _known(fields, "licenses", LICENSES)
    return details


def _objects(name: str, value: Any) -> list[Json]:
    """Return a list of objects with the texts that are known of such an object; what else is in one is left out."""
    known, kept = _PARTS[name], []
    for one in value if isinstance(value, list) else [None]:
        parts = {part: one[part] for part in known if part in one} if isinstance(one, dict) else {}
        if not parts or not all(isinstance(part, str) for part in parts.values()):
            raise ApiError(400, f"{name} must be a list of objects with texts for {', '.join(known)}.")
        kept.append(parts)
    return kept


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ApiError(400, f"{name} must be a list of strings.")
    return value


def _known(fields: Json, name: str, known: dict[str, str]) -> list[str]:
    values = fields.get(name) or []
    if not isinstance(values, list) or not all(isinstance(one, str) and one in known for one in values):
        raise ApiError(400, f"{name} must be a list of known ids.")
    return values


def _check_organization(caller: Caller, fields: Json) -> None:
    org_id = fields.get("orgId")
    if org_id is not None and org_id != caller.person.org_id:
        raise ApiError(403, FORBIDDEN)
