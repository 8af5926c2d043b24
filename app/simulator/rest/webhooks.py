"""The routes under /webhooks: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, webhooks
from app.simulator.cloud import Cloud
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json, Webhook
from app.simulator.rest.guard import body, choice, guarded, word

blueprint = Blueprint("webhooks", __name__)


@blueprint.get("/webhooks")
@guarded()
def list_webhooks(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the caller's webhooks; `ownedBy` limits the list to those of the organization (openapi GET /webhooks)."""
    is_limited = choice(request.args, "ownedBy", ("org",)) is not None
    found = webhooks.of_organization(cloud, caller) if is_limited else webhooks.listed(cloud, caller)
    shown, headers = page(found, lambda hook: hook.id, size(100, 1000))
    return {"items": [webhooks.shape(hook) for hook in shown]}, 200, headers


@blueprint.post("/webhooks")
@guarded()
def create_webhook(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Register a webhook."""
    names = ("name", "targetUrl", "resource", "event", "filter", "secret", "status", "ownedBy")
    return webhooks.shape(webhooks.create(cloud, caller, _fields(names)))


@blueprint.get("/webhooks/<webhook_id>")
@guarded()
def get_webhook(cloud: Cloud, caller: Caller, webhook_id: str) -> ResponseReturnValue:
    """Show a webhook."""
    return webhooks.shape(_given(cloud, caller, webhook_id))


@blueprint.put("/webhooks/<webhook_id>")
@guarded()
def update_webhook(cloud: Cloud, caller: Caller, webhook_id: str) -> ResponseReturnValue:
    """Change or revive a webhook; fields that the description has not may hold anything, for they are ignored."""
    hook = _given(cloud, caller, webhook_id)
    return webhooks.shape(webhooks.update(cloud, hook, _fields(("name", "targetUrl", "secret", "status", "ownedBy"))))


@blueprint.delete("/webhooks/<webhook_id>")
@guarded()
def delete_webhook(cloud: Cloud, caller: Caller, webhook_id: str) -> ResponseReturnValue:
    """End a webhook."""
    hook = cloud.webhooks.pop(_given(cloud, caller, webhook_id).id)
    hook.status = "inactive"  # What is still on its way to a deleted webhook is not sent.
    return "", 204


def _given(cloud: Cloud, caller: Caller, webhook_id: str) -> Webhook:
    return webhooks.get(cloud, caller, ids.canonical("WEBHOOK", webhook_id))


def _fields(names: tuple[str, ...]) -> Json:
    """Return the fields of the request; those with these names are texts, if they are there."""
    fields = body()
    for name in names:
        word(fields, name)
    return fields
