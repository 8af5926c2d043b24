"""/timezone and /announcements."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.integration.listeners import alarms
from app.models import alarm, now, user
from app.when import Quiet, Rule
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERY_DAY = Rule(frozenset(range(7)), 540).stored()


def clocks(world: World, person: Person, zone: str) -> dict[int, str]:
    """When alarms ring, by the wall clock of a zone."""
    with world.house.database.reading() as db:
        found = alarm.of(db, person.id, "test")
    return {subject: f"{datetime.fromtimestamp(one.due, ZoneInfo(zone)):%H:%M}" for subject, one in found.items()}


def test_a_zone_is_taken_from_the_profile_and_set_by_name_or_city(world: World, alice: Person, bob: Person) -> None:
    assert "haven't connected" in alice.says("/timezone")[-1]
    world.control("timezone", person=alice.email, timezone="America/New_York")
    world.control("timezone", person=bob.email, timezone="Mars/Olympus_Mons")
    alice.connects()
    bob.connects()
    assert "zone, **America/New_York**; `/timezone`" in alice.hears()[-1]
    (shown,) = alice.says("/timezone")
    there = datetime.fromtimestamp(now(), ZoneInfo("America/New_York"))
    assert shown.startswith(f"Your time zone is **America/New_York**; it is {there:%a %H}:")
    assert "**UTC**" in bob.says("/timezone")[0]

    assert alice.says("/timezone oslo")[0].startswith("Your time zone is now **Europe/Oslo**; it is ")
    assert "**Europe/Oslo** already" in alice.says("/TIMEZONE europe/oslo", room="Project X")[0]
    assert "now **Asia/Tokyo**" in alice.says("/timezone  Tokyo ")[0]
    assert "now **America/New_York**" in alice.says("/timezone New York")[0]
    assert "Did you mean `Europe/Oslo`?" in alice.says("/timezone Osloo")[0]
    for words in ("../../etc/passwd", "7", "Europe/", "localtime", "x" * 5_000, "<@all>", "Oslo please", "\x00", "+02:00"):
        assert alice.says(f"/timezone {words}")[0].startswith(("I don't know that time zone.", "Your time zone is **")), words
    assert "**America/New_York**; it is" in alice.says("/timezone")[0]
    assert "Time zone: **America/New_York**, where it is" in alice.says("/me")[0]
    alice.connects()  # and the profile does not win over what was chosen
    alice.says("/timezone Oslo")
    alice.connects()
    assert "**Europe/Oslo**" in alice.says("/timezone")[0]


def test_what_comes_at_a_time_of_day_moves_along(world: World, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(alarms.RINGS, "quiet", lambda *_: None)
    alice.connects()
    alice.says("/timezone Oslo")
    with world.house.database.transaction() as db:
        first = Rule.read(EVERY_DAY).next(now(), ZoneInfo("Europe/Oslo"))
        alarm.set_to(db, alice.id, "test", first, subject=1, rule=EVERY_DAY)
        alarm.set_to(db, alice.id, "test", first, subject=2)  # a single time is that moment, wherever one is
        alarm.set_to(db, alice.id, "test", now() - 5, subject=3, rule=EVERY_DAY)  # due already: it rings first
        late = alarm.of(db, alice.id, "test")[3]
        alarm.mark_called(db.connection(), [alarm.Call(late.id, alice.id, late.due)])  # so that nobody calls it here
        user.change(db, alice.id, quiet="22:00-07:00", paused_at=now())
        alarm.set_to(db, alice.id, "quiet", now() + 86_400)
    assert alice.says("/timezone Asia/Kolkata")[0].startswith("You are paused")
    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=None)
    before = clocks(world, alice, "UTC")
    (moved,) = alice.says("/timezone Asia/Kolkata")
    assert moved.endswith("1 repeating alarm moved along.")
    assert clocks(world, alice, "Asia/Kolkata")[1] == "09:00"
    assert clocks(world, alice, "UTC")[2] == before[2]
    with world.house.database.reading() as db:
        assert alarm.of(db, alice.id, "test")[3].due == late.due
        quiet = alarm.find(db, alice.id, "quiet")
    there = ZoneInfo("Asia/Kolkata")
    if Quiet.parse("22:00-07:00").is_now(now(), there):
        assert quiet is not None and f"{datetime.fromtimestamp(quiet.due, there):%H:%M}" == "07:00"
    else:
        assert quiet is None or quiet.due <= now()


def test_announcements_are_switched_on_and_off(world: World, alice: Person) -> None:
    assert "haven't connected" in alice.says("/announcements")[-1]
    alice.connects()
    assert alice.says("/announcements") == ["Announcements are **on**. `/announcements off` changes it."]
    assert "Announcements are already **on**" in alice.says("/announcements on")[0]
    assert "Announcements are **off**: you get none" in alice.says("/noannouncements")[0]
    assert "Announcements are already **off**" in alice.says("/Announcements OFF")[0]
    assert alice.says("/announcements") == ["Announcements are **off**. `/announcements on` changes it."]
    assert "Announcements" in alice.says("/me")[0].partition("- Off: ")[2]
    for words in ("/announcements maybe", "/announcements on off", "/noannouncements on", "/noannouncements off"):
        assert alice.says(words)[0].startswith("Usage: `/announcements`"), words
    alice.says("/pause")
    assert "Announcements are **on**: my operator" in alice.says("/announcements on")[0]
    with world.house.database.reading() as db:
        found = user.find(db, alice.id)
        assert found is not None and found.announcements
