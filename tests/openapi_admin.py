"""Operations that other descriptions of Webex have: roles, licenses, organizations, authorizations.

They are in `public-spec/webex-admin.json` of the repository webex/webex-openapi-specs, and the last ones in the guide
Authorizations; the simulator has them as far as clients for messaging ask for them.
"""

from tests import openapi_mending as mend
from tests.openapi_mending import NUMBER, TEXT, TEXTS, Json, Patch

DONE: Json = {}
"""An answer without a body."""
_WHY = "In the description webex-admin.json, not in this one."


def _list_and_one(path: str, name: str, *parameters: str) -> tuple[Patch, ...]:
    """A list of things and one of them."""
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    return (
        Patch(_WHY, mend.schema(f"{name}Collection", "items", items=items)),
        Patch(_WHY, mend.operation(f"GET {path}", "max", "cursor", *parameters, s200=mend.answer(f"{name}Collection"))),
        Patch(_WHY, mend.operation(f"GET {path}/{{id}}", s200=mend.answer(name))),
    )


ADMIN = (
    Patch(_WHY, mend.schema("Role", "id", "name", id=TEXT, name=TEXT)),
    *_list_and_one("/roles", "Role"),
    Patch(
        _WHY, mend.schema("License", "id", "name", id=TEXT, name=TEXT, totalUnits=NUMBER, consumedUnits=NUMBER)
    ),
    *_list_and_one("/licenses", "License", "orgId"),
    Patch(_WHY, mend.schema("Organization", "id", "displayName", id=TEXT, displayName=TEXT, created=TEXT)),
    *_list_and_one("/organizations", "Organization"),
    Patch(
        "In the guide Authorizations.",
        mend.schema(
            "Authorization", "id", "type", id=TEXT, applicationId=TEXT, applicationName=TEXT, clientId=TEXT, type=TEXT,
            scopes=TEXTS, created=TEXT,
        ),
    ),
    *_list_and_one("/authorizations", "Authorization", "personId", "personEmail"),
    Patch("In the guide Authorizations.", mend.schema("Expiry", "exp", exp=NUMBER)),
    Patch("In the guide Authorizations.", mend.operation("GET /authorizations/tokenExpiry", s200=mend.answer("Expiry"))),
    Patch("In the guide Authorizations.", mend.operation("DELETE /authorizations/{id}", s204=DONE)),
    Patch("In the guide Authorizations.", mend.operation("DELETE /authorizations", "clientId", "orgId", s204=DONE)),
)  # fmt: skip
