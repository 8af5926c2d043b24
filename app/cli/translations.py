"""`translations`: brings the catalogues up to date with the texts of source, docstrings and templates."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from app.commands.registry import paragraphs
from app.language import ENGLISH, FOLDER, LANGUAGES

ROOT = FOLDER.parent
# The catalogues of a language, and what stands in each; a text that is said in several places stands in the first.
AREAS = {"commands": ("app/commands/",), "pages": ("app/web/", "templates/"), "rest": ("app/",)}
NOT_OURS = ("app/simulator/", "app/testing/", "app/cli/", "templates/simulator/")  # Webex's words, and the operator's
MARKS = {"_": 1, "N_": 1, "n_": 2, "NN_": 2}  # how many of their arguments are texts
HEADER = """\
# {name}: what Army Knife says. `make translations` keeps the English lines; the others are yours.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""

Text = str | tuple[str, str]


@click.command()
def translations() -> None:
    """Bring translations/ up to date: new texts are added empty, those that are gone are removed."""
    texts = all_texts()
    for language in LANGUAGES:
        if language != ENGLISH:
            _update(language, texts)


def all_texts() -> dict[Text, list[str]]:
    """Everything that can be said, and the files that say it."""
    found: dict[Text, list[str]] = {}
    for path in ours("app", "*.py"):
        for text in in_source((ROOT / path).read_text(encoding="utf-8")):
            found.setdefault(text, []).append(path)
    for path in ours("templates", "*.html"):
        for text in in_template(ROOT / path):
            found.setdefault(text, []).append(path)
    return {text: list(dict.fromkeys(paths)) for text, paths in found.items()}


def ours(folder: str, pattern: str) -> list[str]:
    """The files in which texts may stand, below the root."""
    paths = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / folder).rglob(pattern))
    return [path for path in paths if not path.startswith(NOT_OURS)]


def in_source(source: str) -> list[Text]:
    """The texts that Python marks, and the paragraphs of commands' docstrings, in their order."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call | ast.FunctionDef)]
    return [text for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)) for text in _of(node)]


def _of(node: ast.Call | ast.FunctionDef) -> Iterable[Text]:
    if isinstance(node, ast.FunctionDef):
        is_command = any(isinstance(one, ast.Call) and name_of(one) == "command" for one in node.decorator_list)
        return paragraphs(inspect.cleandoc(ast.get_docstring(node) or "")) if is_command else ()
    name = name_of(node)
    literals = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if name == "counted" and literals:
        one, many = (*literals, f"{literals[0]}s")[:2]
        return [(f"{{count}} {one}", f"{{count}} {many}")]
    if MARKS.get(name) == 1 and literals:
        return [literals[0]]
    return [(literals[0], literals[1])] if MARKS.get(name) == 2 and len(literals) > 1 else ()


def name_of(call: ast.Call) -> str:
    """What is called: `f` of `f()` and of `module.f()`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def in_template(file: Path) -> Iterator[Text]:
    options = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
    with file.open("rb") as opened:
        for _line, _function, message, _comments in babel_extract(opened, ("_", "gettext", "ngettext"), (), options):
            if isinstance(message, str):
                yield message
            elif message:
                found = [text for text in message if text is not None][:2]  # one, where a sentence only has values in it
                yield (found[0], found[1]) if len(found) > 1 else found[0]


def _update(language: str, texts: dict[Text, list[str]]) -> None:
    known = translated_into(language)
    for area in AREAS:
        catalog = Catalog(locale=language)
        mine = {text: paths for text, paths in texts.items() if min(map(_area, paths), key=list(AREAS).index) == area}
        for text, paths in mine.items():
            catalog.add(text, known.get(text, ""), locations=[(path, 0) for path in paths])
        head = HEADER.format(name=LANGUAGES[language], code=language, plural=catalog.plural_forms)
        with (FOLDER / language / f"{area}.po").open("wb") as opened:
            opened.write(head.encode())
            write_po(opened, catalog, width=100, omit_header=True, include_lineno=False)
        missing = sum(not known.get(text) for text in mine)
        click.echo(f"{language}/{area}.po: {len(mine)} texts, {missing} of them not translated yet.")


def _area(path: str) -> str:
    return next(area for area, folders in AREAS.items() if path.startswith(folders))


def translated_into(language: str) -> dict[Text, str | tuple[str, ...]]:
    """What stands in a language's catalogues, by the English; "" or empty forms where nothing does yet.

    :raises ValueError: if a text stands there twice
    """
    found: dict[Text, str | tuple[str, ...]] = {}
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                key = (message.id[0], message.id[1]) if isinstance(message.id, list | tuple) else message.id
                if key in found:
                    raise ValueError(f"{key} stands twice in the catalogues")
                if key:
                    string = message.string or ""
                    found[key] = string if isinstance(string, str) else tuple(string)
    return found
