"""Assembly of the application: everything that serves, put together. Every part lives in a room of its own."""

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from app import logs, web
from app.bot import routes as bot_routes
from app.ears import LARGEST
from app.front import Front
from app.house import build
from app.integration import routes as integration_routes
from app.jobs import Queue
from app.web import account, admin, files, health, joining
from config import Config, ConfigError

EARS_AND_PAGES = (bot_routes, integration_routes, web, account, admin, files, health, joining)


def assemble(app: Flask, config: Config) -> None:
    """Put everything that serves into the application.

    :raises ConfigError: if the data or the database cannot be used
    """
    logs.configure(config.log_level, config.log_format)
    _configure(app, config)
    try:
        house = build(config)
        queue = Queue(house)
    except OSError as error:
        raise ConfigError(f"DATA_DIR {config.data_dir} can't be used: {error.strerror}.") from None
    except SQLAlchemyError as error:
        raise ConfigError(
            f"The database can't be used ({type(error).__name__}). Is DATABASE_URL right, and does it answer?"
        ) from None
    app.extensions["house"] = house
    app.extensions["queue"] = queue
    integration_routes.init_oauth(app, house)
    for module in EARS_AND_PAGES:
        app.register_blueprint(module.bp)
    web.init_app(app)
    app.wsgi_app = Front(app.wsgi_app, house)  # type: ignore[method-assign]


def _configure(app: Flask, config: Config) -> None:
    """Flask's own settings. Cookies carry the __Host- prefix wherever the site is reached by https."""
    is_https = config.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=config.secret_key.reveal(),
        SESSION_COOKIE_NAME="__Host-session" if is_https else "session",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=8 * 3_600,
        MAX_CONTENT_LENGTH=LARGEST,
        MAX_FORM_MEMORY_SIZE=16 * 1_024,
        MAX_FORM_PARTS=20,
    )
    if config.trusted_proxies:
        proxies = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
