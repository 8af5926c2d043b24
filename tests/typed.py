"""What people may type, by the hundred: near-valid and wild arguments for every command there is."""

import os
from itertools import cycle

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from app.commands import COMMANDS
from app.webex.markdown import MAX_BYTES
from tests.people import BOT_EMAIL

COUNT = int(os.environ.get("TYPED_COUNT", "900"))
SEED = int(os.environ.get("TYPED_SEED", "4"))
EACH = 5  # commands at which the same arguments are typed

NEAR = (
    # times
    "+2h", "+3d", "+h", "+1.5h", "+2y", "+0m", "-1d", "+99999999999d", "tomorrow 9:00", "fri 14:00", "25:99", "2027-01-15 08:00",
    "2027-02-30", "0000-00-00", "every weekday 9:00", "every day", "every 29 feb", "daily 8:00", "until tomorrow", "9:00 off",
    "Europe/Oslo", "../../etc/passwd", "UTC+25", "22:00-07:00", "24:00-24:00", "reminder 9:00",
    # people and places
    "bob@example.com", "carol@example.com bob", "dave@partner.example", "a@b", "@", "bob@example.com,carol@example.com",
    BOT_EMAIL, f"<@personEmail:{BOT_EMAIL}|Army Knife>", "<@all>", "<@personEmail:bob@example.com|Bob>",
    "bob", "all", "Project X", "Launch",
    # numbers
    "0", "1", "2", "1 2 3", "-1", "1.5", "٣", "1e9", "9" * 30, "01", "1,2", "#1", "1 9",
    # words that commands know
    "on", "off", "live", "store", "digest", "help", "clear", "undo", "delete", "insert 1", "title", "list", "add", "remove",
    "sync", "done", "snooze", "now", "nobody", "everyone", "org", "listed", "DELETENOW", "FORCE", "confirm", "subscribe", "todo",
    # marks
    '"', "''", '"clear"', "`code`", "**bold**", "[a](https://example.com)", "> quote", "# head", "- [ ] x", "| a | b |", "&amp;",
    "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n", "'; DROP TABLE todo; --", "\\", "\x00", "\u202etxt", "\u200b", "🧰" * 5,
    "e\u0301", "שלום", "a\nb", "\r\n", "\t", "/todo", "\ud800",
)  # fmt: skip
LONG = ("x" * 8_000, "ü" * 4_000, "w " * 3_000, "*" * 2_000, "\n" * 2_000 + "x", "1 " * 2_000)
GAPS = (" ", " ", " ", "\n", "\t", "  ", "\u00a0")
NO_COMMANDS = ("", "/", "/nope", "todo")


def strings(count: int = COUNT) -> list[str]:
    """What is typed, the same at every run; every command gets its share, and so do words that are none."""
    arguments: list[str] = []
    few = -(-count // EACH)

    @seed(SEED)
    @settings(max_examples=few, database=None, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(_arguments())
    def collect(words: str) -> None:
        arguments.append(words)

    collect()
    every = cycle([*sorted(COMMANDS), *NO_COMMANDS])
    found = [_cut(f"{next(every)}{words}") for words in arguments for _ in range(EACH)]
    return [text for text in found if text.strip()]


def _arguments() -> st.SearchStrategy[str]:
    word = st.one_of(st.sampled_from(NEAR), st.sampled_from(NEAR), st.text(max_size=12), st.integers(-3, 50).map(str))
    words = st.lists(word, max_size=4)
    more = st.sampled_from(("",) * 40 + LONG)
    return st.builds(_joined, st.sampled_from(GAPS), words, more)


def _joined(gap: str, words: list[str], more: str) -> str:
    parts = [*words, more] if more else words
    return gap + gap.join(parts) if parts else ""


def _cut(text: str) -> str:
    """As much as Webex lets a person write at once."""
    return text.encode(errors="surrogatepass")[:MAX_BYTES].decode(errors="ignore")
