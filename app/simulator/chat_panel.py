"""The panel beside the chat: what the cloud has heard and said lately, and what one can break there.

The page shows the lists made here, again and again while the panel is open; its forms speak to the controls under
`/_sim` (`app/simulator/control.py`).
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.simulator.chat_access import people
from app.simulator.clock import iso
from app.simulator.cloud import Cloud
from app.simulator.records import Json, Webhook
from app.simulator.rest.guard import the_cloud
from app.simulator.switches import CHOICES

blueprint = Blueprint("panel", __name__)

SHOWN = 60
"""Deliveries and calls shown, the newest ones."""
CALL_FAULTS: tuple[tuple[str, Json], ...] = (
    ("429, try again after 2 s", {"retry_after": 2}),
    ("429 without Retry-After", {"retry_after": None}),
    ("429 with a malformed Retry-After", {"retry_after": "rand(30)"}),
    ("500 as JSON", {"status": 500}),
    ("503 as HTML", {"status": 503, "body": "<html><body><h1>503 Service Unavailable</h1></body></html>"}),
    ("Connection dropped", {"drop": True}),
    ("Slow, 5 s", {"slow": 5}),
    ("Done, but the answer is lost", {"lost_answer": True}),
    ("Answer is broken JSON", {"bad_json": True}),
    ("Access token expires", {"token": "expired"}),
    ("Grant is revoked", {"token": "revoked"}),
)
DELIVERY_FAULTS: tuple[tuple[str, Json], ...] = (
    ("Lost", {"delivery": "lost"}),
    ("Duplicated", {"delivery": "duplicated"}),
    ("Reordered", {"delivery": "reordered"}),
    ("Delayed by 5 s", {"delivery": "delayed", "seconds": 5}),
    ("Tampered with", {"delivery": "tampered"}),
    ("Without signature", {"delivery": "unsigned"}),
)
MOVES = (("1 minute", 60), ("1 hour", 3_600), ("1 day", 86_400), ("14 days", 1_209_600))
"""How far the clock moves at a press, in seconds."""


@blueprint.get("/chat/panel")
def lists() -> ResponseReturnValue:
    """Return the lists of the panel as html."""
    cloud = the_cloud()
    with cloud.lock:
        names = {one.id: one.display_name for one in cloud.people.values()}
        hooks = [_webhook(hook, names) for hook in cloud.webhooks.values()]
        faults = [_fault(fault, names) for fault in cloud.faults.listed()]
    return render_template(
        "panel_lists.html", webhooks=hooks, faults=faults, now=iso(cloud.clock.now()),
        deliveries=cloud.deliveries.attempts()[: -SHOWN - 1 : -1],
        calls=[_call(call, names) for call in cloud.calls.listed()[: -SHOWN - 1 : -1]],
    )  # fmt: skip


def choices(cloud: Cloud) -> Json:
    """Return what the forms of the panel let one choose."""
    return {
        "everybody": people(cloud), "call_faults": CALL_FAULTS, "delivery_faults": DELIVERY_FAULTS, "moves": MOVES,
        "switches": [(name, name.replace("_", " "), value, CHOICES.get(name)) for name, value in cloud.switches.listed().items()],
    }  # fmt: skip


def _webhook(hook: Webhook, names: dict[str, str]) -> Json:
    return {
        "name": hook.name, "owner": names.get(hook.created_by, ""), "hears": f"{hook.resource}:{hook.event}",
        "filter": _short(hook.filter or "", "="), "target": hook.target_url, "is_signed": hook.secret is not None,
        "status": "silent" if hook.is_silent else hook.status, "failures": len(hook.failures),
    }  # fmt: skip


def _fault(fault: Json, names: dict[str, str]) -> Json:
    """Say a fault in words: those of the form if it came from there."""
    what = fault["fault"]
    words = next((words for words, known in CALL_FAULTS + DELIVERY_FAULTS if known == what), ", ".join(what))
    where = fault["path"] if "delivery" in what else f"{fault['method']} {fault['path']}".replace("*", "any call")
    return {"words": words, "where": where, "by": names.get(fault["by"] or ""), "times": fault["times"]}


def _call(call: Json, names: dict[str, str]) -> Json:
    return call | {"path": _short(call["path"], "/"), "by": names.get(call["by"] or "", "nobody")}


def _short(text: str, between: str) -> str:
    """Shorten the ids in a text: their ends tell them apart."""
    return between.join(f"…{part[-6:]}" if len(part) > 40 else part for part in text.split(between))
