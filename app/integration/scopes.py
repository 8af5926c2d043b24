"""What each permission is for, in the words of the authorization page."""

from dataclasses import dataclass

from app.language import N_, _


@dataclass(frozen=True)
class Permission:
    """:ivar what, why: in the language that is spoken"""

    scope: str
    what: str
    why: str


# Source of the names: Webex "Integrations" guide, table of scopes.
KNOWN = {
    "spark:people_read": (N_("See who you are, and look up people"), N_("to know your name, and to find whom you want to track")),
    "spark:rooms_read": (N_("See the rooms you are in"), N_("to name the room in which somebody you track wrote")),
    "spark:memberships_read": (
        N_("See who is in your rooms"),
        N_("to find people of other organisations whom you want to track"),
    ),
    "spark:messages_read": (
        N_("Read messages in your rooms"),
        N_("to see the commands you type, and what the people you track write"),
    ),
    "spark:messages_write": (
        N_("Write messages as you, and delete your own"),
        N_("for your auto-reply, and to take the commands that pin a message out of the room again"),
    ),
    "spark:rooms_write": (N_("Create and change rooms as you"), N_("for commands that copy or change rooms")),
    "spark:memberships_write": (N_("Add and remove people as you"), N_("for commands that manage who is in a room")),
    "spark:all": (N_("Everything you can do in Webex"), N_("because your operator asked for full access")),
    "spark:kms": (N_("Open encrypted content"), N_("because everything in Webex is encrypted")),
}
UNKNOWN = N_("because your operator asked for it")


def explain(asked: tuple[str, ...]) -> list[Permission]:
    """One row for each scope that is asked for; an unknown one is named as it is."""
    rows = []
    for scope in asked:
        what, why = KNOWN.get(scope, ("", UNKNOWN))
        rows.append(Permission(scope, _(what) or scope, _(why)))
    return rows
