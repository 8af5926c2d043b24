"""What somebody wants to say, and whether that can be posted (openapi POST /messages)."""

import json
import re
from dataclasses import dataclass, field

from app.simulator.contents import Upload
from app.simulator.errors import ApiError
from app.simulator.records import Json
from app.simulator.switches import Switches

MAX_BYTES = 7_439
"""Limit of `text` and of `markdown`, in bytes of UTF-8."""
CARD = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Draft:
    """What somebody wants to say."""

    text: str | None = None
    markdown: str | None = None
    attachments: list[Json] = field(default_factory=list)
    parent_id: str | None = None
    files: list[Upload] = field(default_factory=list)
    is_typed: bool = False
    """Whether it was typed in a client: clients send html and text, never markdown."""


def check(draft: Draft, switches: Switches) -> None:
    """Check that a draft can be posted: not empty, not too long, one file or one card, which says its version.

    :param switches: of them `newer_cards` and `card_limit` count
    :raises ApiError: 400 otherwise.
    """
    if len(draft.files) > 1:
        raise ApiError(400, "files: only one file is allowed.")
    if draft.files and draft.attachments:
        raise ApiError(400, "A message has either files or attachments.")
    _check_card(draft.attachments, switches)
    check_words(draft)


def _check_card(attachments: list[Json], switches: Switches) -> None:
    if len(attachments) > 1:
        raise ApiError(400, "Only one attachment is allowed.")
    for card in attachments:
        content = card.get("content")
        if card.get("contentType") != CARD or not isinstance(content, dict) or content.get("type") != "AdaptiveCard":
            raise ApiError(400, "Unable to process attachment: not an Adaptive Card.")
        if not content.get("version"):
            raise ApiError(400, "Unable to process attachment: Missing Adaptive Card Version.")
        if switches.newer_cards == "refused" and _is_newer(str(content["version"])):
            raise ApiError(400, "Unable to process attachment: Unsupported Adaptive Card Version.")
        if 0 < switches.card_limit < len(json.dumps(card, ensure_ascii=False).encode()):
            raise ApiError(400, "Unable to process attachment: The card is too large.")


def _is_newer(version: str) -> bool:
    """Whether a version is above 1.3, the newest that Webex supports (guide "Buttons and Cards")."""
    found = re.match(r"(\d{1,9})(?:\.(\d{1,9}))?", version)
    return found is not None and (int(found[1]), int(found[2] or 0)) > (1, 3)


def check_words(draft: Draft) -> None:
    """Check that a draft says something, and not too much.

    :raises ApiError: 400 otherwise.
    """
    is_silent = not ((draft.text or "").strip() or (draft.markdown or "").strip())
    if is_silent and not (draft.attachments or draft.files):
        raise ApiError(400, "Both text and file cannot be empty.")
    for words in (draft.text, draft.markdown):
        if len((words or "").encode()) > MAX_BYTES:
            raise ApiError(400, f"Message length limited to {MAX_BYTES} bytes.")
