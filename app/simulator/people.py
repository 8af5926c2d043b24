"""People: who may look up whom (openapi /people; People API blog of 2022-09-15)."""

from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Caller, Json, Person

MAX_IDS = 85


def shape(person: Person, viewer: Person) -> Json:
    """Return a person as the API shows them; presence stays within the organization."""
    first, _, last = person.display_name.partition(" ")
    shown: Json = {
        "id": person.id, "emails": [person.email], "phoneNumbers": [], "displayName": person.display_name,
        "nickName": person.display_name if person.kind == "bot" else first,
    }  # fmt: skip
    if person.kind == "person":
        shown |= {"firstName": first, "lastName": last}
    shown |= {"orgId": person.org_id, "created": person.created, "lastModified": person.created}
    is_colleague = person.org_id == viewer.org_id and person.kind == "person"
    return shown | {"status": "active" if is_colleague else "unknown", "type": person.kind}


def get(cloud: Cloud, person_id: str) -> Person:
    """Return a person by id.

    :raises ApiError: 404 if there is none.
    """
    person = cloud.people.get(person_id)
    if person is None:
        raise ApiError(404, "Could not find person with provided ID.")
    return person


def search(
    cloud: Cloud, caller: Caller, email: str | None, display_name: str | None, person_ids: list[str] | None
) -> tuple[list[Person], list[str]]:
    """Find people; return them and the ids nobody has.

    By e-mail or name only people of one's own organization are found, by id anybody.

    :raises ApiError: 400 without any criterion or with more than 85 ids.
    """
    if person_ids is not None:
        if len(person_ids) > MAX_IDS:
            raise ApiError(400, f"At most {MAX_IDS} ids are allowed.")
        found = [cloud.people[one] for one in person_ids if one in cloud.people]
        return found, [one for one in person_ids if one not in cloud.people]
    colleagues = [one for one in cloud.people.values() if one.org_id == caller.person.org_id]
    if email is not None:
        return [one for one in colleagues if one.email == email.strip().lower()], []
    if display_name is not None:
        return [one for one in colleagues if one.display_name.lower().startswith(display_name.lower())], []
    raise ApiError(400, "Email, displayName or id list should be specified.")
