"""What each permission is for, in the words of the authorization page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    scope: str
    what: str
    why: str


# Source of the names: Webex "Integrations" guide, table of scopes.
KNOWN = {
    "spark:people_read": ("See who you are, and look up people", "to know your name, and to find whom you want to track"),
    "spark:rooms_read": ("See the rooms you are in", "to name the room in which somebody you track wrote"),
    "spark:memberships_read": ("See who is in your rooms", "to find people of other organisations whom you want to track"),
    "spark:messages_read": ("Read messages in your rooms", "to see the commands you type, and what the people you track write"),
    "spark:messages_write": (
        "Write messages as you, and delete your own",
        "for your auto-reply, and to take the commands that pin a message out of the room again",
    ),
    "spark:rooms_write": ("Create and change rooms as you", "for commands that copy or change rooms"),
    "spark:memberships_write": ("Add and remove people as you", "for commands that manage who is in a room"),
    "spark:all": ("Everything you can do in Webex", "because your operator asked for full access"),
    "spark:kms": ("Open encrypted content", "because everything in Webex is encrypted"),
}


def explain(asked: tuple[str, ...]) -> list[Permission]:
    """One row for each scope that is asked for; an unknown one is named as it is."""
    rows = []
    for scope in asked:
        what, why = KNOWN.get(scope, (scope, "because your operator asked for it"))
        rows.append(Permission(scope, what, why))
    return rows
