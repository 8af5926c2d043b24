"""The bot's ear: POST /bot."""

from flask import Blueprint, Response

from app import front

bp = Blueprint("bot", __name__)


@bp.post("/bot")
def receive() -> Response:
    """Receive the bot's webhooks."""
    return front.answer()
