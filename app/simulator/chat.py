"""The chat page, and the JSON its script speaks."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

blueprint = Blueprint("chat", __name__)


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Show the page."""
    return render_template("chat.html")
