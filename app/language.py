"""The language that is spoken: English as it stands in the source, other languages from catalogues in translations/.

Pure, but for the catalogues: who speaks to whom says so by `speaking`, and `_` and `n_` follow. Nothing is translated while a
module is read, so a constant is marked with `N_` and goes through `_` where it is said.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Each language by its code (ISO 639), called as it calls itself."""
ENGLISH = "en"
FOLDER = Path(__file__).parents[1] / "translations"

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken() -> str:
    """The code of the language that is spoken now."""
    return _spoken.get()


def speak(language: str) -> None:
    """Speak a language from now on, in this thread: for the requests of browsers, each of which says it anew."""
    _spoken.set(language if language in LANGUAGES else ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside.

    :param language: its code; one that is not spoken here, or "", means English
    """
    before = _spoken.set(language if language in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _spoken.reset(before)


def best(accept_language: str | None) -> str:
    """The code of the language that a browser likes best of ours (RFC 9110, section 12.5.4); English if none of them.

    :param accept_language: the header, if there is one
    """
    return parse_accept_header(accept_language, LanguageAccept).best_match(LANGUAGES, ENGLISH) or ENGLISH


def _(text: str, /, **values: object) -> str:
    """A text in the language that is spoken.

    :param text: English, with `{names}` where values go; without any values, braces mean nothing
    """
    said = translated(text)
    return said.format(**values) if values else said


def n_(one: str, many: str, count: int, /, **values: object) -> str:
    """A text about so many, in the language that is spoken.

    :param one: English for one; `{count}` and the other values are put in
    :param many: English for any other number
    """
    return translated_count(one, many, count).format(count=count, **values)


def N_(text: str) -> str:  # noqa: N802, gettext calls it so
    """Mark a constant for translation; it goes through `_` when it is said."""
    return text


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """Mark two constants, for one and for many; they go through `n_` when they are said: `n_(*pair, count)`."""
    return one, many


def number(count: int) -> str:
    """A number as people read it: `1,234` is `1.234` in German."""
    if spoken() == ENGLISH:
        return f"{count:,}"
    from babel.numbers import format_decimal  # noqa: PLC0415

    return format_decimal(count, locale=spoken())


def translated(text: str) -> str:
    """A text in the language that is spoken, with nothing put in: for templates, which do so themselves."""
    return _catalogue(spoken()).gettext(text) if text else ""


def translated_count(one: str, many: str, count: int) -> str:
    """As `translated`, about so many."""
    return _catalogue(spoken()).ngettext(one, many, count)


@cache
def _catalogue(language: str) -> NullTranslations:
    """Every file of a language as one catalogue; what it has not, is said in English."""
    if language == ENGLISH:
        return NullTranslations()
    # English needs none of it.
    from babel.messages.catalog import Catalog  # noqa: PLC0415
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    whole, compiled = Catalog(locale=language), BytesIO()
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if message.id:
                    whole[message.id] = message
    write_mo(compiled, whole)
    compiled.seek(0)
    return GNUTranslations(compiled)
