"""English and German: nothing that is said is missing in a catalogue, and everybody hears their own language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.cli.translations import MARKS, ROOT, Text, all_texts, name_of, ours, translated_into
from app.language import ENGLISH, FOLDER, LANGUAGES, best, number, speaking
from app.models import stored
from app.web.charts import EVENTS, chart
from app.web.dates import full_day, moment
from app.when import shown
from app.zones import zone
from tests.people import Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OTHERS = pytest.mark.parametrize("language", [code for code in LANGUAGES if code != ENGLISH])
# Their words are for who reads the source.
FOR_DEVELOPERS = frozenset({"app/models/retention.py"})
# Words in a row that nobody is told as they are, by where they stand.
NOT_SAID = {
    "app/commands/alerts.py": {"Away and alerts"},
    "app/commands/plans.py": {", which takes back {}"},
    "app/commands/privacy.py": {"mentions of everybody", "top of mind"},
    "app/commands/rooms.py": {"Teams and rooms"},
    "app/commands/why.py": {"dropped while paused", "top of mind shown"},
    "app/integration/compliance.py": {"token endpoint answered {}"},
    "app/integration/listeners/__init__.py": {"dropped while paused"},
    "app/integration/listeners/asked.py": {"top of mind", "top of mind shown"},
    "app/integration/listeners/mentions.py": {"mentions of everybody"},
    "app/integration/subscriptions.py": {"mentions of me"},
    "app/models/base.py": {"lines with work", "people whose route changed", "the database is locked"},
    "app/models/line.py": {"killed its worker"},
    "app/models/postgres.py": {"the database does not answer"},
    "app/models/stored.py": {*(kind.columns for kind in stored.KINDS), *stored.NOBODYS.values()},
    "app/vault.py": {"a sealed value does not open"},
    "app/web/admin_page.py": {"killed its worker"},
    "app/web/deeds.py": {"todo daily off", "tom daily off", "track digest all"},
    "app/web/health.py": {"not seen to"},
    "app/webex/errors.py": {"Webex answered {}", "Webex did not answer"},
}
PROSE = re.compile(r"[A-Za-z]{2,},? [A-Za-z']{1,},? [A-Za-z]{2,}")
# What a person reads, however short: the words of these calls' arguments.
SPOKEN_IN = {
    "UserError", "NotAllowed", "NotConnected", "UsageError", "BadTime", "TooManyTries", "Answer", "Regret", "button", "heading",
    "words", "entry", "link", "row", "say_to", "head_to",
}  # fmt: skip
UNSAID = {"RuntimeError", "ValueError", "AssertionError", "ConfigError", "Counter", "Gauge", "Histogram", "compile", "text"}
LOGS = {"debug", "info", "warning", "error", "exception"}


# The catalogues
@OTHERS
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    """`make translations` brings the catalogues up to date; what is empty then is to be filled in."""
    needed, there = all_texts(), translated_into(language)
    assert set(there) == set(needed), "say: make translations"
    assert [text for text, said in there.items() if not all(_forms(said))] == []
    for file in (FOLDER / language).glob("*.po"):
        with file.open("rb") as opened:
            catalog = read_po(opened, locale=language)
        assert not catalog.obsolete, file.name
        assert not [message.id for message in catalog if message.fuzzy and message.id], file.name


@OTHERS
def test_a_translation_has_the_values_and_the_commands_of_its_text(language: str) -> None:
    for text, said in translated_into(language).items():
        for form in filter(None, _forms(said)):
            assert _values(form) == _values(_forms(text)[-1]), text
            assert _commands(form) == _commands(_forms(text)[-1]), text


def _forms(text: Text | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _values(text: str) -> set[str]:
    """What is put in: `{name}` and, in templates, `%(name)s`."""
    return set(re.findall(r"\{\w+\}|%\(\w+\)s", text))


def _commands(text: str) -> set[str]:
    return set(re.findall(r"`(/\w+)", text))


# The source
def test_everything_that_is_said_goes_through_a_catalogue() -> None:
    """By a guess at what people read: words in a row, and what stands in answers, errors and cards."""
    unmarked = {path: found for path in ours("app", "*.py") if (found := sorted(set(_unmarked(path))))}
    unmarked |= {path: found for path in ours("templates", "*.html") if (found := _bare_words(path))}
    assert {path: found for path, found in unmarked.items() if path not in FOR_DEVELOPERS} == {}


def test_no_function_that_translates_calls_something_else_by_that_name() -> None:
    for path in ours("app", "*.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and path != "app/language.py":
                uses = [one.ctx for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == "_"]
                called = [one for one in ast.walk(node) if isinstance(one, ast.Call) and name_of(one) == "_"]
                assert not (called and any(isinstance(use, ast.Store) for use in uses)), (path, node.name)


def _unmarked(path: str) -> Iterator[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    allowed = NOT_SAID.get(path, "")
    for text in _said(tree, is_read=False):
        if text not in allowed:
            yield text


def _said(node: ast.AST, is_read: bool) -> Iterator[str]:
    """The texts below a node that look as if somebody read them, and are not marked.

    :param is_read: whether we are inside what a person reads
    """
    if isinstance(node, ast.Call):
        name = name_of(node)
        if name in MARKS or name in UNSAID or name in LOGS or name == "counted":
            return
        for child in node.args:
            yield from _said(child, is_read=name in SPOKEN_IN)
        for keyword in node.keywords:
            if keyword.arg not in ("topic", "key", "why"):
                yield from _said(keyword.value, is_read=False)
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        if _is_words(text, is_read):
            yield text
            return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_words(node.value, is_read):
        yield node.value
    inside = is_read and isinstance(node, ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.IfExp | ast.Starred)
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from _said(child, inside)


def _is_words(text: str, is_read: bool) -> bool:
    words = "" if text.startswith("/") else re.sub(r"`[^`]*`", "", text)
    return bool(PROSE.search(words) or (is_read and re.search(r"[A-Za-z]{2}", words)))


def _bare_words(path: str) -> list[str]:
    """The words of a template outside of `_(…)` and `{% trans %}`."""
    source = (ROOT / path).read_text(encoding="utf-8")
    for wrapped in (r"\{% trans.*?\{% endtrans %\}", r"\{#.*?#\}", r"<code>.*?</code>", r"\{\{.*?\}\}", r"\{%.*?%\}", r"<[^>]*>"):
        source = re.sub(wrapped, " ", source, flags=re.S)
    return re.findall(r"[A-Za-z]{2,}", re.sub(r"Army Knife|Webex|&\w+;", "", source))


# Times, numbers and headers
def test_times_and_numbers_are_read_in_the_language_that_is_spoken() -> None:
    now, tz = 1_795_600_000.0, zone("Europe/Oslo")  # Wed 25 November 2026
    moments = [now + 60, now + 86_400, now + 3 * 86_400, now + 90 * 86_400]
    english = [shown(at, now, tz) for at in moments]
    assert [told.partition(" at ")[0] for told in english] == ["today", "tomorrow", "Sat 28 Nov", "Tue 23 Feb 2027"]
    with speaking("de"):
        german = [shown(at, now, tz).partition(" um ")[0] for at in moments]
    assert german == ["heute", "morgen", "Sa. 28. Nov.", "Di. 23. Feb. 2027"]
    with speaking("de"):
        assert number("12,345.6") == "12.345,6"
    assert number("12,345.6") == "12,345.6"
    assert (full_day(now, tz), moment(now, tz)) == ("25 November 2026", "2026-11-25 10:46")
    with speaking("de"):
        assert (full_day(now, tz), moment(now, tz)) == ("25. November 2026", "25.11.2026, 10:46")
        drawn = chart(["2026-11-24", "2026-11-25"], {"2026-11-24": 1_234, "2026-11-25": 1}, {"2026-11-25": 1}, EVENTS)
    assert (drawn.bars[0].day, drawn.bars[0].shown) == ("24.11.2026", "1,2k")
    assert drawn.words == "1235 Ereignisse in 2 Tagen, davon 1 verworfen; die meisten am 24.11.2026: 1234."
    assert [shown(at, now, tz) for at in moments] == english


def test_the_best_language_is_that_which_a_browser_likes_most() -> None:
    wanted = {"de-AT,de;q=0.9,en;q=0.8": "de", "en-US,en;q=0.9,de;q=0.5": "en", "fr,de;q=0.3": "de", "fr": "en", "": "en"}
    assert {header: best(header) for header in wanted} == wanted
    assert best(None) == "en"


# People
@SQLITE
def test_everybody_hears_their_own_language(world: World, alice: Person, bob: Person) -> None:
    alice.browser.session.headers["Accept-Language"] = "de-AT,de;q=0.9,en;q=0.5"
    assert "Zum Inhalt springen" in alice.browser.opens("/").text  # before anybody is signed in
    page = alice.connects(looks=True)
    assert '<html lang="de">' in page.text
    assert page.headers["Content-Language"] == "de"
    assert "Du bist verbunden" in alice.hears()[-1]
    bob.connects()
    assert "You're connected" in bob.hears()[-1]

    assert alice.says("/todo Milch kaufen")[0].startswith("Hinzugefügt: **1** Milch kaufen")
    assert alice.presses("Erledigt")[0].startswith("Erledigt:")
    assert alice.says("/done")[0].startswith("So geht’s: `/done <Nummer>`")
    assert "Ich kenne diesen Befehl nicht. Meintest du `/todo`?" in alice.says("/todoo")[0]
    assert "**Deine Aufgaben**" in alice.says("/help")[0]
    assert bob.says("/todo buy milk")[0].startswith("Added **1**: buy milk")
    assert "**Deutsch**" in alice.says("/language")[0]

    assert alice.says("/language klingon")[0].startswith("Diese Sprache spreche ich nicht")
    assert alice.says("/language en") == ["I speak **English** with you from now on."]
    assert alice.says("/todo undo")[0].startswith("Back on the list: **1**.")
    page = alice.browser.opens("/account")
    assert ('<html lang="en">' in page.text, "Skip to the content" in page.text) == (True, True)
    page = alice.browser.posts("/account/do", data={"deed": "language", "language": "de", "part": "switches"})
    assert "Ich spreche ab jetzt **Deutsch**" in _plain(page.text)
    assert '<html lang="de">' in page.text
    assert '>Speichern<span class="unseen">: Ruhezeit</span></button>' in page.text
    assert re.search(r"<dt>Verbunden seit</dt><dd>\d+\. \w+ 20\d\d</dd>", page.text)
    alice.connects()  # a browser asked once; now it is hers to say
    assert alice.says("/todo")[0].startswith("**Aufgaben**")


def _plain(page: str) -> str:
    return re.sub(r"</?strong>", "**", page)


def test_catalogues_are_where_they_are_looked_for() -> None:
    assert sorted(file.name for file in Path(FOLDER).iterdir()) == sorted(set(LANGUAGES) - {ENGLISH})
