"""Settings: the one place that reads the environment.

Every setting may be given as `NAME` or, so that no secret stands in a process list, as `NAME_FILE` naming a file that
holds it. Everything wrong is named in one message, at the start. `SETTINGS` is the whole table; docs/operators.md repeats it.
"""

import base64
import binascii
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import msgspec

# What the features of this version need, and nothing else (Webex "Integrations" guide, table of scopes).
LEAST_SCOPES = (
    "spark:people_read",
    "spark:rooms_read",
    "spark:rooms_write",
    "spark:memberships_read",
    "spark:memberships_write",
    "spark:messages_read",
    "spark:messages_write",
)
DAY = 86_400.0


class ConfigError(Exception):
    """The settings are not usable; the text names every problem."""


class Secret:
    """A value that never shows itself: `str`, `repr`, JSON and pickle give no way to it, `reveal()` can be searched for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Typed settings. Durations are seconds."""

    webex_api_url: str
    webex_authorize_url: str
    webex_token_url: str
    webex_client_id: str
    webex_client_secret: Secret
    webex_scopes: tuple[str, ...]
    webex_pkce: bool
    webex_bot_token: Secret
    public_url: str
    chat_url: str
    room_url: str
    database_url: Secret
    queue_url: Secret
    data_dir: Path
    host: str
    port: int
    metrics_port: int
    workers: int
    secret_key: Secret
    token_keys: Secret
    hook_key: Secret
    subscriptions: str
    group_rooms: str
    admins: tuple[str, ...]
    recommend_domains: tuple[str, ...]
    http_timeout: float
    http_retries: int
    webex_rate: int
    retry_after_cap: float
    refresh_margin: float
    trusted_proxies: int
    log_level: str
    log_format: str

    @property
    def is_embedded(self) -> bool:
        """SQLite: web and worker share one process, so that the file has one writer."""
        return self.database_url.reveal().startswith("sqlite")

    @property
    def public_origin(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def replace(self, **changes: Any) -> Self:
        return msgspec.structs.replace(self, **changes)


def _text(raw: str) -> str:
    return raw


def _url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("is not an http(s) address such as https://bot.example.com")
    return raw.rstrip("/")


def _number(raw: str) -> int:
    if not re.fullmatch(r"\d{1,6}", raw):
        raise ValueError("is not a whole number")
    return int(raw)


def _port_or_none(raw: str) -> int:
    return 0 if raw == "0" else _port(raw)


def _positive(raw: str) -> int:
    if (value := _number(raw)) < 1:
        raise ValueError("must be at least 1")
    return value


def _port(raw: str) -> int:
    if not 1 <= (value := _number(raw)) <= 65_535:
        raise ValueError("is not a port between 1 and 65535")
    return value


def _duration(raw: str) -> float:
    """Seconds, or a number with s, m, h or d: `0.2`, `30s`, `7d`."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)\s*([smhd]?)", raw)
    if not match:
        raise ValueError("is not a duration such as 10s, 5m or 7d")
    return float(match[1]) * {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY}[match[2]]


def _wait(raw: str) -> float:
    if (seconds := _duration(raw)) <= 0:
        raise ValueError("must be longer than nothing")
    return seconds


def _flag(raw: str) -> bool:
    if raw.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
        raise ValueError("must be on or off")
    return raw.lower() in ("1", "true", "yes", "on")


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", raw) if word)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw.lower() not in allowed:
            raise ValueError("must be " + " or ".join(allowed))
        return raw.lower()

    return parse


def _database(raw: str) -> Secret:
    if not raw.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
    return Secret(raw)


def _queue(raw: str) -> Secret:
    if raw != "sqlite" and not raw.startswith(("postgresql+psycopg://", "redis://")):
        raise ValueError("must be sqlite or start with postgresql+psycopg:// or redis://")
    return Secret(raw)


def _long_secret(raw: str) -> Secret:
    if len(raw) < 32:
        raise ValueError("is shorter than 32 characters; `flask --app wsgi keys new` makes one")
    return Secret(raw)


def _sealing_keys(raw: str) -> Secret:
    try:
        for entry in raw.split(","):
            name, _, key = entry.strip().partition(":")
            if not 1 <= len(name) <= 32 or len(base64.b64decode(key, validate=True)) != 32:
                raise ValueError
    except (ValueError, binascii.Error):
        # The value itself is never repeated in an error.
        raise ValueError("must be name:base64-of-32-bytes, newest first, separated by commas") from None
    return Secret(raw)


@dataclass(frozen=True)
class Setting:
    """One row of the table: its name, how it is read, and its default (None: it must be given)."""

    name: str
    parse: Callable[[str], Any]
    default: str | None
    meaning: str
    alias: str | None = None


SETTINGS = (
    Setting("WEBEX_API_URL", _url, "https://webexapis.com/v1", "Base of the Webex REST API"),
    Setting("WEBEX_AUTHORIZE_URL", _url, "https://webexapis.com/v1/authorize", "Where people sign in"),
    Setting("WEBEX_TOKEN_URL", _url, "https://webexapis.com/v1/access_token", "Where codes become tokens"),
    Setting("WEBEX_CLIENT_ID", _text, None, "Client ID of the integration"),
    Setting("WEBEX_CLIENT_SECRET", Secret, None, "Client secret of the integration"),
    Setting("WEBEX_SCOPES", _words, " ".join(LEAST_SCOPES), "Scopes asked for, as ticked on the integration's page"),
    Setting("WEBEX_PKCE", _flag, "on", "Send a PKCE challenge (RFC 7636)"),
    Setting("WEBEX_BOT_TOKEN", Secret, None, "Access token of the bot", alias="SPARK_ACCESS_TOKEN"),
    Setting("PUBLIC_URL", _url, None, "How Webex and browsers reach this app", alias="WEBHOOK_URL"),
    Setting("CHAT_URL", _text, "webexteams://im?email={bot}", "Where pages send people to chat; {bot} is the bot's address"),
    Setting("ROOM_URL", _text, "webexteams://im?space={room}", "Where titles of rooms lead; {room} is the room's UUID"),
    Setting("DATABASE_URL", _database, "", "Database; SQLite in DATA_DIR unless given"),
    Setting("QUEUE_URL", _queue, "", "Queue; follows DATABASE_URL unless given"),
    Setting("DATA_DIR", Path, "./data", "Folder for SQLite files and locks"),
    Setting("HOST", _text, "127.0.0.1", "Address to listen on"),
    Setting("PORT", _port, "8000", "Port to listen on"),
    Setting("METRICS_PORT", _port_or_none, "0", "Port on which `worker` tells its metrics; 0 for none"),
    Setting("WORKERS", _positive, "8", "Worker threads"),
    Setting("SECRET_KEY", _long_secret, None, "Signs browser sessions"),
    Setting("TOKEN_KEYS", _sealing_keys, None, "Keys that seal tokens, newest first"),
    Setting("HOOK_KEY", _long_secret, None, "Master key of all webhook secrets and paths"),
    Setting("SUBSCRIPTIONS", _one_of("precise", "firehose"), "precise", "What the app hears of a person's Webex"),
    Setting("GROUP_ROOMS", _one_of("leave", "stay"), "leave", "What the bot does when added to a group room"),
    Setting("ADMINS", _words, "", "Person ids or e-mail addresses of the admins"),
    Setting("RECOMMEND_DOMAINS", _words, "", "Domains to whose addresses people may recommend the bot; any unless given"),
    Setting("HTTP_TIMEOUT", _wait, "10s", "Longest wait for an answer of Webex"),
    Setting("HTTP_RETRIES", _number, "3", "Further tries of a call that is safe to repeat"),
    # Webex's documented baseline is 5 a second, per API and person, with no promise and more for messages. What is done within
    # some seconds may be faster, and what takes longer is held back by Webex itself (429), for everything with the token.
    Setting("WEBEX_RATE", _positive, "40", "Requests a second with one access token, on average"),
    Setting("RETRY_AFTER_CAP", _duration, "30s", "Longest pause taken from a Retry-After header"),
    Setting("REFRESH_MARGIN", _duration, "7d", "How long before its end an access token is renewed"),
    Setting("TRUSTED_PROXIES", _number, "0", "Proxies in front whose X-Forwarded-For and -Proto count"),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "How much is logged"),
    Setting("LOG_FORMAT", _one_of("json", "console"), "json", "How it is logged"),
)


def load(environment: Mapping[str, str] | None = None) -> Config:
    """Read all settings.

    :param environment: names and values; the process's own environment if left out
    :raises ConfigError: naming every missing or unusable setting at once, never a value
    """
    return _complete(_read_all(SETTINGS, os.environ if environment is None else environment))


def _read_all(settings: tuple[Setting, ...], env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in settings:
        try:
            values[setting.name.lower()] = _read(setting, env)
        except (ValueError, OSError) as error:
            problems.append(f"{setting.name} {error}")
    if problems:
        raise ConfigError("These settings need attention:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return values


def _read(setting: Setting, env: Mapping[str, str]) -> Any:
    raw = _raw(setting.name, env)
    if raw is None and setting.alias:
        raw = _raw(setting.alias, env)
    if raw is None:
        if setting.default is None:
            raise ValueError(f"is missing ({setting.meaning})")
        raw = setting.default
    if not raw and setting.default == "":
        return () if setting.parse is _words else Secret("")
    return setting.parse(raw)


def _raw(name: str, env: Mapping[str, str]) -> str | None:
    path = env.get(f"{name}_FILE")
    if path and env.get(name):
        raise ValueError(f"is given twice, as {name} and as {name}_FILE")
    if path:
        return _from_file(Path(path))
    return env.get(name, "").strip() or None


def _from_file(path: Path) -> str:
    """What stands in a file. An empty one is a mistake: a secret that was not mounted must not become an empty password."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from its file ({type(error).__name__})") from None
    if not text:
        raise ValueError("has a file that is empty")
    return text


def _complete(values: dict[str, Any]) -> Config:
    """Fill in what follows from other settings."""
    if not values["database_url"]:
        values["database_url"] = Secret(f"sqlite:///{values['data_dir'] / 'army-knife.db'}")
    if not values["queue_url"]:
        database = values["database_url"].reveal()
        values["queue_url"] = Secret("sqlite" if database.startswith("sqlite") else database)
    return Config(**values)


def new_keys() -> dict[str, str]:
    """Fresh random values for the three keys an operator must give."""
    sealing = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "TOKEN_KEYS": f"k1:{sealing}",
        "HOOK_KEY": secrets.token_urlsafe(32),
    }


DEMO_SETTINGS = (
    Setting("DEMO_PORT", _port, "8000", "Port of the app"),
    Setting("SIMULATOR_PORT", _port, "8001", "Port of the simulated Webex"),
    Setting("DEMO_BROWSER", _flag, "on", "Open the chat page in a browser"),
    Setting("DATA_DIR", Path, "./data", "Folder for the demo's files, in a folder of their own"),
)


@dataclass(frozen=True)
class Demo:
    """Where the demo listens and keeps its files, and whether it opens a browser."""

    demo_port: int
    simulator_port: int
    demo_browser: bool
    data_dir: Path

    @property
    def app_url(self) -> str:
        return f"http://127.0.0.1:{self.demo_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"


def load_demo(environment: Mapping[str, str] | None = None) -> Demo:
    """Read the demo's own settings.

    :raises ConfigError: naming what is wrong
    """
    values = _read_all(DEMO_SETTINGS, os.environ if environment is None else environment)
    return Demo(**{**values, "data_dir": values["data_dir"] / "demo"})


def has_screen() -> bool:
    """Whether a browser window could open here; on a server `webbrowser` would start a text browser in the terminal."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def inherited(names: tuple[str, ...]) -> dict[str, str]:
    """The part of our own environment that a child process is given."""
    return {name: os.environ[name] for name in names if name in os.environ}
