"""Messages: posting, reading, editing and deleting, and what a bot gets to see."""

from app.simulator import contents, events, ids, markdown, rooms
from app.simulator.cloud import Cloud
from app.simulator.drafts import Draft, check, check_words
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Content, Json, Message, Person, Room

MAX_EDITS = 10


def shape(cloud: Cloud, message: Message) -> Json:
    """Return a message as the API shows it: what it does not have is absent, not null."""
    room = cloud.rooms[message.room_id]
    shown: Json = {"id": message.id}
    if message.parent_id:
        shown["parentId"] = message.parent_id
    shown |= {"roomId": room.id, "roomType": room.kind}
    for name in ("text", "markdown", "html"):
        if getattr(message, name) is not None:
            shown[name] = getattr(message, name)
    if message.files:
        shown["files"] = [contents.url(one) for one in message.files]
    shown |= {"personId": message.person_id, "personEmail": cloud.people[message.person_id].email}
    if message.mentioned_people:
        shown["mentionedPeople"] = message.mentioned_people
    if message.mentioned_groups:
        shown["mentionedGroups"] = message.mentioned_groups
    if message.attachments:
        shown["attachments"] = message.attachments
    shown["created"] = message.created
    if message.updated:
        shown["updated"] = message.updated
    return shown


def post(cloud: Cloud, sender: Person, room: Room, draft: Draft) -> Message:
    """Post a message into a room.

    :raises ApiError: 400 if it is empty, too long or answers nothing, 403 in archived rooms, in rooms where only
        moderators speak, and for bots under the switch `bots_are_blocked`.
    """
    _check_may_speak(cloud, sender, room)
    cloud.check_bot(sender)
    check(draft, cloud.switches)
    parent_id = root(cloud, room, draft.parent_id)
    order = next(cloud.order)
    now = cloud.clock.stamp()
    lag = cloud.switches.message_lag
    readable_from = cloud.clock.now() + lag if lag else 0.0  # a clock that is moved back hides nothing
    message = Message(cloud.new_id("MESSAGE"), order, room.id, sender.id, now, readable_from, parent_id=parent_id)
    message.attachments = draft.attachments
    _write(cloud, room, message, draft)
    for upload in draft.files:
        contents.keep(cloud, message, upload)
    cloud.messages[message.id] = message
    cloud.room_messages.setdefault(room.id, []).append(message)
    room.last_activity = now
    for membership in cloud.members(room.id).values():
        membership.is_room_hidden = False
    events.message_happened(cloud, "created", message, sender.id)
    return message


def get(cloud: Cloud, caller: Caller, message_id: str) -> Message:
    """Return a message the caller may read.

    :raises ApiError: 404 if there is none, it is not for the caller, or reading lags behind (contract 1.8).
    """
    message = cloud.messages.get(message_id)
    if message is None or not _is_readable(cloud, caller.person, message):
        raise ApiError(404, "Unable to get message.")
    if message.readable_from > cloud.clock.now():
        raise ApiError(404, "Unable to get message.")
    return message


def content(cloud: Cloud, caller: Caller, content_id: str) -> Content:
    """Return a file of a message the caller may read.

    :raises ApiError: 404 if there is none, or it is not for the caller.
    """
    found = cloud.contents.get(content_id)
    message = cloud.messages.get(found.message_id) if found else None
    if found is None or message is None or not _is_readable(cloud, caller.person, message):
        raise ApiError(404, "Could not find content with provided ID.")
    return found


def listed(
    cloud: Cloud, caller: Caller, room: Room, *, mentions: str | None = None, parent_id: str | None = None,
    before: str | None = None, before_message: str | None = None,
) -> list[Message]:  # fmt: skip
    """Return a room's messages, newest first.

    :param mentions: the caller's own person id or `me`: only messages that mention the caller.
    :param before: a time stamp in the cloud's own form: only older messages.
    :raises ApiError: 403 if a bot lists a group room without `mentions`, 400 for somebody else's mentions,
        404 for an unknown `before_message`.
    """
    if mentions is None and room.kind == "group" and caller.person.kind == "bot":
        raise ApiError(403, FORBIDDEN)
    if mentions not in (None, "me") and ids.canonical("PEOPLE", mentions, "mentionedPeople") != caller.person.id:
        raise ApiError(400, "mentionedPeople takes me or your own person id.")
    found = cloud.room_messages.get(room.id, [])
    if before_message is not None:
        newest = cloud.messages.get(before_message)
        if newest is None or newest.room_id != room.id:
            raise ApiError(404, "Unable to get message.")
        found = [one for one in found if one.order < newest.order]
    if before is not None:
        found = [one for one in found if one.created < before]
    if mentions is not None:
        found = [one for one in found if caller.person.id in one.mentioned_people]
    if parent_id is not None:
        found = [one for one in found if one.parent_id == parent_id]
    return found[::-1]


def listed_direct(cloud: Cloud, caller: Caller, other: Person, parent_id: str | None) -> list[Message]:
    """Return the fifty newest messages of a direct room, newest first.

    :raises ApiError: 404 if the two never wrote to each other.
    """
    room = rooms.find_direct(cloud, caller.person, other)
    if room is None:
        raise ApiError(404, "Could not find a direct room with the provided person.")
    return listed(cloud, caller, room, parent_id=parent_id)[:50]


def may_mention_all(cloud: Cloud, room: Room, person_id: str) -> bool:
    """Whether somebody's mention of everybody counts in a group room: in a moderated one its moderators', by switch anybody's."""
    is_restricted = room.is_locked and not cloud.members(room.id)[person_id].is_moderator
    return not is_restricted or cloud.switches.mention_all == "everybody"


def edit(cloud: Cloud, caller: Caller, message: Message, draft: Draft) -> Message:
    """Replace the words of one's own message, at most ten times.

    :raises ApiError: 403 for somebody else's and where the author may not speak now, 400 for one with a card or after the
        tenth edit.
    """
    if message.person_id != caller.person.id:
        raise ApiError(403, FORBIDDEN)
    if message.attachments or message.files:
        raise ApiError(400, "Messages with files or attachments cannot be edited.")
    if message.edits >= MAX_EDITS:
        raise ApiError(400, f"A message can be edited {MAX_EDITS} times.")
    _check_may_speak(cloud, caller.person, cloud.rooms[message.room_id])
    check_words(draft)
    _write(cloud, cloud.rooms[message.room_id], message, draft)
    message.edits += 1
    message.updated = cloud.clock.stamp()
    is_told = cloud.switches.messages_updated_on_edit
    events.message_happened(cloud, "updated", message, caller.person.id, is_told=is_told)
    return message


def delete(cloud: Cloud, caller: Caller, message: Message) -> None:
    """Delete one's own message, or as a moderator of a locked room anybody's.

    :raises ApiError: 403 otherwise.
    """
    room = cloud.rooms[message.room_id]
    is_moderator = room.is_locked and cloud.members(room.id)[caller.person.id].is_moderator
    if message.person_id != caller.person.id and not is_moderator:
        raise ApiError(403, FORBIDDEN)
    del cloud.messages[message.id]
    cloud.room_messages[room.id].remove(message)
    contents.drop(cloud, message)
    events.message_happened(cloud, "deleted", message, caller.person.id)


def _is_readable(cloud: Cloud, person: Person, message: Message) -> bool:
    if person.id not in cloud.members(message.room_id):
        return False
    is_shielded = person.kind == "bot" and cloud.rooms[message.room_id].kind == "group"
    return not is_shielded or events.may_bot_see(message, person.id)


def _check_may_speak(cloud: Cloud, person: Person, room: Room) -> None:
    """Nothing new is said in archived and read-only rooms, nor by others than moderators where only they announce."""
    is_muted = room.is_announcement_only and not cloud.members(room.id)[person.id].is_moderator
    if is_muted or room.is_archived or room.is_read_only:
        raise ApiError(403, FORBIDDEN)


def root(cloud: Cloud, room: Room | None, parent_id: str | None) -> str | None:
    """Check that a parent is a message of the room that is no answer itself: threads have one level.

    :param room: None for a direct room that is not there yet.
    """
    if parent_id is None:
        return None
    parent = cloud.messages.get(parent_id)
    if room is None or parent is None or parent.room_id != room.id:
        raise ApiError(400, "Unable to find the parent message in the room.")
    if parent.parent_id is not None:
        raise ApiError(400, "Cannot reply to a reply.")
    return parent.id


def _write(cloud: Cloud, room: Room, message: Message, draft: Draft) -> None:
    """Put the words into a message.

    :raises ApiError: 403 for a mention of @all under the switch `mention_all`; nothing has changed then.
    """
    rendered = _rendered(cloud, room, message.person_id, draft) if draft.markdown else None
    message.text, message.markdown, message.html = draft.text or None, draft.markdown or None, None
    message.mentioned_people, message.mentioned_groups = [], []
    if draft.markdown and rendered:
        message.mentioned_people, message.mentioned_groups = rendered.mentioned_people, rendered.mentioned_groups
        message.html = rendered.html
        message.text = draft.text or rendered.text or None
        if draft.is_typed:
            message.markdown = None
            if markdown.is_plain(rendered, draft.markdown):
                message.text, message.html = draft.markdown.strip(), None


def _rendered(cloud: Cloud, room: Room, author_id: str, draft: Draft) -> markdown.Rendered:
    def member(kind: str, value: str) -> tuple[str, str] | None:
        try:
            person = cloud.person_by_email(value) if kind == "personEmail" else cloud.people.get(ids.canonical("PEOPLE", value))
        except ApiError:  # no id at all, which makes no mention
            return None
        if person is None or person.id not in cloud.members(room.id):
            return None
        return person.id, person.display_name

    may_all = may_mention_all(cloud, room, author_id)
    is_refused = not may_all and cloud.switches.mention_all == "refused"
    lookup = member if room.kind == "group" else None
    rendered = markdown.render(draft.markdown or "", lookup, keeps_breaks=draft.is_typed, takes_all=may_all or is_refused)
    if is_refused and rendered.mentioned_groups:
        raise ApiError(403, FORBIDDEN)
    return rendered
