"""Logs: fields by allow-list, ids as pseudonyms, and never a text, a token or an address."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app import logs

TOKEN = "MTI4OTRkYmQtNjQ4Yi00OTBlLTXabcdefghijklmnopqrstuvwxyz0123456789_P0A1_12345678-1234-1234-1234-123456789abc"
ALICE = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81Yjc4NGNiMC1lYjNm"
NONCE = "kJ8s0aQ-4bq9Zk3xV1n7Tt2mY6wPp5eRr0uHhLlCcDd"
quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Everything that is logged, as the operator sees it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    yield stream
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def entries(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_known_fields_pass_and_others_are_named_only(out: io.StringIO) -> None:
    structlog.get_logger("bot").info("command", command="/todo", status=200, text="salary of bob", message={"text": "buy milk"})
    (entry,) = entries(out)
    assert (entry["event"], entry["command"], entry["status"]) == ("command", "/todo", 200)
    assert entry["dropped"] == ["text", "message"]
    assert "salary" not in out.getvalue() and "milk" not in out.getvalue()
    assert entry["level"] == "info" and entry["logger"] == "bot" and entry["timestamp"].endswith("Z")


def test_people_are_pseudonyms(out: io.StringIO) -> None:
    log = structlog.get_logger("bot")
    for person in (ALICE, ALICE, "somebody else"):
        log.info("heard", user=person, line=person)
    first, second, third = (entry["user"] for entry in entries(out))
    assert first == second != third
    assert ALICE not in out.getvalue() and "somebody else" not in out.getvalue()
    assert entries(out)[0]["line"] == first


def test_only_plain_values_are_shown(out: io.StringIO) -> None:
    structlog.get_logger("bot").info("odd", error=ValueError("the secret text"), count=[TOKEN], status=None, ms=1.5)
    (entry,) = entries(out)
    assert (entry["error"], entry["count"], entry["status"], entry["ms"]) == ("ValueError", "list", None, 1.5)
    assert "secret" not in out.getvalue()


LINES = {
    "a header": (f"Authorization: Bearer {TOKEN}", TOKEN),
    "a short bearer": ("sent with Bearer demo-bot-token", "demo-bot-token"),
    "basic": ("Authorization: Basic ZGVtbzpzZWNyZXQ=", "ZGVtbzpzZWNyZXQ="),
    "a callback": ("GET /oauth/callback?code=abcDEF&state=xyz123 HTTP/1.1", "abcDEF"),
    "its state": ("GET /oauth/callback?code=abcDEF&state=xyz123 HTTP/1.1", "xyz123"),
    "a link": (f"GET /authorize/{NONCE}/go HTTP/1.1", NONCE),
    "a hook": (f"POST /hooks/{NONCE}", NONCE),
    "a join link": (f"GET /join/{NONCE}?x=1", NONCE),
    "a token answer": ("{'access_token': 'short-one', 'expires_in': 5}", "short-one"),
    "a refresh token": ('{"refresh_token": "short-two"}', "short-two"),
    "a form": ("client_id=x&client_secret=hush&grant_type=refresh_token", "hush"),
    "an address": ("person alice.adams+x@mail.example.com wrote", "alice.adams"),
    "a quoted address": ("GET /v1/people?email=alice%40example.com", "alice%40example"),
    "a bare token": (f"value {TOKEN} found", TOKEN),
}


@pytest.mark.parametrize("kind", LINES)
def test_lines_of_libraries_are_masked(out: io.StringIO, kind: str) -> None:
    line, secret = LINES[kind]
    logging.getLogger("some.library").warning(line)
    logging.getLogger("some.library").warning("with an argument: %s", line)
    assert len(entries(out)) == 2
    assert secret not in out.getvalue()


def test_an_exception_tells_its_type_and_lines_only(out: io.StringIO) -> None:
    def fail(token: str, text: str) -> None:
        raise ValueError(f"cannot send {text} with {token}")

    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        try:
            fail(TOKEN, "the secret text")
        except ValueError:
            logger.exception("it failed")
    structlog.get_logger("ours").error("given", exc_info=ValueError("the secret text"))
    logging.getLogger("theirs").error("given", exc_info=sys.exc_info())
    assert "secret text" not in out.getvalue() and TOKEN not in out.getvalue()
    first, second, *_ = entries(out)
    assert first["exception"] == second["exception"]
    assert first["exception"].startswith("ValueError at test_logs.py:")


def test_libraries_keep_quiet(out: io.StringIO) -> None:
    """At debug, Authlib would tell the code verifier, and urllib3 whole addresses with what is asked in them."""
    for name in ("authlib.integrations.base_client", "urllib3.connectionpool", "huey", "sqlalchemy.engine.Engine", "waitress"):
        logging.getLogger(name).debug("code_verifier=hush")
        logging.getLogger(name).info("GET /v1/people?email=alice@example.com")
    logging.getLogger("urllib3.connectionpool").warning("Retrying after connection broken: /v1/messages/MESSAGEID?max=1")
    assert out.getvalue() == ""


def test_a_long_entry_is_cut(out: io.StringIO) -> None:
    logging.getLogger("some.library").warning("word " * 10_000)
    assert len(out.getvalue()) < 3_000


NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
VALUES = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=40)


@quick
@given(name=NAMES, value=VALUES)
def test_no_field_we_do_not_know_ever_passes(out: io.StringIO, name: str, value: str) -> None:
    assume(name not in logs.ALLOWED and not name.startswith("_") and name not in ("exc_info", "stack_info", "positional_args"))
    out.seek(0)
    out.truncate()
    structlog.get_logger("bot").info("x", **{name: f"ZZ{value}ZZ"})
    (entry,) = entries(out)
    assert entry["dropped"] == [name]
    assert not any(f"ZZ{value}ZZ" in str(shown) for shown in entry.values())


@quick
@given(before=VALUES, token=st.text(alphabet="abcdefXYZ0123456789-_", min_size=60, max_size=140))
@example(before="", token="0" * 59 + "-")
def test_no_token_passes_inside_any_line(out: io.StringIO, before: str, token: str) -> None:
    out.seek(0)
    out.truncate()
    logging.getLogger("some.library").warning("%s %s", before, token)
    assert token.strip("-_") not in out.getvalue()
