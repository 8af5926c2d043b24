"""The numbers that operators see: they move when something happens, name nobody, and the dashboard names only what there is."""

import json
import re
from pathlib import Path

import pytest
import requests
from prometheus_client import REGISTRY

from tests.people import Person
from tests.processes import Process, free_port, is_listening
from tests.world import Clock, World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DASHBOARD = Path(__file__).parent.parent / "deploy" / "grafana-dashboard.json"
LABELS = {
    "ear": "bot|integration|clock",
    "outcome": "stored|repeated|dropped|done|not connected|later|given up|taken over|said|renewed|refused|failed|found|left out",
    "table": "inbox|outbox",
    "state": "active|paused|reauthorize|inactive|missing|moved",
    "status": r"\d\d\d|none",
    "method": "GET|POST|PUT|DELETE|HEAD",
    "api": "people|rooms|memberships|messages|teams|team|webhooks|contents|attachment|organizations|authorizations|other",
    "le": r"[\d.]+|\+Inf",
}


def numbers() -> dict[str, float]:
    """All numbers of ours at this moment, by name and labels as Prometheus writes them."""
    found = {}
    for family in REGISTRY.collect():
        for sample in family.samples:
            if sample.name.startswith("armyknife_") and not sample.name.endswith("_created"):
                labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@SQLITE
def test_numbers_move_with_what_happens(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    before = numbers()
    world.fault("GET", "/messages/", by=world.bot, status=503, times=2)
    alice.says("/todo buy milk")
    world.control("switches", duplicate_deliveries=1)
    alice.says("/todo buy bread")
    world.control("switches", duplicate_deliveries=0)
    for hook in alice.webhooks():
        world.control(f"webhooks/{hook['id']}/disable")
    clock.advance(10 * 86_400)  # a renewal is due
    world.queue.repair()
    world.settle()
    world.deliver("/bot", "wrong secret", b"{}")
    world.stop_app()  # nobody works on what comes
    world.with_queue = False
    world.start_app()
    bob.writes("hello")
    world.drain()
    clock.advance(30)
    text = alice.browser.opens("/metrics").text

    after = numbers()
    moved = {name for name, value in after.items() if value > before.get(name, 0.0)}
    assert {
        "armyknife_deliveries_total{ear=bot,status=204}",
        "armyknife_deliveries_total{ear=bot,status=401}",
        "armyknife_heard_total{outcome=stored}",
        "armyknife_heard_total{outcome=repeated}",
        "armyknife_worked_total{ear=bot,outcome=done}",
        "armyknife_worked_total{ear=bot,outcome=later}",
        "armyknife_worked_total{ear=clock,outcome=done}",
        "armyknife_answer_seconds_count{ear=bot}",
        "armyknife_said_total{outcome=said}",
        "armyknife_api_calls_total{api=messages,method=GET,status=503}",
        "armyknife_api_calls_total{api=messages,method=POST,status=200}",
        "armyknife_webhooks_found_total{state=inactive}",
        "armyknife_token_renewals_total{outcome=renewed}",
        "armyknife_waiting{table=inbox}",
    } <= moved
    assert after["armyknife_waiting{table=inbox}"] >= 1 and after["armyknife_oldest_seconds{table=inbox}"] >= 30
    assert after["armyknife_accounts{state=active}"] == 1 and after["armyknife_accounts_without_webhooks"] == 0
    labels = re.findall(r'(\w+)="([^"]*)"', "\n".join(line for line in text.splitlines() if line.startswith("armyknife_")))
    assert [(name, value) for name, value in labels if not re.fullmatch(LABELS[name], value)] == []


@SQLITE
def test_what_the_app_depends_on_is_told_one_by_one(world: World, alice: Person) -> None:
    def ready() -> tuple[int, dict[str, object]]:
        answer = requests.get(f"{world.app_url}/readyz", timeout=10)
        return answer.status_code, answer.json()

    well = {"status": "ok", "database": "ok", "queue": "ok", "webex": "ok", "webhooks": "ok", "workers": 4}
    alice.says("hello")
    assert ready() == (200, {**well, "waiting": 0, "unsaid": 0})

    world.fault("GET", "/webhooks", by=world.bot, drop=True, times=4)
    world.queue.repair()
    state, told = ready()
    assert state == 200 and told["status"] == "degraded", "deliveries are still stored, so they should still come"
    assert (told["webhooks"], told["webex"], told["database"]) == ("not seen to", "failing", "ok")
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    world.queue.repair()
    assert ready()[1]["status"] == "ok"

    world.queue.huey.storage.close()
    storage, world.queue.huey.storage = world.queue.huey.storage, None
    world.queue.wakes("somebody", 0.01)
    wait_until(lambda: ready()[1]["queue"] == "away")
    world.queue.huey.storage = storage
    world.queue.wakes("somebody", 0.01)
    wait_until(lambda: ready()[1]["queue"] == "ok")


def test_the_dashboard_names_what_there_is() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    there: set[str] = set()
    for family in REGISTRY.collect():
        if family.name.startswith("armyknife_"):
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
            there |= {f"{family.name}{suffix}" for suffix in suffixes}
    named = {name for expression in asked for name in re.findall(r"armyknife_\w+", expression)}
    assert named <= there
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in there}
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in named} == families, "and shows all of it"
    grouped = ",".join(group for expression in asked for group in re.findall(r"by \(([^)]*)\)", expression))
    assert set(re.split(r",\s*", grouped)) <= LABELS.keys()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_tells_its_own_numbers_where_it_is_asked_to(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, with_queue=False) as world:
        alice, port = world.person("alice@example.com"), free_port()
        settings = {**world.environment(), "METRICS_PORT": str(port)}
        worker = Process("worker", settings=settings, log=tmp_path / "worker.log")
        try:
            assert len(alice.says("hello")) == 1
            wait_until(lambda: is_listening(port))
            told = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        finally:
            worker.is_killed()
        assert re.search(r'^armyknife_said_total\{outcome="said"\} 1', told, re.M)
