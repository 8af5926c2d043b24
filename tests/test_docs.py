"""What the documentation says is there: settings, links, commands, targets, routes, switches, tables, layers, files."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, RequestRedirect

from app import cli
from app.assembly import EARS_AND_PAGES
from app.commands import COMMANDS
from app.models import Base
from app.simulator.application import create_application
from app.simulator.cloud import Cloud
from app.simulator.faults import CALLS
from app.simulator.switches import Switches
from config import DEMO_SETTINGS, LEAST_SCOPES, SETTINGS, Setting
from tests import openapi

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PAGES = [str(file.relative_to(ROOT)) for file in FILES]
FILE_PATHS = ("/etc/", "/opt/", "/tmp/", "/var/", "/run/", "/dev/")
OF_FLASK = {"routes", "run", "shell"}


@dataclass
class Page:
    """A page of the documentation, taken apart."""

    file: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    fences: list[tuple[str, str]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    @property
    def shell(self) -> str:
        """Everything that a reader would type: code in the text and shell blocks."""
        return "\n".join([*self.codes, *(body for kind, body in self.fences if kind == "sh")])

    def block(self, kind: str) -> list[str]:
        found = [body for name, body in self.fences if name == kind]
        assert len(found) == 1, f"one block of {kind}"
        return found[0].splitlines()


def read(name: str) -> Page:
    page = Page(ROOT / name)
    tokens = MarkdownIt().enable("table").parse(page.file.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "fence":
            page.fences.append((token.info.strip(), token.content))
        elif token.type == "tr_open":
            page.rows.append([])
        elif token.type == "inline":
            _read_inline(page, before, token)
    return page


def _read_inline(page: Page, before: Token | None, token: Token) -> None:
    children = token.children or []
    page.codes += [child.content for child in children if child.type == "code_inline"]
    page.links += [str(child.attrs.get("href") or child.attrs.get("src") or "") for child in children if child.attrs]
    if before and before.type == "heading_open":
        page.anchors.add(_anchor("".join(child.content for child in children)))
    elif before and before.type in ("th_open", "td_open"):
        page.rows[-1].append(token.content)
    elif before and before.type == "paragraph_open" and before.level >= 2:
        page.items.append(token.content)


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, no punctuation, dashes for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def first_cells(page: Page) -> Iterator[str]:
    """What stands as code in the first column of the page's tables."""
    for row in page.rows:
        yield from re.findall(r"`([^`]+)`", row[0])


@pytest.fixture(scope="module")
def addresses() -> Map:
    """Every route of the app and of the simulator."""
    app = create_application(Cloud())
    for module in EARS_AND_PAGES:
        app.register_blueprint(module.bp, name=f"app {module.bp.name}")
    return app.url_map


@pytest.fixture(scope="module")
def subcommands() -> set[str]:
    return {*cli.COMMANDS, *OF_FLASK}


def is_address(addresses: Map, path: str) -> bool:
    try:
        addresses.bind("127.0.0.1").match(path.partition("?")[0])
    except RequestRedirect:
        return True
    except NotFound:
        return any(rule.rule.startswith(path.rstrip("…")) for rule in addresses.iter_rules())
    except HTTPException:  # it is there and takes another method
        return True
    return True


# Settings
@pytest.mark.parametrize(("number", "settings"), [(0, SETTINGS), (1, DEMO_SETTINGS)])
def test_every_setting_is_in_the_table_and_nothing_else(number: int, settings: tuple[Setting, ...]) -> None:
    tables: list[list[list[str]]] = []
    for row in read("docs/operators.md").rows:
        if row[:3] == ["Name", "Meaning", "Default"]:
            tables.append([])
        elif tables and re.fullmatch(r"`[A-Z_]+`", row[0]) and len(row) == 4:
            tables[-1].append(row)
    assert [row[0].strip("`") for row in tables[number]] == [setting.name for setting in settings]
    for setting, row in zip(settings, tables[number], strict=True):
        if setting.default:
            assert row[2] == f"`{setting.default}`", setting.name
        else:
            assert (row[2] == "required") is (setting.default is None), setting.name
        assert setting.alias is None or f"`{setting.alias}`" in row[1], setting.name


def test_the_readme_ticks_exactly_the_scopes_that_are_asked_for() -> None:
    assert [item.strip("`") for item in read("README.md").items if item.startswith("`spark:")] == list(LEAST_SCOPES)


def test_the_example_of_settings_names_real_ones_and_all_that_are_required() -> None:
    names = re.findall(r"^#?([A-Z_]+)=", (ROOT / "deploy/army-knife.env.example").read_text(encoding="utf-8"), re.M)
    assert len(names) == len(set(names))
    assert set(names) <= {setting.name for setting in SETTINGS}
    assert {setting.name for setting in SETTINGS if setting.default is None} <= set(names)


# Links and names, on every page
@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = read(name)
    broken = []
    for link in page.links:
        target, _, anchor = link.partition("#")
        if re.match(r"https?:", link):
            continue
        file = (page.file.parent / target).resolve() if target else page.file
        if not file.exists() or (anchor and anchor not in read(str(file.relative_to(ROOT))).anchors):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("name", PAGES)
def test_commands_and_addresses_exist(name: str, addresses: Map) -> None:
    wrong = []
    for code in read(name).codes:
        word = code.split()[0]
        if not word.startswith("/") or word.startswith(FILE_PATHS):
            continue
        if word not in COMMANDS and not is_address(addresses, word) and "no such command" not in _around(name, code):
            wrong.append(code)
    assert not wrong


def _around(name: str, code: str) -> str:
    """What the page says right behind a piece of code."""
    return (ROOT / name).read_text(encoding="utf-8").partition(f"`{code}`")[2][:40]


@pytest.mark.parametrize("name", PAGES)
def test_what_is_typed_in_a_shell_exists(name: str, subcommands: set[str]) -> None:
    shell = read(name).shell
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"\bmake ([a-z]+)", shell)) <= set(targets)
    assert set(re.findall(r"flask --app wsgi ([a-z]+)", shell)) <= subcommands
    for file in re.findall(r"\b(?:app|tests|docs|deploy|migrations|templates)/[\w/.-]+\w", shell):
        assert (ROOT / file).exists() or file.endswith("newest.py"), file


# The simulator's page
def test_the_simulators_controls_and_routes_are_described() -> None:
    page = read("docs/simulator.md")
    app = create_application(Cloud())
    rules = [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    ]
    controls = {tuple(cell.split()) for cell in first_cells(page) if " /_sim/" in cell}
    assert controls == {(method, rule) for method, rule in rules if rule.startswith("/_sim/")}
    described = {
        (method, path) for row in page.rows for path in re.findall(r"`(/v1/[^`]+)`", row[0]) for method in row[1].split(", ")
    }
    oauth = ("/v1/authorize", "/v1/access_token")
    assert described == {(method, rule) for method, rule in rules if rule.startswith("/v1/") and rule not in oauth}


def test_the_simulators_faults_and_switches_are_described() -> None:
    page = read("docs/simulator.md")
    assert set(first_cells(page)) >= CALLS | {"delivery"}
    shown = {row[0].strip("`"): row[1].strip("`") for row in page.rows if len(row) == 3}
    for switch in fields(Switches):
        default = switch.default
        expected = f'"{default}"' if isinstance(default, str) else str(default).lower()
        assert shown[switch.name] == expected, switch.name
    listed = [row[0].strip("`") for row in page.rows[page.rows.index(["Switch", "Default", "Meaning"]) + 1 :]]
    assert listed == [switch.name for switch in fields(Switches)]


# Design and privacy
@pytest.mark.parametrize("name", ["docs/design.md", "docs/privacy.md"])
def test_every_table_is_described(name: str) -> None:
    page = read(name)
    start = next(number for number, row in enumerate(page.rows) if row[0] == "Table") + 1
    named = [row[0].strip("`") for row in page.rows[start : start + len(Base.metadata.tables)]]
    assert sorted(named) == sorted(Base.metadata.tables)


def test_the_layers_are_those_of_the_linter() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert read("docs/design.md").block("layers") == layers


def test_the_tree_is_there() -> None:
    named = [line.split()[0] for line in read("docs/design.md").block("tree")]
    assert [name for name in named if not (ROOT / name).exists()] == []
    parts = {f"app/{part.name}{'/' * part.is_dir()}" for part in (ROOT / "app").iterdir() if not part.name.startswith("_")}
    assert parts <= set(named)


# The developers' page
def test_the_example_of_a_command_works(tmp_path: Path) -> None:
    """In a process of its own, since it declares a command."""
    command, story = [body for kind, body in read("docs/developers.md").fences if kind == "python"][:2]
    (tmp_path / "newest.py").write_text(command, encoding="utf-8")
    (tmp_path / "test_newest.py").write_text(story, encoding="utf-8")
    plugins = ["-p", "newest", "-p", "tests.conftest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    arguments = [*plugins, "--rootdir", str(tmp_path), "-q", "-k", "sqlite", str(tmp_path / "test_newest.py")]
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin", "WEBEX_OPENAPI": str(openapi.find() or "")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tmp_path,
        env=path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
