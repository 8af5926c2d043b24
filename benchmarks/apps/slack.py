"""slack_bolt under Flask, as its documentation shows: an event for which there is a listener that does nothing.

Who may speak for the team is known without asking Slack, so nothing leaves the machine.
"""

import os
from typing import Any

from flask import Flask, Response, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult


def authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T061EG9R6", bot_token="xoxb-0", bot_id="B1", bot_user_id="U1")


bolt = App(signing_secret=os.environ["SLACK_SECRET"], authorize=authorize)


@bolt.event("message")
def heard() -> None:
    """Nothing to do."""


handler = SlackRequestHandler(bolt)
app = Flask("slack")


@app.post("/slack/events")
def events() -> Response:
    return handler.handle(request)
