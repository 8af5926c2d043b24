"""An installation to be measured: its settings, its accounts, and deliveries that are signed for it."""

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import insert

from app.models import Database, schema, token, user, vip
from app.models.contact import Contact
from app.vault import Vault
from config import Config, load, new_keys
from tests import postgres


def webex_id(kind: str) -> str:
    return b64encode(f"ciscospark://us/{kind}/{uuid4()}".encode()).decode().rstrip("=")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """A server of our own: a commit waits for the disk, as PostgreSQL is set up by itself; 64 workers want more connections.

    :returns: the SQLAlchemy URL of an empty database, and the server's process
    """
    binaries, owner = postgres.find_binaries(), postgres._owner()
    if binaries is None:
        raise RuntimeError("PostgreSQL is missing (initdb and postgres)")
    home, port = folder / "postgresql", free_port()
    home.mkdir()
    who: dict[str, Any] = {"cwd": home, "stdout": DEVNULL, "stderr": DEVNULL}
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        who |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    subprocess.run([binaries / "initdb", "-D", "data", "-U", "postgres", "--auth", "trust"], check=True, **who)
    listening = ("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-p", str(port), "-k", str(home))
    with subprocess.Popen([binaries / "postgres", "-D", "data", *listening], **who) as server:
        try:
            _wait_for(port)
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", server.pid
        finally:
            server.send_signal(signal.SIGINT)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@dataclass
class Installation:
    """:ivar people: person ids, in the order they were made; each tracks `tracks` others"""

    folder: Path
    settings: dict[str, str]
    people: list[str]
    tracked: list[str]

    @classmethod
    def make(cls, folder: Path, database: str = "", accounts: int = 1, trackers: int = 5, **settings: str) -> "Installation":
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        given = {
            "WEBEX_API_URL": "http://127.0.0.1:9/v1", "WEBEX_AUTHORIZE_URL": "http://127.0.0.1:9/v1/authorize",
            "WEBEX_TOKEN_URL": "http://127.0.0.1:9/v1/access_token", "WEBEX_CLIENT_ID": "C", "WEBEX_CLIENT_SECRET": "S",
            "WEBEX_BOT_TOKEN": "B", "PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": str(port), "DATA_DIR": str(folder),
            "DATABASE_URL": database or f"sqlite:///{folder}/army-knife.db", "SUBSCRIPTIONS": "firehose", "LOG_LEVEL": "warning",
            "WEBEX_RATE": "100000", **new_keys(), **settings,
        }  # fmt: skip
        made = cls(folder, given, [webex_id("PEOPLE") for _ in range(accounts)], [webex_id("PEOPLE") for _ in range(trackers)])
        made._fill()
        return made

    @property
    def port(self) -> int:
        return int(self.settings["PORT"])

    @property
    def config(self) -> Config:
        return load(dict(self.settings))

    def derived(self, *parts: str) -> str:
        return hmac.new(self.settings["HOOK_KEY"].encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()

    def hook(self, person_id: str) -> tuple[str, str]:
        """Path and secret of somebody's webhooks."""
        opaque = self.derived("path", person_id)[:40]
        return f"/hooks/{opaque}", self.derived("secret", opaque)

    @property
    def bot(self) -> tuple[str, str]:
        return "/bot", self.derived("secret", "the bot")

    def _fill(self) -> None:
        """Accounts with working tokens, a 1:1 room with the bot and trackers each, put in as rows."""
        database = Database(self.settings["DATABASE_URL"])
        schema.migrate(database)
        vault = Vault(self.config.token_keys.reveal())
        for start in range(0, len(self.people), 5_000):
            some = self.people[start : start + 5_000]
            with database.transaction() as db:
                db.execute(insert(user.User), [self._account(one) for one in some])
                db.execute(insert(Contact), [{"room_id": room_of(one), "person_id": one, "opening_until": 0.0} for one in some])
                db.execute(insert(vip.Vip), [self._tracker(one, number) for one in some for number in range(len(self.tracked))])
                if len(self.people) <= 1_000:
                    self._authorize(db, vault, some)
        database.close()

    def _account(self, person_id: str) -> dict[str, Any]:
        opaque = self.hook(person_id)[0].rpartition("/")[2]
        return {
            "person_id": person_id, "email": f"{person_id[-12:]}@example.com", "display_name": "Somebody", "connected_at": 1.0,
            "hook_hash": user.hook_hash(opaque), "status": "active", "tracking": "live", "timezone": "UTC",
            "mention_alerts": False, "all_alerts": False, "room_alerts": False, "announcements": True,
        }  # fmt: skip

    def _tracker(self, person_id: str, number: int) -> dict[str, Any]:
        vip_id = self.tracked[number]
        return {
            "person_id": person_id,
            "vip_person_id": vip_id,
            "email": "v@example.com",
            "nickname": f"v{number}",
            "mode": "live",
        }

    def _authorize(self, db: Any, vault: Vault, people: list[str]) -> None:
        for one in people:
            token.save(db, vault, one, token.TokenSet(f"access-{one[-20:]}", 1e7, "refresh", 1e7))

    def irrelevant(self, person_id: str) -> dict[str, Any]:
        """A message of somebody whom nobody tracks, in a room of a connected person: as nearly everything the firehose brings."""
        return self._event(person_id, webex_id("PEOPLE"), "group")

    def relevant(self, person_id: str) -> dict[str, Any]:
        """A message of the connected person, which has to be looked at."""
        return self._event(person_id, person_id, "group")

    def _event(self, owner: str, author: str, kind: str) -> dict[str, Any]:
        prefix = f"Army Knife {self.derived('instance')[:6]}: "
        data = {
            "id": webex_id("MESSAGE"), "roomId": webex_id("ROOM"), "roomType": kind, "personId": author,
            "personEmail": "somebody@example.com", "created": "2026-11-01T08:00:00.000Z",
        }  # fmt: skip
        return {
            "id": webex_id("WEBHOOK"), "name": f"{prefix}everything", "targetUrl": self.settings["PUBLIC_URL"] + self.hook(owner)[0],
            "resource": "messages", "event": "created", "orgId": webex_id("ORGANIZATION"), "createdBy": owner,
            "appId": webex_id("APPLICATION"), "ownedBy": "creator", "status": "active", "created": "2026-11-01T08:00:00.000Z",
            "actorId": author, "data": data,
        }  # fmt: skip


def room_of(person_id: str) -> str:
    """The 1:1 room of the bot with a person."""
    return b64encode(
        f"ciscospark://us/ROOM/{hashlib.md5(person_id.encode(), usedforsecurity=False).hexdigest()}".encode()
    ).decode()


def signed(path: str, secret: str, event: dict[str, Any]) -> tuple[str, str, bytes]:
    """Path, signature and body of a delivery."""
    body = json.dumps(event, separators=(",", ":")).encode()
    return path, hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(), body
