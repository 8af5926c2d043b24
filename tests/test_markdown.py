"""Texts that others wrote, made harmless; mentions taken out; long answers split. Judged by two renderers."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.simulator import markdown as webex
from app.webex.markdown import MAX_BYTES, cut, escape, fingerprint, letters, quote, split, storable, without_mention

BOT = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9ib3Q"
bounded = settings(max_examples=150, deadline=None, derandomize=True, database=None)
FAMILY = "👩\u200d👩\u200d👧"
PIECES = (
    "<@all>", "<@personEmail:a@example.com|x>", "[x](javascript:alert(1))", "![y](http://evil.example/y.png)", "**", "_", "`",
    "```", "~~", "# ", "- ", "+ ", "1. ", "1) ", "> ", "===", "---", "***", "| a |", "<b>", "</script>", "&lt;", "&#60;", "&amp;",
    "\\", "\\_", "http://evil.example", "<http://evil.example>", "<a@example.com>", "word", " ", "  ", "\t", "\n", "\r\n",
    "\u2028", "é", FAMILY,
)  # fmt: skip
anything = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


def rendered_as_webex(source: str) -> webex.Rendered:
    return webex.render(source, lambda kind, value: ("mentioned", "Mentioned"))


@bounded
@given(anything)
def test_foreign_text_inside_our_words_is_text_and_nothing_else(text: str) -> None:
    """In every renderer there is one paragraph with the bot's own bold word, and the foreign text beside it."""
    source = f"- **1** {escape(text)} end"
    for rendered in (
        rendered_as_webex(source).html,
        MarkdownIt("commonmark", {"html": True}).render(source).strip().replace("\n", ""),
    ):
        head, _, rest = rendered.partition("<li><strong>1</strong> ")
        assert head == "<ul>"
        foreign, end, tail = rest.rpartition(" end")
        assert (end, tail) == (" end", "</li></ul>")
        assert "<" not in foreign
        shown = html.unescape(foreign)
        assert shown == html.unescape(re.sub(r"\\(.)", r"\1", escape(text)))
        if text.isascii() and text.isprintable() and text.strip():
            assert shown == " ".join(text.split())


@bounded
@given(anything)
def test_quoted_text_is_a_quote_of_plain_lines_and_mentions_nobody(text: str) -> None:
    source = f"**bob**:\n\n{quote(text)}"
    rendered = rendered_as_webex(source)
    assert rendered.mentioned_people == []
    assert rendered.mentioned_groups == []
    for page in (rendered.html, MarkdownIt("commonmark", {"html": True}).render(source).strip().replace(">\n<", "><")):
        head, _, rest = page.partition("<blockquote><p>")
        assert head == "<p><strong>bob</strong>:</p>"
        inside, end, tail = rest.rpartition("</p></blockquote>")
        assert (end, tail) == ("</p></blockquote>", "")
        assert "<" not in inside.replace("<br>", "").replace("<br />", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "\\(empty\\)"),
        ("\u200b\u202e\x00", "\\(empty\\)"),
        (" a \n b\t\tc ", "a b c"),
        ("x" * 301, "x" * 299 + "…"),
        ("e\u0301", "é"),
        (FAMILY, FAMILY),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_what_is_left_out_and_what_stays(text: str, shown: str) -> None:
    assert escape(text) == shown


@bounded
@given(st.text(alphabet="ab\\`*_[]<>&\n é👩", max_size=400), st.integers(20, 80))
def test_a_long_answer_is_split_in_order_and_below_the_limit(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_answers_are_split_on_line_ends_and_long_lines_at_blanks() -> None:
    assert split("short") == ["short"]
    assert split("") == []
    assert split("\n \n") == []
    lines = [f"- **{number}** {'x' * 90}" for number in range(200)]
    pieces = split("\n".join(lines))
    assert [line for piece in pieces for line in piece.splitlines()] == lines
    assert all(MAX_BYTES - 200 < len(piece) <= MAX_BYTES for piece in pieces[:-1])
    assert split("one two three", 8) == ["one two ", "three"]
    assert split("é" * 10, 7) == ["é" * 3, "é" * 3, "é" * 3, "é"]
    exactly = "x" * MAX_BYTES
    assert split(exactly) == [exactly]


def test_nothing_is_cut_in_two() -> None:
    assert cut("short", 100) == "short"
    assert cut("a\\*b", 2) == "a"
    assert cut("a&lt;b", 4) == "a"
    assert cut("a&lt;b", 5) == "a&lt;"
    assert cut("aé", 2) == "a"
    assert cut("fish & chips", 6) == "fish "


@pytest.mark.parametrize(
    ("message_html", "text", "words"),
    [
        ("", "  /todo x ", "/todo x"),
        (f'<p><spark-mention data-object-id="{BOT}">Army Knife</spark-mention> /todo x</p>', "Army Knife /todo x", "/todo x"),
        (f'<p>/todo <spark-mention data-object-id="{BOT}">Army</spark-mention> x</p>', "/todo Army x", "/todo  x"),
        (f'<p><spark-mention data-object-id="{BOT}">Army Knife</spark-mention></p>', "Army Knife", ""),
        ('<p><spark-mention data-object-id="other">Army Knife</spark-mention> hi</p>', "Army Knife hi", "Army Knife hi"),
        (
            f'<p><spark-mention data-object-id="{BOT}">A</spark-mention> one</p><p>two &lt;b&gt;</p>',
            "A one\n\ntwo <b>",
            "one\ntwo <b>",
        ),
        (f'<spark-mention data-object-id="{BOT}">A</spark-mention> 1<br>2', "A 1\n2", "1\n2"),
        (f'<spark-mention data-object-id="{BOT}">never closed', "never closed", ""),
    ],
)
def test_mentions_of_the_bot_are_told_by_its_id_and_never_by_its_name(message_html: str, text: str, words: str) -> None:
    """D-34: a name of two words, a shortened name, a name somewhere in the middle."""
    assert without_mention(message_html, text, BOT) == words


def test_what_no_database_takes_is_left_out() -> None:
    assert storable("a\x00b\ud800c\udfffd👩") == "abcd👩"


@bounded
@given(anything)
def test_an_answer_is_recognised_after_webex_rendered_it(text: str) -> None:
    """After a crash the room is read to find out whether an answer was sent: its markdown and its text say the same."""
    source = f"Added **1**: {escape(text)}\n\n- **1** {escape(text)}\n\n`/help` [tells more](http://127.0.0.1/help)"
    assert fingerprint(source) == letters(rendered_as_webex(source).text)
