"""Webhooks: registering, changing and reviving them (guide "Webhooks"; contract 1.1 to 1.3)."""

from collections.abc import Collection
from urllib.parse import urlsplit

from app.simulator import events, messages, roles
from app.simulator.cloud import Cloud
from app.simulator.delivery import WINDOW
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Webhook

EVENTS = {
    "messages": ("created", "updated", "deleted", "all"),
    "memberships": ("created", "updated", "deleted", "all"),
    "rooms": ("created", "updated", "migrated", "all"),
    "attachmentActions": ("created", "all"),
    "all": ("all",),
}
FILTERS = {
    "messages": ("roomId", "roomType", "personId", "personEmail", "mentionedPeople", "hasFiles", "hasAttachments"),
    "memberships": ("roomId", "personId", "personEmail", "isModerator"),
    "rooms": ("type", "isLocked"),
    "attachmentActions": ("roomId", "personId", "messageId"),
    "all": (),
}
READ_SCOPES = {
    "messages": ("spark:messages_read",),
    "memberships": ("spark:memberships_read",),
    "rooms": ("spark:rooms_read",),
    "attachmentActions": ("spark:messages_read",),
    "all": ("spark:messages_read", "spark:memberships_read", "spark:rooms_read"),
}
ELSEWHERE = frozenset({
    "dataSources", "meetings", "recordings", "convergedRecordings", "meetingParticipants", "meetingTranscripts",
    "telephony_calls", "telephony_conference", "telephony_mwi", "uc_counters", "serviceApp", "adminBatchJobs",
})  # fmt: skip
"""Resources of Webex outside messaging; no token of this cloud has their scopes."""
LIMIT = 30_000
"""Webhooks of one person (guide "Webhooks")."""
_FIXED_VALUES = {
    "roomType": ("direct", "group"), "type": ("direct", "group"), "hasFiles": ("true", "false"),
    "hasAttachments": ("true", "false"), "isModerator": ("true", "false"), "isLocked": ("true", "false"),
}  # fmt: skip


def shape(hook: Webhook) -> Json:
    """Return a webhook as the API shows it, its secret included."""
    shown: Json = {
        "id": hook.id, "name": hook.name, "targetUrl": hook.target_url, "resource": hook.resource,
        "event": hook.event,
    }  # fmt: skip
    if hook.filter:
        shown["filter"] = hook.filter
    if hook.secret:
        shown["secret"] = hook.secret
    return shown | {
        "orgId": hook.org_id, "createdBy": hook.created_by, "appId": hook.app_id, "ownedBy": hook.owned_by,
        "status": hook.status, "created": hook.created,
    }  # fmt: skip


def listed(cloud: Cloud, caller: Caller) -> list[Webhook]:
    """Return the caller's webhooks; those of an organization belong to all its administrators.

    Under the switch `webhooks_per_application` those that the caller made are only those made through this application.
    """
    return [one for one in cloud.webhooks.values() if _is_among(cloud, caller, one)]


def of_organization(cloud: Cloud, caller: Caller) -> list[Webhook]:
    """Return the webhooks that hear the caller's whole organization.

    :raises ApiError: 403 for anybody but its administrators.
    """
    if not roles.is_admin(caller.person):
        raise ApiError(403, FORBIDDEN)
    return [one for one in cloud.webhooks.values() if one.owned_by == "org" and one.org_id == caller.person.org_id]


def get(cloud: Cloud, caller: Caller, webhook_id: str) -> Webhook:
    """Return one of the caller's webhooks; one of an organization belongs to all its administrators.

    :raises ApiError: 404 for an unknown one or somebody else's.
    """
    hook = cloud.webhooks.get(webhook_id)
    if hook is None or not _is_among(cloud, caller, hook):
        raise ApiError(404, "Could not find a webhook with provided ID.")
    return hook


def create(cloud: Cloud, caller: Caller, wanted: Json) -> Webhook:
    """Register a webhook.

    :param wanted: name, targetUrl, resource, event, and perhaps filter and secret, as in the request.
    :raises ApiError: 400 for a wrong field or filter or too many webhooks, 403 without the read scope of the resource
        or for an organization's webhook without its administration, 409 for a second one of the organization for the
        same resource and filter, or by switch.
    """
    for name in ("name", "targetUrl", "resource", "event"):
        _word(wanted, name)
    resource, event, text = wanted["resource"], wanted["event"], wanted.get("filter") or None
    check_target(wanted["targetUrl"])
    _check_subject(caller, resource, event)
    if text is not None:
        _check_filter(cloud, caller, resource, text)
    hook = Webhook(
        cloud.new_id("WEBHOOK"), wanted["name"], wanted["targetUrl"], resource, event, caller.person.id,
        caller.person.org_id, caller.app_id, cloud.clock.stamp(), text, wanted.get("secret") or None,
        owned_by=_owned_by(wanted),
    )  # fmt: skip
    _check_place(cloud, caller, hook)
    cloud.webhooks[hook.id] = hook
    return hook


def update(cloud: Cloud, hook: Webhook, wanted: Json) -> Webhook:
    """Change name, target, secret or revive a disabled webhook; every other field is ignored.

    :raises ApiError: 400 without name and targetUrl, or for a status other than active (openapi of 2025-07-24).
    """
    name, target = _word(wanted, "name"), _word(wanted, "targetUrl")
    check_target(target)
    status = wanted.get("status")
    if status not in (None, "active"):
        raise ApiError(400, "status can only be set to active.")
    hook.name, hook.target_url = name, target
    keeps_secret = cloud.switches.put_without_secret == "keeps"  # noqa: S105
    hook.secret = wanted.get("secret") or (hook.secret if keeps_secret else None)
    if status == "active" and hook.status == "inactive":
        _revive(hook, cloud.clock.now())
    return hook


def check_target(url: str) -> None:
    """Check that a target is an address Webex could post to.

    :raises ApiError: 400 otherwise.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ApiError(400, "invalid targetUrl")


def silence(cloud: Cloud, person_id: str, app_ids: Collection[str]) -> None:
    """After a grant ended, let the person's webhooks fall silent if the switch `hooks_stop_on_revoke` says so."""
    if cloud.switches.hooks_stop_on_revoke:
        for hook in cloud.webhooks.values():
            hook.is_silent |= hook.created_by == person_id and hook.app_id in app_ids


def _revive(hook: Webhook, now: float) -> None:
    """A webhook revived within five minutes of being disabled is on probation for five more: one failure ends it again."""
    hook.status = "active"
    is_soon = hook.disabled_at is not None and now - hook.disabled_at < WINDOW
    hook.probation_until = now + WINDOW if is_soon else None
    hook.failures.clear()


def _is_among(cloud: Cloud, caller: Caller, hook: Webhook) -> bool:
    return _is_own(cloud, caller, hook) or _administers(caller, hook)


def _is_own(cloud: Cloud, caller: Caller, hook: Webhook) -> bool:
    is_same_app = hook.app_id == caller.app_id or not cloud.switches.webhooks_per_application
    return hook.created_by == caller.person.id and is_same_app


def _owned_by(wanted: Json) -> str:
    owner = wanted.get("ownedBy") or "creator"
    if owner not in ("creator", "org"):
        raise ApiError(400, "invalid value for ownedBy")
    return str(owner)


def _administers(caller: Caller, hook: Webhook) -> bool:
    return hook.owned_by == "org" and hook.org_id == caller.person.org_id and roles.is_admin(caller.person)


def _check_place(cloud: Cloud, caller: Caller, hook: Webhook) -> None:
    """Check that there is room for one more webhook of its kind."""
    if hook.owned_by == "org":
        if any((one.resource, one.filter) == (hook.resource, hook.filter) for one in of_organization(cloud, caller)):
            raise ApiError(409, "The organization has a webhook for this resource and filter.")
        return
    mine = [one for one in cloud.webhooks.values() if one.owned_by == "creator" and _is_own(cloud, caller, one)]
    if len(mine) >= LIMIT:
        raise ApiError(400, f"A person can have {LIMIT} webhooks.")
    if cloud.switches.conflict_on_duplicate_webhook and any(_is_same(hook, one) for one in mine):
        raise ApiError(409, "The webhook exists already.")


def _is_same(one: Webhook, other: Webhook) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("target_url", "resource", "event", "filter"))


def _word(wanted: Json, name: str) -> str:
    value = wanted.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiError(400, f"{name} cannot be empty")
    return value


def _check_subject(caller: Caller, resource: str, event: str) -> None:
    if resource in ELSEWHERE:
        raise ApiError(403, FORBIDDEN)
    if resource not in EVENTS:
        raise ApiError(400, "invalid value for resource")
    if event not in EVENTS[resource]:
        raise ApiError(400, "invalid value for event")
    if not all(caller.may(scope) for scope in READ_SCOPES[resource]):
        raise ApiError(403, FORBIDDEN)


def _check_filter(cloud: Cloud, caller: Caller, resource: str, text: str) -> None:
    """Check a filter: names of this resource, in their case, and values the caller has access to (contract 1.2)."""
    wanted = events.filter_of(text)
    if not wanted:
        raise ApiError(400, "invalid filter")
    for name, value in wanted.items():
        if name not in FILTERS[resource]:
            raise ApiError(400, f"invalid filter: {name}")
        if not value or not _is_filter_value(cloud, caller, name, value):
            raise ApiError(400, f"invalid value for filter: {name}")


def _is_filter_value(cloud: Cloud, caller: Caller, name: str, value: str) -> bool:
    if name in _FIXED_VALUES:
        return value in _FIXED_VALUES[name]
    if value == "me" and name in ("personId", "personEmail"):
        return cloud.switches.me_in_filters
    if name == "roomId":
        return caller.person.id in cloud.members(value)
    if name == "personId":
        return cloud.person_by_id(value) is not None
    if name == "mentionedPeople":
        return all(one == "me" or cloud.person_by_id(one) is not None for one in value.split(","))
    return _is_readable(cloud, caller, value) if name == "messageId" else _is_address(cloud, value)


def _is_readable(cloud: Cloud, caller: Caller, message_id: str) -> bool:
    try:
        messages.get(cloud, caller, message_id)
    except ApiError:
        return False
    return True


def _is_address(cloud: Cloud, email: str) -> bool:
    """Whether somebody has this address, in the case that deliveries show: another one would let nothing through."""
    person = cloud.person_by_email(email)
    return person is not None and person.email == email
