"""Showing what was kept of tracked people: /get, and the digests."""

from sqlalchemy.orm import Session

from app import outbox
from app.commands.context import Context
from app.commands.registry import Needs, command
from app.commands.vips import TOPIC, named
from app.language import _, n_
from app.models import vip
from app.models.vip import Vip
from app.webex.markdown import escape


@command("/get", topic=TOPIC, needs=Needs.ACCESS)
def get(ctx: Context) -> str:
    """Show the messages kept of people you track, and forget them.

    Usage: `/get <nickname>` or `/get all`

    Example: `/get bob`. A message is forgotten only when it was shown.
    """
    (word,) = ctx.words(1)
    is_all = word.lower() == "all"
    mine = vip.of(ctx.db, ctx.person_id)
    chosen = mine if is_all else [named(mine, word)]
    whose = "" if is_all else f"**{escape(chosen[0].nickname)}**"
    counts = vip.kept_counts(ctx.db, ctx.person_id)
    if show(ctx.db, ctx.person_id, chosen, key=ctx.key):
        return ""  # its heading is the answer
    if under_way := sum(counts.get(row.id, 0) for row in chosen):
        return _on_the_way(under_way, whose)
    return _("No messages of {whose} are kept.", whose=whose) if whose else _("No messages of the people you track are kept.")


def _on_the_way(count: int, whose: str) -> str:
    if whose:
        return n_(
            "{count} message of {whose} is on the way to you already.",
            "{count} messages of {whose} are on the way to you already.",
            count,
            whose=whose,
        )
    return n_(
        "{count} message of the people you track is on the way to you already.",
        "{count} messages of the people you track are on the way to you already.",
        count,
    )


def show(db: Session, person_id: str, chosen: list[Vip], *, key: str, before: str = "") -> int:
    """Put what is kept of these people in line to be shown, under one heading.

    :param before: how the heading begins
    :returns: how many messages that are
    """
    kept = vip.kept_messages(db, [row.id for row in chosen])
    if not kept:
        return 0
    vip.put_in_line(db, [row.id for row in kept])
    nicknames = {row.id: f"**{escape(row.nickname)}**" for row in chosen}
    heading = _heading(len(kept), nicknames[chosen[0].id] if len(chosen) == 1 else "")
    outbox.head_to(db, person_id, before + heading, key=f"{key}|kept")
    for row in kept:
        outbox.quote_to(
            db, person_id, row.message_id, why="tracking", who=nicknames[row.vip_id], key=f"{key}|kept|{row.id}", kept_id=row.id
        )
    return len(kept)


def _heading(count: int, whose: str) -> str:
    if whose:
        return n_("{count} message of {whose}:", "{count} messages of {whose}:", count, whose=whose)
    return n_("{count} message of the people you track:", "{count} messages of the people you track:", count)
