"""The W3C's own checker of HTML and CSS (the npm package vnu-jar), over every page of the site and its stylesheet."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from app.models import Database
from app.models.schema import migrate
from tests.every_page import ADMIN, every_page
from tests.judges.bench import Verdict, run
from tests.world import World

PACKAGE, VERSION = "vnu-jar", "26.9.27"
STYLE = Path(__file__).parents[2] / "app" / "web" / "static" / "style.css"


def judge(folder: Path) -> Verdict:
    """Keep every page as a file, and let the checker read them all at once."""
    name = f"{PACKAGE} {VERSION}"
    if missing := [program for program in ("java", "npm") if not shutil.which(program)]:
        return Verdict(name, missing=f"{' and '.join(missing)} missing")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    installed = run(["npm", "install", *options, f"{PACKAGE}@{VERSION}"], folder)
    jar = folder / "node_modules" / PACKAGE / "build" / "dist" / "vnu.jar"
    if installed.returncode or not jar.is_file():
        return Verdict(name, missing=f"npm could not install it: {installed.stdout.strip()[-300:]}")
    files = _kept(folder)
    shutil.copy(STYLE, folder / STYLE.name)
    checked = run(["java", "-jar", jar, "--format", "json", "--also-check-css", *files, folder / STYLE.name], folder)
    try:
        failed = read(json.loads(checked.stdout))
    except json.JSONDecodeError:
        return Verdict(name, missing=f"it said: {checked.stdout.strip()[-300:]}")
    return Verdict(name, len(files) + 1 - len({problem.partition(":")[0] for problem in failed}), failed)


def _kept(folder: Path) -> list[Path]:
    url = f"sqlite:///{folder}/pages.db"
    database = Database(url)
    migrate(database)
    database.close()
    kept = []
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # this Webex is plain http on loopback
    with World(url, folder, ADMINS=ADMIN) as world:
        for page in every_page(world):
            kept.append(folder / f"{page.name}.html")
            kept[-1].write_text(page.html)
    return kept


def read(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what the checker has against the pages; its warnings count, what it only tells does not."""
    against = [one for one in report["messages"] if one["type"] == "error" or one.get("subType") == "warning"]
    return tuple(f"{one['url'].rpartition('/')[2]}: line {one.get('lastLine', '?')}: {one['message']}" for one in against)
