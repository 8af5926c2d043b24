"""Settings: everything wrong is said at once, and no secret is ever said."""

import copy
import json
import pickle
from pathlib import Path

import msgspec
import pytest

from config import SETTINGS, ConfigError, Secret, load, load_demo, new_keys

SECRETS = {"WEBEX_CLIENT_SECRET": "S3CR3T-CLIENT", "WEBEX_BOT_TOKEN": "S3CR3T-BOT"}
ENOUGH = {"WEBEX_CLIENT_ID": "C1", "PUBLIC_URL": "https://bot.example.com", **SECRETS, **new_keys()}
REQUIRED = {setting.name for setting in SETTINGS if setting.default is None}


def problems(**changes: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        load({**ENOUGH, **changes})
    text = str(refusal.value)
    assert not any(value in text for value in (*SECRETS.values(), *new_keys().values()))
    return text


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in ENOUGH.items() if name not in names}


def test_what_must_be_given_is_enough() -> None:
    config = load(ENOUGH)
    assert set(ENOUGH) == REQUIRED
    assert config.database_url.reveal() == "sqlite:///data/army-knife.db" and config.queue_url.reveal() == "sqlite"
    assert config.is_embedded and config.subscriptions == "precise" and config.webex_pkce
    assert (config.http_timeout, config.refresh_margin, config.retry_after_cap) == (10.0, 7 * 86_400.0, 30.0)
    assert config.admins == () and config.trusted_proxies == 0


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refusal:
        load({})
    lines = str(refusal.value).splitlines()[1:]
    assert {line.split()[1] for line in lines} == REQUIRED
    assert all("is missing" in line for line in lines)


WRONG = {
    "WEBEX_API_URL": ("webexapis.com", "ftp://x", "https://", "https://x/?a=b", "https://x/#f", "//x"),
    "PUBLIC_URL": ("bot.example.com", "http://", "mailto:a@b.c"),
    "WEBEX_PKCE": ("maybe", "2", "onn"),
    "DATABASE_URL": ("mysql://x", "sqlite:x", "postgresql://h/db", "/tmp/file"),
    "QUEUE_URL": ("kafka://x", "sqlite:///x"),
    "PORT": ("0", "65536", "-1", "http", "80 80", "8e3", "9999999999"),
    "WORKERS": ("0", "-4", "many", "1.5"),
    "SECRET_KEY": ("short", "x" * 31),
    "HOOK_KEY": ("short",),
    "TOKEN_KEYS": ("nonsense", "k1:", ":AAAA", "k1:c2hvcnQ=", f"k1:{'A' * 43}", "k1:!!!!", f"{'k' * 40}:{'A' * 43}=", ","),
    "SUBSCRIPTIONS": ("all", "both", "precise firehose"),
    "GROUP_ROOMS": ("remain",),
    "HTTP_TIMEOUT": ("soon", "-1", "10x", "1e3", "nan", "inf", "1 0", "0", "0.0s"),
    "HTTP_RETRIES": ("-1", "few"),
    "WEBEX_RATE": ("0", "-5", "2.5", "fast"),
    "RETRY_AFTER_CAP": ("30sec",),
    "REFRESH_MARGIN": ("a week",),
    "TRUSTED_PROXIES": ("yes",),
    "LOG_LEVEL": ("verbose", "trace"),
    "LOG_FORMAT": ("xml",),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_an_odd_value_is_refused_by_name(name: str, value: str) -> None:
    text = problems(**{name: value})
    assert len(text.splitlines()) == 2
    assert text.splitlines()[1].startswith(f"  - {name} ")


def test_all_odd_values_are_named_at_once() -> None:
    text = problems(**{name: values[0] for name, values in WRONG.items()})
    assert [line.split()[1] for line in text.splitlines()[1:]] == [one.name for one in SETTINGS if one.name in WRONG]


def test_good_values_in_several_spellings() -> None:
    config = load({
        **ENOUGH, "PUBLIC_URL": " https://bot.example.com/ ", "HTTP_TIMEOUT": "0.2", "REFRESH_MARGIN": "2h", "WEBEX_PKCE": "No",
        "SUBSCRIPTIONS": "Firehose", "ADMINS": "a@example.com, b@example.com\nc@example.com", "PORT": "80", "LOG_LEVEL": "DEBUG",
        "DATABASE_URL": "postgresql+psycopg://u:p@h/db", "WEBEX_SCOPES": "spark:all spark:kms", "WEBEX_API_URL": "http://[::1]:8001/v1/",
        "RETRY_AFTER_CAP": "5m",
    })  # fmt: skip
    assert config.public_url == "https://bot.example.com"
    assert (config.http_timeout, config.refresh_margin, config.retry_after_cap) == (0.2, 7_200.0, 300.0)
    assert not config.webex_pkce and config.subscriptions == "firehose" and config.log_level == "debug"
    assert config.admins == ("a@example.com", "b@example.com", "c@example.com")
    assert config.queue_url.reveal() == config.database_url.reveal() and not config.is_embedded
    assert config.webex_scopes == ("spark:all", "spark:kms")
    assert config.webex_api_url == "http://[::1]:8001/v1"


def test_empty_means_not_given() -> None:
    assert load({**ENOUGH, "PORT": "", "ADMINS": " ", "DATABASE_URL": ""}).port == 8000
    assert "WEBEX_BOT_TOKEN is missing" in problems(WEBEX_BOT_TOKEN="  ")


# Files


def test_every_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    values = {**ENOUGH, "PORT": "8123", "DATABASE_URL": "sqlite:////tmp/x.db", "ADMINS": "a@example.com", "LOG_FORMAT": "console"}
    files = {}
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(tmp_path / name)
    from_files, from_environment = load(files), load(values)
    for field in ("webex_client_secret", "webex_bot_token", "secret_key", "token_keys", "hook_key", "database_url"):
        assert getattr(from_files, field).reveal() == getattr(from_environment, field).reveal()
    assert (from_files.port, from_files.admins, from_files.log_format) == (8123, ("a@example.com",), "console")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00S3CR3T-CLIENT")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(ConfigError, match="WEBEX_CLIENT_SECRET cannot be read from its file") as refusal:
            load({**without("WEBEX_CLIENT_SECRET"), "WEBEX_CLIENT_SECRET_FILE": str(path)})
        assert "S3CR3T" not in str(refusal.value)


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    """A secret that was not mounted must not become an empty password."""
    (tmp_path / "empty").write_text(" \n", encoding="utf-8")
    for name in ("WEBEX_CLIENT_SECRET", "WEBEX_BOT_TOKEN", "HOOK_KEY", "WEBEX_CLIENT_ID"):
        with pytest.raises(ConfigError, match=f"{name} "):
            load({**without(name), f"{name}_FILE": str(tmp_path / "empty")})


def test_both_given_is_a_contradiction(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("ANOTHER", encoding="utf-8")
    text = problems(WEBEX_BOT_TOKEN_FILE=str(tmp_path / "token"))
    assert "WEBEX_BOT_TOKEN is given twice" in text and "WEBEX_BOT_TOKEN_FILE" in text and "ANOTHER" not in text


def test_names_of_the_older_bots(tmp_path: Path) -> None:
    older = {**without("WEBEX_BOT_TOKEN", "PUBLIC_URL"), "SPARK_ACCESS_TOKEN": "OLD", "WEBHOOK_URL": "https://old.example.com"}
    config = load(older)
    assert (config.webex_bot_token.reveal(), config.public_url) == ("OLD", "https://old.example.com")
    assert load({**older, "PUBLIC_URL": "https://new.example.com"}).public_url == "https://new.example.com"
    (tmp_path / "token").write_text("FROM FILE", encoding="utf-8")
    filed = {**older, "SPARK_ACCESS_TOKEN": "", "SPARK_ACCESS_TOKEN_FILE": str(tmp_path / "token")}
    assert load(filed).webex_bot_token.reveal() == "FROM FILE"


# Secrets


def test_secrets_show_themselves_nowhere() -> None:
    config = load({**ENOUGH, "DATABASE_URL": "postgresql+psycopg://u:S3CR3T-DB@h/db"})
    shown = f"{config} {config!r} {config.webex_bot_token} {config.webex_bot_token!r} {[config.database_url]}"
    for secret in (*SECRETS.values(), "S3CR3T", *(ENOUGH[name] for name in new_keys())):
        assert secret not in shown
    for secret in (config.webex_bot_token, config.database_url):
        for leak in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
            with pytest.raises(TypeError):
                leak(secret)
    for leak in (pickle.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            leak(config)
    assert not hasattr(config.webex_bot_token, "__dict__")


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load(ENOUGH).port = 1  # type: ignore[misc]


def test_new_keys_are_good_and_always_new() -> None:
    first, second = new_keys(), new_keys()
    assert not set(first.values()) & set(second.values())
    load({**ENOUGH, **first})
    assert Secret("x") and not Secret("")


def test_demo_settings() -> None:
    demo = load_demo({"DEMO_PORT": "9000", "SIMULATOR_PORT": "9001", "DEMO_BROWSER": "0"})
    assert (demo.app_url, demo.simulator_url, demo.demo_browser) == ("http://127.0.0.1:9000", "http://127.0.0.1:9001", False)
    with pytest.raises(ConfigError) as refusal:
        load_demo({"DEMO_PORT": "nine", "SIMULATOR_PORT": "0"})
    assert "DEMO_PORT" in str(refusal.value) and "SIMULATOR_PORT" in str(refusal.value)


def test_every_setting_is_in_the_operators_guide() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "operators.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert f"`{setting.name}`" in guide, setting.name
        if setting.alias:
            assert f"`{setting.alias}`" in guide, setting.alias
    assert "_FILE" in guide
