"""deploy/compose.yaml, as far as it can be known without a Docker to run it."""

import re
from typing import Any

import yaml

from app.cli import COMMANDS
from config import SETTINGS
from tests.processes import ROOT

FILE = ROOT / "deploy" / "compose.yaml"
NAMES = {setting.name for setting in SETTINGS}


def test_it_describes_two_servers_and_three_workers_with_settings_that_exist() -> None:
    described: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    services = described["services"]
    assert {name: services[name]["deploy"]["replicas"] for name in ("server", "worker")} == {"server": 2, "worker": 3}
    given = services["server"]["environment"]
    for name, command in (("server", "serve"), ("worker", "worker")):
        service = services[name]
        assert service["command"] == [command]
        assert command in COMMANDS
        assert set(service["environment"]) <= NAMES
        assert service["environment"] == given, "all of them get the same settings"
        assert set(service["depends_on"]) <= set(services)
    copied = re.findall(r"^COPY (.+) \S+$", services["server"]["build"]["dockerfile_inline"], re.M)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []
    volumes = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert volumes == set(described["volumes"])
    assert {one["source"] for one in services["proxy"]["configs"]} == set(described["configs"])
