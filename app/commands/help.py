"""Finding one's way: /help."""

import re

from app.commands import registry, rights, topics
from app.commands.context import Context
from app.commands.registry import Answer, Command, Needs, command
from app.commands.topics import TOPICS, Topic
from app.errors import NotAllowed, UserError
from app.language import N_, _
from app.models import user
from app.webex import cards

NOT_CONNECTED = N_("You are not connected yet: `/init` gives you a link.")
PAUSED = N_("You are paused, and `/resume` goes on.")
UNTIL = N_("Until then these work:")
THEN = N_("Then there is more:")
AGAIN = N_("Then all of this works again:")
ENDED = N_("Webex no longer lets me act for you: `/init` connects you again.")


@command("/help", topic="Support", needs=Needs.NOTHING, while_paused=True, tries=("/help",))
def show_help(ctx: Context) -> Answer:
    """Show what I can do by topic, or explain one command.

    Usage: `/help` or `/help <topic>` or `/help <command>`

    Examples: `/help todos` lists the commands for your todo list; `/help todo` explains one of them.
    """
    if not ctx.arguments:
        return _overview(ctx)
    words = ctx.arguments.split()
    first = words[0].lstrip("/")
    topic = topics.find(ctx.arguments)
    found = None if topic and len(words) > 1 else registry.find(f"/{first}")  # a title may begin with a command's name
    if found:
        return _explained(found, ctx)
    if topic := topic or topics.find(first):
        return _about(topic, ctx)
    raise UserError(_no_such(first))


def _no_such(word: str) -> str:
    near = registry.nearest(word, [f"/{topic.word}" for topic in TOPICS])
    if near:
        return _("There is no such command or topic. Did you mean `/help {near}`? `/help` lists them all.", near=near[1:])
    return _("There is no such command or topic. `/help` lists them all.")


def _overview(ctx: Context) -> Answer:
    """What the asker may do now: topics in a line each or, while that is little, the commands themselves."""
    usable = [found for found in registry.all_commands() if rights.refusal(found, ctx) is None]
    of_use = [topic for topic in TOPICS if any(found.topic == topic.title for found in _shown(topic, ctx))]
    state = _state(ctx)
    is_limited = ctx.author is None or ctx.author.paused_at is not None
    if is_limited:
        until, rest = _(UNTIL), _(THEN if ctx.author is None else AGAIN)
        now = "\n".join(f"- `{found.name}` {found.summary}" for found in usable)
        lines = [f"{state} {until}", now, rest, "\n".join(_line(topic) for topic in of_use)]
        before = [f"{state} {until}", *(f"`{found.name}` {found.summary}" for found in usable), rest]
    else:
        before = [state] if state else []
        lines = [*before, f"**{_('What I can do')}**", "\n".join(_line(topic, usable) for topic in of_use)]
    text = "\n\n".join([*lines, _("`/help <command>` explains one command, such as `/help todo`.")])
    return Answer(text, _contents(of_use, before, (_way_on(ctx),) if state else ()))


def _line(topic: Topic, usable: list[Command] | None = None) -> str:
    names = [f"`{found.name}`" for found in usable or () if found.topic == topic.title]
    return f"- **{topic.shown}** (`/help {topic.word}`): {topic.described}" + (f"; {', '.join(names)}" if names else "")


def _way_on(ctx: Context) -> cards.Element:
    """The button by which everything works."""
    is_paused = ctx.author is not None and ctx.author.paused_at is not None
    return cards.button(_("Go on"), "/resume") if is_paused else cards.button(_("Connect"), "/init")


def _contents(shown: list[Topic], before: list[str], actions: tuple[cards.Element, ...]) -> cards.Card:
    """The card of `/help`: a button for each topic."""
    rows = [
        cards.row(f"{topic.described[0].upper()}{topic.described[1:]}", cards.button(topic.shown, f"/help {topic.word}"))
        for topic in shown
    ]
    said = [cards.words(_on_card(words)) for words in before]
    return cards.card(cards.heading(_("What I can do")), *said, *rows, actions=actions)


def _about(topic: Topic, ctx: Context) -> Answer:
    """A topic's commands. What works only later is shown with what it takes; admins' commands only to admins."""
    found = _shown(topic, ctx)
    if not found:
        raise UserError(_("Nothing of **{topic}** is for you. `/help` lists what is.", topic=topic.shown))
    state = _state(ctx)
    rows = "\n".join(f"- `{one.name}` {one.summary}" for one in found)
    more = _("`/help <command>` explains one, such as `/help {example}`.", example=found[0].name[1:])
    text = "\n\n".join([f"**{topic.shown}**: {topic.described}", *filter(None, [state]), rows, more])
    explain = [
        cards.row(one.summary, cards.button(_("About {name}", name=one.name), f"/help {one.name[1:]}"))
        for one in found[: cards.MAX_ROWS]
    ]
    explain += [cards.words(_on_card(f"`{one.name}` {one.summary}")) for one in found[cards.MAX_ROWS :]]
    before = [cards.words(_on_card(state))] if state else []
    everything = (cards.button(_("All topics"), "/help"),)
    return Answer(text, cards.card(cards.heading(topic.shown), *before, *explain, actions=everything))


def _shown(topic: Topic, ctx: Context) -> list[Command]:
    of_topic = [found for found in registry.all_commands() if found.topic == topic.title]
    return [found for found in of_topic if not _is_for_others(found, ctx)]


def _is_for_others(found: Command, ctx: Context) -> bool:
    return found.needs is Needs.ADMIN and rights.refusal(found, ctx) is not None


def _state(ctx: Context) -> str:
    """What keeps the asker from using everything."""
    if ctx.author is None:
        return _(NOT_CONNECTED)
    if ctx.author.paused_at:
        return _(PAUSED)
    return _(ENDED) if ctx.author.status == user.REAUTHORIZE else ""


def _explained(found: Command, ctx: Context) -> Answer:
    """One command: its docstring, its other names, where it works and what it needs; and buttons to try it."""
    if _is_for_others(found, ctx):
        raise NotAllowed(str(rights.refusal(found, ctx)))
    paragraphs = found.help.split("\n\n")
    if len(found.names) > 1:
        paragraphs.append(_("Also: {names}", names=", ".join(f"`{name}`" for name in found.names[1:])))
    where, needs = _(found.where.value), _(found.needs.value)
    paragraphs.append(_("Works {where}; needs {needs}. I answer in our 1:1 room.", where=where, needs=needs))
    is_refused = rights.refusal(found, ctx) is not None
    paragraphs += [_state(ctx)] if is_refused else []
    topic = next(topic for topic in TOPICS if topic.title == found.topic)
    tries = () if is_refused else tuple(cards.button(form, form) for form in found.tries)
    actions = (*tries, cards.button(topic.shown, f"/help {topic.word}"))
    body = [cards.words(_on_card(paragraph)) for paragraph in paragraphs]
    return Answer("\n\n".join([f"**{found.name}**", *paragraphs]), cards.card(cards.heading(found.name), *body, actions=actions))


def _on_card(markdown: str) -> str:
    """Cards know no code, so it is bold there."""
    return re.sub(r"`([^`]+)`", r"**\1**", markdown)
