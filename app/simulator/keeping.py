"""The controls that save and load: the state travels in bodies; files are named on the command line only."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from app.simulator import snapshot
from app.simulator.errors import ApiError
from app.simulator.rest.guard import the_cloud
from app.simulator.state import StateError

SAVE_PATH = "simulator save path"
"""Where an application's extensions have the file that the command line named, if it named one."""
blueprint = Blueprint("keeping", __name__)


@blueprint.get("/state")
def get_state() -> ResponseReturnValue:
    """Return everything the cloud knows, as `POST /_sim/load` takes it."""
    return Response(snapshot.save(the_cloud()), mimetype="application/json")


@blueprint.post("/load")
def load_state() -> ResponseReturnValue:
    """Put the state in the body in the place of the cloud's own."""
    try:
        snapshot.load(the_cloud(), request.get_data())
    except StateError as problem:
        raise ApiError(400, str(problem)) from None
    return "", 204


@blueprint.post("/save")
def save_state() -> ResponseReturnValue:
    """Write the state into the file of the option `--save`; a request cannot choose another."""
    path: Path | None = current_app.extensions.get(SAVE_PATH)
    if path is None:
        raise ApiError(409, "The simulator was started without --save; read the state from GET /_sim/state.")
    if request.get_data():
        raise ApiError(400, "A file is named on the command line only; leave the body out.")
    try:
        snapshot.write(the_cloud(), path)
    except OSError as problem:
        raise ApiError(409, f"The file of --save can't be written ({problem.strerror}).") from None
    return {"saved": path.name}
