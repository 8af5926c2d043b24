"""What is said about a plan: the proposal, the progress, the receipt."""

import re

from app.language import N_, _
from app.models import plan
from app.models.plan import Plan, PlanItem
from app.webex import cards
from app.webex.cards import Card
from app.webex.errors import Conflict, Forbidden, NotFound, RateLimited, WebexError, in_words
from app.webex.markdown import plain

SHOWN = 40  # items named in a proposal, a card or a receipt; if there are more, a file beside it names every one
# Notes of items, which are kept in English and go through `noted` where they are shown.
CANCELLED = N_("cancelled")
BROKEN = N_("something went wrong on my side")
ACCESS_ENDED = N_("Webex no longer lets me act for you")
MAYBE = N_("it may be done all the same")
NO_ADMIN = N_("you are no admin of this installation any more")
REASONS = {
    Forbidden: N_("Webex does not let you do that here"),
    NotFound: N_("it is gone, or you can't see it any more"),
    Conflict: N_("Webex says it does not go together with what is there"),
    RateLimited: N_("Webex asked me to slow down, for too long"),
}
MARKS = {plan.DONE: "✓", plan.SKIPPED: "–", plan.FAILED: "✗", plan.WAITING: "·", plan.UNSURE: "·"}
SUMS = {
    plan.DONE: N_("{count} done"),
    plan.SKIPPED: N_("{count} skipped"),
    plan.FAILED: N_("{count} failed"),
    plan.WAITING: N_("{count} waiting"),
    plan.UNSURE: N_("{count} under way"),
}


def proposal(found: Plan, items: list[PlanItem], warning: str = "") -> str:
    """Who and what is affected, and how to say yes. Complete without the card."""
    ways = _("Type `/confirm {code}` within ten minutes to do it, or `/cancel {code}`.", code=found.code)
    return "\n\n".join(part for part in (_head(found), warning, _listed(found, items), ways) if part)


def _head(found: Plan) -> str:
    return _("I'll {title}. **Nothing is done yet.**", title=found.title)


def proposal_card(found: Plan, items: list[PlanItem], warning: str = "") -> Card:
    """The same as the text, since clients show a card in its place."""
    yes = cards.button(_("Do it"), f"/confirm {found.code}", style="positive")
    no = cards.button(_("Cancel"), f"/cancel {found.code}")
    more = [cards.words(_more(found, len(items)))] if len(items) > SHOWN else []
    return cards.card(
        cards.words(_head(found)),
        *([cards.words(warning)] if warning else []),
        *(cards.words(f"· {item.label}") for item in items[:SHOWN]),
        *more,
        cards.words(_("Plan {code}; it can be confirmed for ten minutes.", code=found.code), subtle=True),
        actions=(yes, no),
    )


def whole(found: Plan, items: list[PlanItem]) -> tuple[str, str] | None:
    """A file that names every item, what went wrong first; none if all of them are named without it."""
    if len(items) <= SHOWN:
        return None
    rows = _listed(found, _by_weight(items), limit=len(items))
    head = _("Plan {code}: {title}. {sums}", code=found.code, title=found.title, sums=_sums(items))
    return f"plan-{found.code}.txt", plain(f"{head}\n\n{rows}\n")


def left_alone(items: list[PlanItem]) -> str:
    """What an undo does not touch, since it may have been somebody else's doing."""
    alone = [item for item in items if item.state == plan.DONE and item.note and item.undo is None]
    if not alone:
        return ""
    shown = [f"{item.label} ({noted(item.note)})" for item in alone[:SHOWN]]
    more = [_("and {count} more", count=len(alone) - SHOWN)] if len(alone) > SHOWN else []
    return _("Left as it is: {items}. If you want it back, type `/addmember`.", items="; ".join(shown + more))


def progress(found: Plan, counts: dict[str, int]) -> str:
    total = sum(counts.values())
    said = {"settled": total - open_count(counts), "total": total, "title": found.title, "code": found.code}
    if failed := counts.get(plan.FAILED):
        return _(
            "**{settled} of {total}** done with: {title}, {failed} of them failed. `/cancel {code}` stops it.",
            failed=failed,
            **said,
        )
    return _("**{settled} of {total}** done with: {title}. `/cancel {code}` stops it.", **said)


def open_count(counts: dict[str, int]) -> int:
    return counts.get(plan.WAITING, 0) + counts.get(plan.UNSURE, 0)


def receipt(found: Plan, items: list[PlanItem], *, is_undo: bool = False, every: bool = False) -> str:
    """What became of each item; what failed is named first.

    :param every: name all of them; else the file beside the receipt does, if they are many
    """
    rows = _listed(found, _by_weight(items), len(items) if every else SHOWN)
    parts = [_("**Receipt `{code}`**: {title}. {sums}", code=found.code, title=found.title, sums=_sums(items)), rows]
    if not is_undo and any(item.undo is not None for item in items):
        parts.append(_("`/undo {code}` takes it back, for 24 hours.", code=found.code))
    if any(item.state == plan.FAILED for item in items):
        parts.append(_("`/retry {code}` tries again what failed.", code=found.code))
    return "\n\n".join(part for part in parts if part)


def _by_weight(items: list[PlanItem]) -> list[PlanItem]:
    """What failed, what was left out, what there is to say of, and the rest."""
    weights = {plan.FAILED: 0, plan.SKIPPED: 1}
    return sorted(items, key=lambda item: weights.get(item.state, 2 if item.note else 3))


def _sums(items: list[PlanItem]) -> str:
    states = [item.state for item in items]
    return ", ".join(_(words, count=states.count(state)) for state, words in SUMS.items() if state in states) + "."


def _listed(found: Plan, items: list[PlanItem], limit: int = SHOWN) -> str:
    rows = [f"- {MARKS[item.state]} {item.label}{f': {noted(item.note)}' if item.note else ''}" for item in items[:limit]]
    return "\n".join([*rows, f"- {_more(found, len(items))}"] if len(items) > limit else rows)


def _more(found: Plan, count: int) -> str:
    return _(
        "… and {more} more: the file beside this names all {count}, and so does `/receipt {code}`.",
        more=count - SHOWN,
        count=count,
        code=found.code,
    )


def why(error: WebexError) -> str:
    """Why an item failed, in words that a person can act on; a note, so it is in English."""
    why = next((reason for kind, reason in REASONS.items() if isinstance(error, kind)), str(error))
    return f"{why}; {MAYBE}" if error.may_have_happened else why


def noted(note: str) -> str:
    """An item's note in the language that is spoken."""
    reason, maybe, _rest = note.partition(f"; {MAYBE}")
    answered = re.fullmatch(r"Webex answered ([0-9]+)", reason)
    said = in_words(int(answered[1])) if answered else _(reason)
    return f"{said}; {_(MAYBE)}" if maybe else said
