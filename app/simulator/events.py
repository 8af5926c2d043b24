"""Who hears what: a happening in the cloud becomes webhook deliveries and news for the chat pages."""

from dataclasses import dataclass, field
from typing import Any

from app.simulator import contents
from app.simulator.cloud import Cloud
from app.simulator.records import Json, Message, Room, Webhook

FIREHOSE_RESOURCES = frozenset({"memberships", "messages", "rooms"})
FIREHOSE_EVENTS = frozenset({"created", "updated", "deleted"})


@dataclass(frozen=True)
class Happening:
    """Something that webhooks may tell about."""

    resource: str
    event: str
    actor_id: str
    data: Json
    """What the delivery shows of the resource: never a text (guide "Webhooks")."""
    audience: frozenset[str]
    """The people whose webhooks may hear of it, before bots are held back."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What filters look at: strings, booleans, or sets of strings."""
    details: Json = field(default_factory=dict)
    """What only the list of events shows: the text of a message."""
    is_told: bool = True
    """Whether webhooks hear of it; the list of events has it in any case."""
    times: int = 1
    """How often webhooks hear of it."""


def publish(cloud: Cloud, happening: Happening) -> None:
    """Note a happening, and deliver it to every webhook that is to hear it."""
    actor = cloud.people.get(happening.actor_id)
    cloud.journal.add(
        happening.resource, happening.event, actor_id=happening.actor_id, org_id=actor.org_id if actor else "",
        data=happening.data | happening.details, audience=happening.audience,
    )  # fmt: skip
    if not happening.is_told:
        return
    for hook in list(cloud.webhooks.values()):
        if _hears(cloud, hook, happening):
            for _ in range(happening.times):
                cloud.deliveries.put(hook, _envelope(cloud, hook, happening))


def message_happened(cloud: Cloud, event: str, message: Message, actor_id: str, *, is_told: bool = True) -> None:
    """Tell of a message created, updated or deleted."""
    room = cloud.rooms[message.room_id]
    author = cloud.people[message.person_id]
    data: Json = {
        "id": message.id, "roomId": room.id, "roomType": room.kind, "personId": author.id, "personEmail": author.email,
    }  # fmt: skip
    facts = {
        **data, "mentionedPeople": frozenset(message.mentioned_people),
        "hasFiles": bool(message.files), "hasAttachments": bool(message.attachments),
    }  # fmt: skip
    if event != "deleted":
        data["created"] = message.created
        if cloud.switches.message_data_has_extras:
            data |= _extras(message)
    people = frozenset(cloud.members(room.id))
    cloud.feed.add(f"message:{event}", room.id, message.id, people)
    audience = frozenset(one for one in people if cloud.people[one].kind != "bot" or _is_for_bot(cloud, room, message, one))
    details = {"text": message.text} if message.text and event != "deleted" else {}
    times = 2 if cloud.switches.file_messages_are_told_twice and message.files and event == "created" else 1
    publish(cloud, Happening("messages", event, actor_id, data, audience, facts, details, is_told, times))


def _extras(message: Message) -> Json:
    extras: Json = {}
    if message.mentioned_people:
        extras["mentionedPeople"] = list(message.mentioned_people)
    if message.parent_id:
        extras["parentId"] = message.parent_id
    if message.files:
        extras["files"] = [contents.url(one) for one in message.files]
    return extras


def _is_for_bot(cloud: Cloud, room: Room, message: Message, bot_id: str) -> bool:
    is_of_other_bot = message.person_id != bot_id and cloud.people[message.person_id].kind == "bot"
    if is_of_other_bot and not cloud.switches.bots_meet_bots:
        return False
    return room.kind == "direct" or may_bot_see(message, bot_id)


def may_bot_see(message: Message, bot_id: str) -> bool:
    """Whether a bot hears of a message in a group room: only its own ones and those that mention it (guide "Bots")."""
    return bot_id == message.person_id or bot_id in message.mentioned_people


def membership_happened(
    cloud: Cloud, event: str, shape: Json, actor_id: str, audience: frozenset[str] | None = None, *, is_told: bool = True
) -> None:
    """Tell of a membership created, updated or deleted; `shape` is the membership as the API shows it."""
    everybody = frozenset(cloud.members(shape["roomId"])) | {shape["personId"]}
    cloud.feed.add(f"membership:{event}", shape["roomId"], shape["id"], audience or everybody)
    names = ("roomId", "personId", "personEmail", "isModerator")
    facts = {name: shape[name] for name in names}
    publish(cloud, Happening("memberships", event, actor_id, shape, audience or everybody, facts, is_told=is_told))


def room_happened(
    cloud: Cloud, event: str, room: Room, actor_id: str, audience: frozenset[str], *, more: Json | None = None
) -> None:
    """Tell of a room created, updated or migrated; the title is left out, as Webex keeps it encrypted.

    :param more: what the data shows besides, for a migration the old id.
    """
    data: Json = {
        "id": room.id, "type": room.kind, "isLocked": room.is_locked, "creatorId": room.creator_id,
        "created": room.created, "lastActivity": room.last_activity, **(more or {}),
    }  # fmt: skip
    cloud.feed.add(f"room:{event}", room.id, room.id, frozenset(cloud.members(room.id)))
    facts = {"type": room.kind, "isLocked": room.is_locked}
    publish(cloud, Happening("rooms", event, actor_id, data, audience, facts))


def action_happened(cloud: Cloud, data: Json, card_author_id: str) -> None:
    """Tell the author of a card that somebody pressed Submit on it."""
    facts = {name: data[name] for name in ("roomId", "personId", "messageId")}
    happening = Happening("attachmentActions", "created", data["personId"], data, frozenset({card_author_id}), facts)
    publish(cloud, happening)


def filter_of(text: str | None) -> dict[str, str]:
    """Split a webhook's filter into names and values."""
    pairs = (pair.partition("=") for pair in (text or "").split("&") if pair)
    return {name: value for name, _, value in pairs}


def _hears(cloud: Cloud, hook: Webhook, happening: Happening) -> bool:
    if hook.status != "active" or hook.is_silent or not _is_addressed(cloud, hook, happening):
        return False
    return _covers(hook, happening) and _lets_through(cloud, hook, happening.facts)


def _is_addressed(cloud: Cloud, hook: Webhook, happening: Happening) -> bool:
    if hook.owned_by == "creator":
        return hook.created_by in happening.audience
    return any(cloud.people[one].org_id == hook.org_id for one in happening.audience)


def _covers(hook: Webhook, happening: Happening) -> bool:
    if hook.resource == "all" and happening.resource not in FIREHOSE_RESOURCES:
        return False
    if hook.resource not in ("all", happening.resource):
        return False
    if hook.event == "all":
        return happening.event in FIREHOSE_EVENTS
    return hook.event == happening.event


def _lets_through(cloud: Cloud, hook: Webhook, facts: dict[str, Any]) -> bool:
    for name, written in filter_of(hook.filter).items():
        wanted = written
        if written == "me" and cloud.switches.me_in_filters and name in ("personId", "personEmail"):
            creator = cloud.people[hook.created_by]
            wanted = creator.id if name == "personId" else creator.email
        value = facts[name]
        if isinstance(value, frozenset):
            people = {hook.created_by if one == "me" else one for one in wanted.split(",")}
            if not people & value:
                return False
        elif isinstance(value, bool):
            if wanted != str(value).lower():
                return False
        elif wanted != value:
            return False
    return True


def _envelope(cloud: Cloud, hook: Webhook, happening: Happening) -> Json:
    envelope: Json = {"id": hook.id, "name": hook.name}
    if cloud.switches.envelope_has_target_url:
        envelope["targetUrl"] = hook.target_url
    envelope |= {"resource": happening.resource, "event": happening.event}
    if hook.filter:
        envelope["filter"] = hook.filter
    envelope |= {
        "orgId": hook.org_id, "createdBy": hook.created_by, "appId": hook.app_id, "ownedBy": hook.owned_by,
        "status": "active",
    }  # fmt: skip
    if cloud.switches.envelope_has_created:
        envelope["created"] = hook.created
    return envelope | {"actorId": happening.actor_id, "data": happening.data}
