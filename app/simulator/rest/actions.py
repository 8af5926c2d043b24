"""The routes under /attachment/actions: read the request, ask the rules, show the result."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.simulator import actions, ids
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Caller
from app.simulator.rest.guard import body, guarded, id_in

blueprint = Blueprint("actions", __name__)


@blueprint.post("/attachment/actions")
@guarded("spark:messages_write")
def create_action(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Press Submit on a card."""
    fields = body()
    message_id, inputs = id_in(fields, "messageId", "MESSAGE"), fields.get("inputs")
    if fields.get("type") != "submit" or message_id is None or not isinstance(inputs, dict):
        raise ApiError(400, "type submit, messageId and inputs are required.")
    created = actions.create(cloud, caller, message_id, inputs)
    return actions.shape(created), cloud.switches.attachment_action_status


@blueprint.get("/attachment/actions/<action_id>")
@guarded("spark:messages_read")
def get_action(cloud: Cloud, caller: Caller, action_id: str) -> ResponseReturnValue:
    """Show what somebody submitted."""
    return actions.shape(actions.get(cloud, caller, ids.canonical("ATTACHMENT_ACTION", action_id)))
