"""The app's process dies at every step there is, and what it was doing ends as docs/reliability.md says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import crash_steps
from tests.crash_flows import KINDS, Flow
from tests.crash_steps import FLOWS, Step
from tests.crash_summary import PROPERTY
from tests.processes import ROOT, Installation
from tests.world import wait_until

DOCUMENT = ROOT / "docs" / "reliability.md"
SETTINGS = {"GROUP_ROOMS": "stay", "ADMINS": "alice@example.com"}


@pytest.mark.parametrize("flow", FLOWS)
def test_killed_at_every_step_nothing_is_lost_and_nothing_done_twice(
    flow: str, database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    steps = crash_steps.of(flow)
    with Installation(database_url, tmp_path, **SETTINGS) as world:
        world.given["app.models.token.LEASE"] = 1.0  # seconds for which nobody else renews
        world.stops_at(step.point for step in steps)
        world.starts_all()
        story = KINDS[flow](world)
        story.prepare()
        for step in steps:
            ended = dies_at(world, story, step)
            record_property(PROPERTY, (flow, step.words, world.database.engine.dialect.name, ended))
            assert ended == step.outcome, step.words


def dies_at(world: Installation, story: Flow, step: Step) -> str:
    """Let the process die, come back, and finish; how it ended."""
    story.set_up(step)
    world.dies_at(step.point)
    story.act(step)
    wait_until(lambda: world.has_died, patience=10.0)
    world.starts_again()
    world.settle()
    if step.is_unheard:
        wait_until(lambda: story.outcome() == step.outcome)  # Webex need not tell of it again
    world.control("replay", last=3)
    world.settle()
    return story.outcome()


def test_the_document_holds_the_table() -> None:
    assert crash_steps.as_markdown() in DOCUMENT.read_text(), "python -m tests.crash_steps prints it"
