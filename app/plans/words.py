"""What is said about a plan: the proposal, the progress, the receipt."""

from app.models import plan
from app.models.plan import Plan, PlanItem
from app.webex import cards
from app.webex.cards import Card
from app.webex.errors import Conflict, Forbidden, NotFound, RateLimited, WebexError
from app.webex.markdown import plain

SHOWN = 40  # items named in a proposal, a card or a receipt; if there are more, a file beside it names every one
CANCELLED = "cancelled"
BROKEN = "something went wrong on my side"
ACCESS_ENDED = "Webex no longer lets me act for you"
MAYBE = "it may be done all the same"
NO_ADMIN = "you are no admin of this installation any more"
MARKS = {plan.DONE: "✓", plan.SKIPPED: "–", plan.FAILED: "✗", plan.WAITING: "·", plan.UNSURE: "·"}


def proposal(found: Plan, items: list[PlanItem], warning: str = "") -> str:
    """Who and what is affected, and how to say yes. Complete without the card."""
    head = f"I'll {found.title}. **Nothing is done yet.**"
    return "\n\n".join(
        part
        for part in (
            head,
            warning,
            _listed(found, items),
            f"Type `/confirm {found.code}` within ten minutes to do it, or `/cancel {found.code}`.",
        )
        if part
    )


def proposal_card(found: Plan, items: list[PlanItem], warning: str = "") -> Card:
    """The same as the text, since clients show a card in its place."""
    yes = cards.button("Do it", f"/confirm {found.code}", style="positive")
    no = cards.button("Cancel", f"/cancel {found.code}")
    more = [cards.words(_more(found, len(items)))] if len(items) > SHOWN else []
    return cards.card(
        cards.words(f"I'll {found.title}. **Nothing is done yet.**"),
        *([cards.words(warning)] if warning else []),
        *(cards.words(f"· {item.label}") for item in items[:SHOWN]),
        *more,
        cards.words(f"Plan {found.code}; it can be confirmed for ten minutes.", subtle=True),
        actions=(yes, no),
    )


def whole(found: Plan, items: list[PlanItem]) -> tuple[str, str] | None:
    """A file that names every item, what went wrong first; none if all of them are named without it."""
    if len(items) <= SHOWN:
        return None
    rows = _listed(found, _by_weight(items), limit=len(items))
    return f"plan-{found.code}.txt", plain(f"Plan {found.code}: {found.title}. {_sums(items)}\n\n{rows}\n")


def left_alone(items: list[PlanItem]) -> str:
    """What an undo does not touch, since it may have been somebody else's doing."""
    unclear = [f"{item.label} ({item.note})" for item in items if item.state == plan.DONE and item.note and item.undo is None]
    shown = "; ".join(unclear[:SHOWN]) + (f"; and {len(unclear) - SHOWN} more" if len(unclear) > SHOWN else "")
    return f"Left as it is: {shown}. If you want it back, type `/addmember`." if unclear else ""


def progress(found: Plan, counts: dict[str, int]) -> str:
    total = sum(counts.values())
    settled = total - open_count(counts)
    failed = f", {counts[plan.FAILED]} of them failed" if counts.get(plan.FAILED) else ""
    return f"**{settled} of {total}** done with: {found.title}{failed}. `/cancel {found.code}` stops it."


def open_count(counts: dict[str, int]) -> int:
    return counts.get(plan.WAITING, 0) + counts.get(plan.UNSURE, 0)


def receipt(found: Plan, items: list[PlanItem], *, is_undo: bool = False, every: bool = False) -> str:
    """What became of each item; what failed is named first.

    :param every: name all of them; else the file beside the receipt does, if they are many
    """
    rows = _listed(found, _by_weight(items), len(items) if every else SHOWN)
    parts = [f"**Receipt `{found.code}`**: {found.title}. {_sums(items)}", rows]
    if not is_undo and any(item.undo is not None for item in items):
        parts.append(f"`/undo {found.code}` takes it back, for 24 hours.")
    if any(item.state == plan.FAILED for item in items):
        parts.append(f"`/retry {found.code}` tries again what failed.")
    return "\n\n".join(part for part in parts if part)


def _by_weight(items: list[PlanItem]) -> list[PlanItem]:
    """What failed, what was left out, what there is to say of, and the rest."""
    weights = {plan.FAILED: 0, plan.SKIPPED: 1}
    return sorted(items, key=lambda item: weights.get(item.state, 2 if item.note else 3))


def _sums(items: list[PlanItem]) -> str:
    names = {plan.DONE: "done", plan.SKIPPED: "skipped", plan.FAILED: "failed", plan.WAITING: "waiting", plan.UNSURE: "under way"}
    states = [item.state for item in items]
    return ", ".join(f"{states.count(state)} {name}" for state, name in names.items() if state in states) + "."


def _listed(found: Plan, items: list[PlanItem], limit: int = SHOWN) -> str:
    rows = [f"- {MARKS[item.state]} {item.label}{f': {item.note}' if item.note else ''}" for item in items[:limit]]
    return "\n".join([*rows, f"- {_more(found, len(items))}"] if len(items) > limit else rows)


def _more(found: Plan, count: int) -> str:
    return f"… and {count - SHOWN} more: the file beside this names all {count}, and so does `/receipt {found.code}`."


def why(error: WebexError) -> str:
    """Why an item failed, in words that a person can act on."""
    reasons = {
        Forbidden: "Webex does not let you do that here",
        NotFound: "it is gone, or you can't see it any more",
        Conflict: "Webex says it does not go together with what is there",
        RateLimited: "Webex asked me to slow down, for too long",
    }
    known = next((reason for kind, reason in reasons.items() if isinstance(error, kind)), "")
    why = known or (f"Webex answered {error.status}" if error.status else "Webex did not answer")
    return f"{why}; {MAYBE}" if error.may_have_happened else why
