"""Card actions: presses of Submit, and who may read them (guide "Buttons and Cards")."""

from app.simulator import events, messages
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Action, Caller, Json


def shape(action: Action) -> Json:
    """Return an action as the API shows it."""
    return {
        "id": action.id, "type": "submit", "messageId": action.message_id, "roomId": action.room_id,
        "personId": action.person_id, "inputs": action.inputs, "created": action.created,
    }  # fmt: skip


def create(cloud: Cloud, caller: Caller, message_id: str, inputs: Json) -> Action:
    """Press Submit on a card.

    :raises ApiError: 404 if the caller does not see the message, 400 if it has no card.
    """
    message = messages.get(cloud, caller, message_id)
    if not message.attachments:
        raise ApiError(400, "The message has no card.")
    person_id = caller.person.id
    action = Action(cloud.new_id("ATTACHMENT_ACTION"), message.id, message.room_id, person_id, inputs, cloud.clock.stamp())
    cloud.actions[action.id] = action
    data = {name: value for name, value in shape(action).items() if name != "inputs"}
    events.action_happened(cloud, data, message.person_id)
    return action


def get(cloud: Cloud, caller: Caller, action_id: str) -> Action:
    """Return an action on a card the caller posted.

    :raises ApiError: 404 otherwise.
    """
    action = cloud.actions.get(action_id)
    card = cloud.messages.get(action.message_id) if action else None
    if action is None or card is None or card.person_id != caller.person.id:
        raise ApiError(404, "Could not find an attachment action with provided ID.")
    return action
