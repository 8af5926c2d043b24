"""Showing what was kept of tracked people: /get, and the digests."""

from sqlalchemy.orm import Session

from app import outbox, texts
from app.commands.context import Context
from app.commands.registry import Needs, command
from app.commands.vips import TOPIC, named
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
    whose = "the people you track" if is_all else f"**{escape(chosen[0].nickname)}**"
    counts = vip.kept_counts(ctx.db, ctx.person_id)
    if show(ctx.db, ctx.person_id, chosen, key=ctx.key):
        return ""  # its heading is the answer
    if under_way := sum(counts.get(row.id, 0) for row in chosen):
        return f"{texts.counted(under_way, 'message')} of {whose} {'is' if under_way == 1 else 'are'} on the way to you already."
    return f"No messages of {whose} are kept."


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
    whose = nicknames[chosen[0].id] if len(chosen) == 1 else "the people you track"
    heading = f"{before}{texts.counted(len(kept), 'message')} of {whose}:"
    outbox.head_to(db, person_id, heading, key=f"{key}|kept")
    for row in kept:
        outbox.quote_to(
            db, person_id, row.message_id, why="tracking", who=nicknames[row.vip_id], key=f"{key}|kept|{row.id}", kept_id=row.id
        )
    return len(kept)
