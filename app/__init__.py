"""Army Knife: a personal assistant for Webex."""

from flask import Flask

from app import cli
from config import Config


def create_app(config: Config | Exception) -> Flask:
    """Put the application together.

    :param config: the settings, or the error that says why there are none; then only the commands that need no settings work
    """
    app = Flask("app", root_path=__path__[0], template_folder="../templates", static_folder=None)
    cli.init_app(app, config)
    if not isinstance(config, Exception):
        # Only now, since the simulator, its command and the test plugin need none of it and should start at once.
        from app.assembly import assemble  # noqa: PLC0415

        assemble(app, config)
    return app
