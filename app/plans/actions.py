"""What a plan's items do: at Webex one action, one call, and how it is recognised and taken back; or with us.

A call may have been done although its answer got lost. So each action can look whether it is done: `seen` is asked for an
item that an earlier attempt left unsure, before it is done again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.language import N_
from app.plans import accounts
from app.plans.results import Result
from app.webex.client import WebexClient
from app.webex.errors import Conflict, NotFound
from app.webex.markdown import fingerprint, letters

Params = dict[str, Any]
CLOCKS_DIFFER = 5.0  # seconds by which Webex's clock and ours may
NOT_SURE = N_("not in the room any more; I can't tell whether that was me")
WAS_THERE = N_("was in the room already")
BETWEEN_ANNOUNCEMENTS = 0.1  # seconds, so that telling everybody something leaves the bot its voice for answers


def _always(_db: Session, _params: Params) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """:ivar reverse: what takes it back, with `undo` as its params
    :ivar of_admins: only admins' plans do so: what is done with such a plan is in the audit, and each of its items is done only
        while the plan's owner is an admin
    """

    reverse: str = ""
    of_admins: bool = False


@dataclass(frozen=True, kw_only=True)
class Action(Kind):
    """:ivar do: makes the call
    :ivar seen: the result of an earlier call, if it was done
    :ivar unwanted: why it is not to be done any more, asked right before; empty if it is
    :ivar by_bot: whether the bot does it, instead of the plan's owner
    :ivar pace: seconds before each
    """

    do: Callable[[WebexClient, Params], Result]
    seen: Callable[[WebexClient, Params], Result | None]
    unwanted: Callable[[Session, Params], str] = _always
    by_bot: bool = False
    pace: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Change(Kind):
    """:ivar make: changes rows of ours, in the transaction that settles the item, so it happens once and is never looked for;
    its last argument begins the keys of whatever follows
    """

    make: Callable[[Session, Params, str], Result]


def _add(webex: WebexClient, params: Params) -> Result:
    try:
        made = webex.create_membership(**params)
    except Conflict:
        if not any(webex.list_memberships(params["roomId"], **_whom(params))):  # Webex says 409 of other things, too
            raise
        return Result(skipped=WAS_THERE)
    return Result({"membershipId": made.id, "roomId": params["roomId"], "personId": made.person_id})


def _was_added(webex: WebexClient, params: Params) -> Result | None:
    for found in webex.list_memberships(params["roomId"], **_whom(params)):
        if found.created is not None and found.created.timestamp() < params["since"] - CLOCKS_DIFFER:
            return Result(skipped=WAS_THERE)
        return Result({"membershipId": found.id, "roomId": params["roomId"], "personId": found.person_id})
    return None


def _whom(params: Params) -> Params:
    return {key: params[key] for key in ("personId", "personEmail") if key in params}


def _remove(webex: WebexClient, params: Params) -> Result:
    try:
        webex.delete_membership(params["membershipId"])
    except NotFound as error:
        if (gone := _was_removed(webex, params)) is None:
            raise
        return gone if error.may_have_happened else Result(skipped=N_("was not in the room any more"))
    return Result(_back(params))


def _was_removed(webex: WebexClient, params: Params) -> Result | None:
    """Who is gone may have left by themselves meanwhile, and whoever left is not brought back by an undo."""
    still = list(webex.list_memberships(params["roomId"], personId=params["personId"]))
    return None if still else Result(note=NOT_SURE)


def _back(params: Params) -> Params:
    moderator = {"isModerator": True} if params.get("isModerator") else {}
    return {"roomId": params["roomId"], "personId": params["personId"], **moderator}


def _create_room(webex: WebexClient, params: Params) -> Result:
    room = webex.create_room(**{key: value for key, value in params.items() if key != "since"})
    return Result({"roomId": room.id}, {"roomId": room.id})


def _was_created(webex: WebexClient, params: Params) -> Result | None:
    """A room of this title that this person made since the plan began."""
    me = webex.get_me().id
    for room in webex.list_rooms(50, type="group", sortBy="created"):
        is_new = room.created is not None and room.created.timestamp() >= params["since"] - CLOCKS_DIFFER
        if room.title == params["title"] and room.creator_id == me and is_new:
            return Result({"roomId": room.id}, {"roomId": room.id})
    return None


def _delete_room(webex: WebexClient, params: Params) -> Result:
    try:
        webex.delete_room(params["roomId"])
    except NotFound as error:
        if (gone := _was_deleted(webex, params)) is None:
            raise
        return gone if error.may_have_happened else Result(skipped=N_("was gone already"))
    return Result()


def _was_deleted(webex: WebexClient, params: Params) -> Result | None:
    try:
        webex.get_room(params["roomId"])
    except NotFound:
        return Result()
    return None


def _lock_room(webex: WebexClient, params: Params) -> Result:
    webex.update_room(params["roomId"], title=params["title"], isLocked=True)
    return Result()


def _was_locked(webex: WebexClient, params: Params) -> Result | None:
    return Result() if webex.get_room(params["roomId"]).is_locked else None


def _announce(webex: WebexClient, params: Params) -> Result:
    webex.create_message(params["markdown"], toPersonId=params["toPersonId"])
    return Result()


def _was_announced(webex: WebexClient, params: Params) -> Result | None:
    me, wanted = webex.get_me().id, fingerprint(params["markdown"])
    try:
        said = webex.list_direct_messages(50, personId=params["toPersonId"])
    except NotFound:
        return None  # there is no 1:1 room yet, so nothing was said in it
    for message in said:
        is_new = message.created is not None and message.created.timestamp() >= params["since"] - CLOCKS_DIFFER
        if message.person_id == me and is_new and wanted in (fingerprint(message.markdown), letters(message.text)):
            return Result()
    return None


ACTIONS: dict[str, Action | Change] = {
    "add": Action(do=_add, seen=_was_added, reverse="remove"),
    "remove": Action(do=_remove, seen=_was_removed, reverse="add"),
    "create room": Action(do=_create_room, seen=_was_created, reverse="delete room"),
    "lock room": Action(do=_lock_room, seen=_was_locked),
    "delete room": Action(do=_delete_room, seen=_was_deleted),
    "announce": Action(
        do=_announce, seen=_was_announced, unwanted=accounts.wants_no_announcement, by_bot=True, of_admins=True,
        pace=BETWEEN_ANNOUNCEMENTS,
    ),
    "pause account": Change(make=accounts.pause, reverse="resume account", of_admins=True),
    "resume account": Change(make=accounts.resume, reverse="pause account", of_admins=True),
}  # fmt: skip


def are_of_admins(names: Iterable[str]) -> bool:
    """:param names: of what a plan's items do"""
    return any(ACTIONS[name].of_admins for name in names)
