"""What Webex leaves open, as switches: each unknown of the contract has a default and can be turned."""

from dataclasses import dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "rotate_refresh_token": ("same", "new", "omitted"),
    "token_error_shape": ("oauth", "spark"),
}


@dataclass
class Switches:
    """The switches of one simulator; times are in seconds."""

    emit_rooms_created_to_invited_direct: bool = False
    """Whether the invited side of a new 1:1 hears rooms:created, as it did in 2017."""
    duplicate_deliveries: int = 0
    """How many extra copies of each webhook delivery are sent."""
    reorder_deliveries: bool = False
    """Deliver small batches in reverse order; Webex promises no order."""
    webhook_delay: float = 0.0
    """How long a delivery waits before it is sent."""
    lose_deliveries: int = 0
    """How many of the next deliveries are lost on the way; -1 (or true) loses every one."""
    rotate_refresh_token: str = "same"  # noqa: S105
    """What the answer to a refresh holds: the same refresh token, a new one, or none."""
    old_access_token_dies: bool = False
    """Whether a refresh ends the access tokens issued before."""
    access_token_life: float = 1_209_600
    """Seconds until an access token expires (14 days)."""
    refresh_token_life: float = 7_776_000
    """Seconds until a refresh token expires (90 days)."""
    token_error_shape: str = "oauth"  # noqa: S105
    """Whether the token endpoint answers errors as RFC 6749 says or in Webex's envelope."""
    message_lag: float = 0.0
    """How long GET /messages/{id} answers 404 after the message was posted."""
    messages_updated_on_edit: bool = False
    """Whether an edit fires messages:updated."""
    hooks_stop_on_revoke: bool = False
    """Whether a person's webhooks fall silent when the integration's tokens are revoked."""
    conflict_on_duplicate_webhook: bool = False
    """Whether an identical second webhook is refused with 409."""
    attachment_action_status: int = 202
    """The status of POST /attachment/actions: 202 in the published description, 200 in what some clients expect."""

    def listed(self) -> dict[str, Any]:
        """Return every switch with its present value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def turn(self, wanted: dict[str, Any]) -> None:
        """Set some switches; none is changed if one of them is wrong.

        :raises ValueError: for an unknown name or a value that does not fit.
        """
        values = {name: self._fitting(name, value) for name, value in wanted.items()}
        for name, value in values.items():
            setattr(self, name, value)

    def _fitting(self, name: str, value: Any) -> Any:
        if name not in self.listed():
            raise ValueError(f"unknown switch: {name}")
        if name == "lose_deliveries" and isinstance(value, bool):
            return -1 if value else 0
        present = getattr(self, name)
        if isinstance(present, bool) or isinstance(value, bool):
            if not (isinstance(present, bool) and isinstance(value, bool)):
                raise ValueError(f"{name} does not take {value!r}")
            return value
        if isinstance(present, str):
            if value not in CHOICES[name]:
                raise ValueError(f"{name} takes one of {', '.join(CHOICES[name])}")
            return value
        if not isinstance(value, (int, float)):
            raise ValueError(f"{name} takes a number")
        return type(present)(value)
