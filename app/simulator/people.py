"""People: who may look up whom (openapi /people; People API blog of 2022-09-15)."""

from app.simulator import directory, ids, roles
from app.simulator.addresses import is_address
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Caller, Json, Person

MAX_IDS = 85


def shape(person: Person, viewer: Person, *, has_status: bool = True, is_full: bool = True) -> Json:
    """Return a person as the API shows them; presence stays within the organization, licenses with administrators.

    :param is_full: whether administrators see the person's roles, licenses and so on
    """
    first, _, last = person.display_name.partition(" ")
    shown: Json = {
        "id": person.id, "emails": [person.email], "phoneNumbers": [], "displayName": person.display_name,
        "nickName": person.display_name if person.kind == "bot" else first,
    }  # fmt: skip
    if person.kind == "person":
        shown |= {"firstName": first, "lastName": last}
    shown |= {name: person.details[name] for name in roles.PUBLIC_DETAILS if name in person.details}
    shown |= {"orgId": person.org_id, "created": person.created, "lastModified": person.modified or person.created}
    if person.timezone is not None:
        shown["timezone"] = person.timezone
    if is_full and (roles.may_administer(viewer, person) or (viewer.id == person.id and person.roles)):
        shown |= roles.administered(person)
    if has_status:
        shown["status"] = _status(person, viewer)
    return shown | {"type": person.kind}


def get(cloud: Cloud, person_id: str) -> Person:
    """Return a person by id.

    :raises ApiError: 404 if there is none.
    """
    person = cloud.person_by_id(person_id)
    if person is None:
        raise ApiError(404, "Could not find person with provided ID.")
    return person


def search(
    cloud: Cloud, caller: Caller, email: str | None, display_name: str | None, person_ids: list[str] | None, *,
    role_ids: list[str] | None = None,
) -> tuple[list[Person], list[str]]:  # fmt: skip
    """Find people; return them and the ids nobody has.

    By e-mail or name only people of one's own organization are found, by id anybody; an administrator may list
    everybody, or those with a role.

    :raises ApiError: 400 without any criterion or with more than 85 ids, 403 for roles asked by somebody else.
    """
    if person_ids is not None:
        if len(person_ids) > MAX_IDS:
            raise ApiError(400, f"id: at most {MAX_IDS} ids are allowed.")
        found = [person for one in person_ids if (person := cloud.person_by_id(one)) is not None]
        return found, [one for one in person_ids if cloud.person_by_id(one) is None]
    colleagues = [one for one in cloud.people.values() if one.org_id == caller.person.org_id and not one.is_deleted]
    if role_ids is not None:
        roles.check_admin(caller, "spark-admin:people_read")
        colleagues = [one for one in colleagues if one.roles & set(role_ids)]
    if email is not None:
        return [one for one in colleagues if one.email == email.strip().lower()], []
    if display_name is not None:
        return [one for one in colleagues if one.display_name.lower().startswith(display_name.lower())], []
    if role_ids is None and not roles.is_admin(caller.person):
        raise ApiError(400, "Email, displayName or id list should be specified.")
    return colleagues, []


def invited(cloud: Cloud, email: str) -> Person | None:
    """Return the person an unknown address stands for: a pending one under the switch `unknown_email`, else None."""
    domain = email.strip().lower().partition("@")[2]
    if cloud.switches.unknown_email != "invite" or not is_address(email.strip()) or "." not in domain:
        return None
    person = directory.add(cloud, email, email.strip(), ids.stable("ORGANIZATION", domain))
    person.is_invited = True
    return person


def _status(person: Person, viewer: Person) -> str:
    if person.is_invited:
        return "pending"
    return "active" if person.org_id == viewer.org_id and person.kind == "person" else "unknown"
