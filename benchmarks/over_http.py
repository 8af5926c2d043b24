"""Deliveries over HTTP: Army Knife's ears beside bare WSGI, bare Flask, slack_bolt and webex-node-bot-framework.

All servers are up at once, each idle but in its turn; in each round all of them have one, in an order that is drawn anew.
Measured first is the processor time per request, of the server's processes and, where there is one, of PostgreSQL's.
"""

import hashlib
import hmac
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.installation import Installation, free_port, postgresql, signed, webex_id
from benchmarks.load import Load, Outcome
from benchmarks.machine import PYTHON, ROOT, Server, cpu_of, family
from tests.judges.bench import Cloud

DISTINCT = 4_000  # different deliveries that nobody needs
RELEVANT = 33  # one in so many: 3 %
MANY = 100_000
HOOK_SECRET = "a secret of the benchmark"
NODE = ("webex-node-bot-framework@2.3.14", "express@4")


@dataclass
class Variant:
    """One thing that is measured.

    :ivar load: gives what is sent, anew for each round
    :ivar processes: whose processor time counts besides the server's
    :ivar check: says what is wrong after a round, "" if nothing is
    """

    name: str
    server: Server
    load: Callable[[], Load]
    processes: tuple[int, ...] = ()
    check: Callable[[Outcome], str] = lambda outcome: ""
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        sent = self.load()
        before = self._cpu()
        outcome = load.run(self.server.url, sent, seconds)
        spent = self._cpu() - before
        problem = self.check(outcome) or (
            f"{outcome.wrong} wrong, {outcome.broken} broken" if outcome.wrong or outcome.broken else ""
        )
        if problem or not outcome.requests:
            raise RuntimeError(f"{self.name}: {problem or 'nothing was answered'}; {self.server.log.read_text()[-1_000:]}")
        self.cpu.append(spent / outcome.requests * 1e6)
        self.rate.append(outcome.requests / outcome.seconds)
        self.p99.append(outcome.p99)

    def _cpu(self) -> float:
        return self.server.cpu() + sum(cpu_of(family(pid)) for pid in self.processes)


class Bench:
    """:param many: how many accounts the large installation has"""

    def __init__(self, folder: Path, stack: ExitStack, many: int) -> None:
        self.folder, self.stack, self.many = folder, stack, many
        self.variants: list[Variant] = []
        self.missing: dict[str, str] = {}
        self.memory: dict[str, float] = {}
        self.rows: dict[str, int] = {}

    # Servers

    def under(
        self, kind: str, target: str, settings: dict[str, str], name: str, *, threads: int = 16, app_dir: Path = ROOT
    ) -> Server:
        """An application under granian or waitress, as `serve` sets them up."""
        port = free_port()
        command: list[str | Path] = [PYTHON, "-m", "benchmarks.apps.under_waitress", target, str(port)]
        if kind == "granian":
            command = [
                PYTHON, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1", "--http", "1", "--no-ws",
                "--blocking-threads", str(threads), "--log-level", "error", target,
            ]  # fmt: skip
        settings = {"PYTHONPATH": str(app_dir), **settings}
        return self.stack.enter_context(Server(command, port, settings, self.folder / f"{name}.log"))

    def file(self, name: str, deliveries: list[tuple[str, str, bytes]]) -> Path:
        return load.write(self.folder / name, deliveries)

    # What is measured

    def bare(self, kind: str) -> None:
        plain = Load(self.file("bare", [signed("/hooks/x", "s", {"id": webex_id("MESSAGE") * 12})] * 10))
        for name, told in (("wsgi", "WSGI 204"), ("reading", "WSGI 204, body read"), ("flask", "Flask 204")):
            server = self.under(kind, f"benchmarks.apps.bare:{name}", {}, f"{kind}-{name}")
            self.variants.append(Variant(f"{kind}: bare {told}", server, lambda: plain))

    def ears(self, kind: str, accounts: int) -> None:
        """Events that nobody needs, spread over all accounts."""
        name = f"{kind}-{accounts}"
        place = Installation.make(self.folder / name, accounts=accounts)
        server = self.under(kind, "benchmarks.apps.ears:app", place.settings, name)
        chosen = random.choices(place.people, k=DISTINCT)
        useless = Load(self.file(name + ".txt", [signed(*place.hook(one), place.irrelevant(one)) for one in chosen]))
        self.variants.append(Variant(f"{kind}: irrelevant, {accounts:,} account{'s' * (accounts > 1)}", server, lambda: useless))

    def mixed(self, database: str, pid: int | None) -> None:
        """Three in a hundred have to be stored; each of these is new."""
        kind = "PostgreSQL" if database else "SQLite"
        place = Installation.make(self.folder / f"mixed-{kind}", database, accounts=100)
        server = self.under("granian", "benchmarks.apps.ears:app", place.settings, f"mixed-{kind}")
        common = self.file(f"common-{kind}.txt", [signed(*place.hook(one), place.irrelevant(one)) for one in place.people * 40])
        numbers = iter(range(1_000_000))

        def sent() -> Load:
            fresh = [signed(*place.hook(one), place.relevant(one)) for one in place.people * 30]
            return Load(common, rare=self.file(f"rare-{kind}-{next(numbers)}.txt", fresh), every=RELEVANT)

        def check(outcome: Outcome) -> str:
            rows, expected = _rows(place), min(outcome.requests // RELEVANT, 3_000)
            new, self.rows[kind] = rows - self.rows.get(kind, 0), rows
            # At the end, wrk hangs up on one request per connection; any of them may have been stored or not, and was not counted.
            return "" if abs(new - expected) <= load.CONNECTIONS else f"{new} rows for {expected} deliveries"

        pids = (pid,) if pid else ()
        self.variants.append(Variant(f"granian: 3 % relevant, {kind}", server, sent, pids, check))

    def slack(self, kind: str) -> None:
        """An event of slack_bolt's Flask adapter, from a folder of its own."""
        if not hasattr(self, "slack_folder"):
            self.slack_folder = self.folder / "slack-packages"
            done = subprocess.run(
                [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", self.slack_folder, "slack_bolt"],
                capture_output=True, check=False,
            )  # fmt: skip
            if done.returncode:
                self.missing["slack_bolt under Flask"] = "pip could not install it"
        if "slack_bolt under Flask" in self.missing:
            return
        paths = {"PYTHONPATH": f"{ROOT}:{self.slack_folder}", "SLACK_SECRET": HOOK_SECRET}
        server = self.under(kind, "benchmarks.apps.slack:app", paths, f"{kind}-slack")

        def sent() -> Load:
            return Load(self.file("slack.txt", [_slack_event(number) for number in range(500)]))  # signed for five minutes

        self.variants.append(Variant(f"{kind}: slack_bolt under Flask", server, sent))

    def node(self) -> None:
        """webex-node-bot-framework hears a message in a room of its bot; each makes it ask the simulated Webex."""
        name = "node: webex-node-bot-framework"
        if not (shutil.which("node") and shutil.which("npm")):
            self.missing[name] = "node or npm is missing"
            return
        home = Path(os.environ.get("BENCH_NODE", self.folder / "node"))
        home.mkdir(exist_ok=True)
        if not (home / "node_modules" / "express").is_dir():
            done = subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *NODE], cwd=home,
                capture_output=True, check=False,
            )  # fmt: skip
            if done.returncode:
                self.missing[name] = "npm could not install it"
                return
        (home / "package.json").touch()
        try:
            self._node(name, home)
        except (RuntimeError, KeyError, OSError) as error:
            self.missing[name] = f"did not start: {str(error).strip().splitlines()[-1][:120]}"

    def _node(self, name: str, home: Path) -> None:
        cloud = self.stack.enter_context(Cloud(port=0, redirect_uris=None))
        room = cloud.call("alice@example.com", "POST", "/rooms", {"title": "Bench"})["id"]
        bot = "armyknife@webex.bot"
        cloud.call("alice@example.com", "POST", "/memberships", {"roomId": room, "personEmail": bot})
        said = cloud.call("alice@example.com", "POST", "/messages", {"roomId": room, "markdown": f"<@personEmail:{bot}> hello"})
        port = free_port()
        settings = {
            "HYDRA_SERVICE_URL": f"{cloud.url}/v1", "U2C_SERVICE_URL": f"{cloud.url}/u2c", "BOT_TOKEN": cloud.token(bot),
            "HOOK_SECRET": HOOK_SECRET,
        }  # fmt: skip
        script = ROOT / "benchmarks" / "apps" / "framework.cjs"
        server = self.stack.enter_context(Server(["node", script, home, str(port)], port, settings, self.folder / "node.log"))
        hook = cloud.call(bot, "GET", "/webhooks")["items"][0]["name"]  # it looks at nothing that came by another
        event = {
            "id": webex_id("WEBHOOK"), "name": hook, "resource": "messages", "event": "created", "createdBy": said["personId"],
            "actorId": said["personId"], "status": "active", "data": {name: said[name] for name in said if name not in ("text", "html")},
        }  # fmt: skip
        one = Load(self.file("node.txt", [signed("/hook", HOOK_SECRET, event)]))
        bare = Load(self.file("node-bare.txt", [signed("/bare", HOOK_SECRET, event)]))
        self.variants.append(Variant("node: bare express 204", server, lambda: bare))
        self.variants.append(Variant(name, server, lambda: one))

    def rest(self) -> None:
        """Memory of each server, now that it worked."""
        for one in self.variants:
            self.memory[one.name] = round(one.server.memory(), 1)


def _rows(place: Installation) -> int:
    from sqlalchemy import text  # noqa: PLC0415

    from app.models import Database  # noqa: PLC0415

    database = Database(place.settings["DATABASE_URL"])
    with database.reading() as db:
        found = db.execute(text("SELECT count(*) FROM inbox")).scalar_one()
    database.close()
    return int(found)


def _slack_event(number: int) -> tuple[str, str, bytes]:
    """A message event as Slack's Events API sends it, signed as its documentation says (v0)."""
    at = str(int(time.time()))
    event = {
        "type": "message", "channel": "C024BE91L", "user": "U2147483697", "text": "x" * 300, "ts": f"{at}.{number:06}",
        "event_ts": f"{at}.{number:06}", "channel_type": "channel",
    }  # fmt: skip
    body = json.dumps(
        {"token": "one-long-verification-token", "team_id": "T061EG9R6", "api_app_id": "A0PNCHHK2", "event": event,
         "type": "event_callback", "event_id": f"Ev{number:08}", "event_time": int(at), "authorizations": [
             {"enterprise_id": None, "team_id": "T061EG9R6", "user_id": "U1", "is_bot": True, "is_enterprise_install": False}],
         "is_ext_shared_channel": False, "event_context": "4-" + "x" * 120}
    ).encode()  # fmt: skip
    signature = hmac.new(HOOK_SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return "/slack/events", f"X-Slack-Signature=v0={signature};X-Slack-Request-Timestamp={at}", body


def measure(folder: Path, *, rounds: int = 5, seconds: float = 2.0, many: int = MANY) -> dict[str, Any]:
    """Measure everything; what a peer could not be installed for is named."""
    with ExitStack() as stack:
        bench = Bench(folder, stack, many)
        for kind in ("granian", "waitress"):
            bench.bare(kind)
            bench.ears(kind, 1)
        bench.ears("granian", many)
        bench.mixed("", None)
        try:
            url, pid = stack.enter_context(postgresql(folder))
            bench.mixed(url, pid)
        except RuntimeError as error:
            bench.missing["granian: 3 % relevant, PostgreSQL"] = str(error)
        bench.slack("granian")
        bench.slack("waitress")
        bench.node()
        time.sleep(3)  # tables are read, pools are filled
        for one in bench.variants:
            one.run(1)  # warmed up, with deliveries of its own
            one.cpu.clear(), one.rate.clear(), one.p99.clear()
        for _ in range(rounds):
            for one in random.sample(bench.variants, len(bench.variants)):
                one.run(seconds)
        bench.rest()
        return {
            "rounds": rounds, "seconds": seconds, "many": many, "connections": load.CONNECTIONS, "generator": load.generator(), "missing": bench.missing,
            "memory": bench.memory, "load": round(os.getloadavg()[0], 1),
            "variants": {one.name: {"cpu": one.cpu, "rate": one.rate, "p99": one.p99} for one in bench.variants},
        }  # fmt: skip
