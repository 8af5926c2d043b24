"""How large every page is, and how long the server works on it, in the demo's world.

Run it as `.venv/bin/python benchmarks/pages.py`; `--rounds` says how often each page is made. Size is that of the HTML, as it is
sent. Time is that of the application for one request, without a network or a browser: by the clock, where other work on the
machine counts too, and of the processor. docs/developers.md keeps what was measured.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")  # the demo's Webex is plain http on loopback

from app.models import Database  # noqa: E402  # the path comes first
from app.models.schema import migrate  # noqa: E402
from tests.every_page import ADMIN, Page, every_page  # noqa: E402
from tests.world import World  # noqa: E402

LARGEST, SLOWEST = 50_000, 100.0  # bytes and milliseconds: what is aimed at


def main() -> None:
    """Print a row for each page, the largest first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="how often each page is made (30)")
    rounds = parser.parse_args().rounds
    machine = f"{platform.platform(terse=True)}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, Python {platform.python_version()}; the median of {rounds}, and the slowest\n")
    print("| Page | Bytes | Milliseconds | Slowest | Of the processor |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/pages.db"
        database = Database(url)
        migrate(database)
        database.close()
        with World(url, Path(folder), ADMINS=ADMIN, LOG_LEVEL="error") as world:
            pages = every_page(world)
            for page in sorted(pages, key=lambda page: -len(page.html.encode())):
                print(row(world, page, rounds))
    print(f"\nAimed at: less than {LARGEST:,} bytes and {SLOWEST:.0f} ms; load {os.getloadavg()[0]:.1f} at the end")


def row(world: World, page: Page, rounds: int) -> str:
    """A row of the table; what comes once, such as the answer to a form, has a size and no time."""
    name, size = page.name.replace("-", " "), len(page.html.encode())
    if not page.path:
        return f"| {name} | {size:,} | | | |"
    walls, works = zip(*(made(world, page) for _ in range(rounds)), strict=True)
    return f"| {name} | {size:,} | {statistics.median(walls):.1f} | {max(walls):.1f} | {statistics.median(works):.1f} |"


def made(world: World, page: Page) -> tuple[float, float]:
    """Make a page once: milliseconds by the clock, and of the processor."""
    cookies = "; ".join(f"{one.name}={one.value}" for one in page.browser.session.cookies)
    client = world.app.test_client(use_cookies=False)
    wall, work = time.perf_counter(), time.thread_time()
    answer = client.get(page.path, headers={"Cookie": cookies})
    spent = (time.perf_counter() - wall) * 1_000, (time.thread_time() - work) * 1_000
    if answer.status_code != page.status:
        raise SystemExit(f"{page.name} is not there any more: {answer.status_code}")
    return spent


if __name__ == "__main__":
    main()
