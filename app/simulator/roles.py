"""Administrator roles: who has one, and what one sees of people (openapi /people)."""

from app.simulator import ids
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Person

FULL_ADMIN, READ_ONLY_ADMIN, USER_ADMIN, OFFICER = (
    "Full Administrator", "Read-only Administrator", "User and Device Administrator", "Compliance Officer",
)  # fmt: skip
ROLES = {ids.stable("ROLE", name): name for name in (FULL_ADMIN, READ_ONLY_ADMIN, USER_ADMIN, OFFICER)}
PUBLIC_DETAILS = ("firstName", "lastName", "nickName", "avatar", "department", "title", "phoneNumbers", "addresses")
ADMIN_DETAILS = ("extension", "locationId", "manager", "managerId", "siteUrls")


def role_id(name: str) -> str:
    """Return the id of a role by its name.

    :raises ApiError: 400 if there is no such role.
    """
    if name not in ROLES.values():
        raise ApiError(400, f"roles takes {', '.join(ROLES.values())}.")
    return ids.stable("ROLE", name)


def is_admin(person: Person, *, may_write: bool = False) -> bool:
    """Whether a person administers their organization, by reading or also by writing."""
    names = (FULL_ADMIN, USER_ADMIN) if may_write else (FULL_ADMIN, USER_ADMIN, READ_ONLY_ADMIN)
    return any(ids.stable("ROLE", name) in person.roles for name in names)


def is_officer(person: Person) -> bool:
    """Whether a person is a compliance officer."""
    return ids.stable("ROLE", OFFICER) in person.roles


def may_administer(viewer: Person, person: Person) -> bool:
    """Whether one person is an administrator of the other's organization."""
    return is_admin(viewer) and viewer.org_id == person.org_id


def check_admin(caller: Caller, scope: str) -> None:
    """Let only administrators on whose token has the scope.

    :raises ApiError: 403 for anybody else.
    """
    if not is_admin(caller.person, may_write=scope.endswith("_write")) or not caller.may(scope):
        raise ApiError(403, FORBIDDEN)


def administered(person: Person) -> Json:
    """Return what only administrators see of a person."""
    shown = {name: person.details[name] for name in ADMIN_DETAILS if name in person.details}
    return shown | {
        "roles": sorted(person.roles), "licenses": person.details.get("licenses", []),
        "invitePending": person.is_invited, "loginEnabled": person.details.get("loginEnabled", True),
    }  # fmt: skip
