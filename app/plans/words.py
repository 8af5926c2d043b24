"""What is said about a plan: the proposal, the progress, the receipt."""

from app.models import plan
from app.models.plan import Plan, PlanItem
from app.webex import cards
from app.webex.cards import Card
from app.webex.errors import Conflict, Forbidden, NotFound, RateLimited, WebexError

SHOWN = 40  # items named in a proposal or a receipt; /receipt with `all` names every one
CANCELLED = "cancelled"
BROKEN = "something went wrong on my side"
ACCESS_ENDED = "Webex no longer lets me act for you"
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
            _listed(items),
            f"Type `/confirm {found.code}` within ten minutes to do it, or `/cancel {found.code}`.",
        )
        if part
    )


def proposal_card(found: Plan, items: list[PlanItem], warning: str = "") -> Card:
    """The same as the text, since clients show a card in its place."""
    yes = cards.button("Do it", f"/confirm {found.code}", style="positive")
    no = cards.button("Cancel", f"/cancel {found.code}")
    more = [cards.words(f"… and {len(items) - SHOWN} more")] if len(items) > SHOWN else []
    return cards.card(
        cards.words(f"I'll {found.title}. **Nothing is done yet.**"),
        *([cards.words(warning)] if warning else []),
        *(cards.words(f"· {item.label}") for item in items[:SHOWN]),
        *more,
        cards.words(f"Plan {found.code}; it can be confirmed for ten minutes.", subtle=True),
        actions=(yes, no),
    )


def progress(found: Plan, counts: dict[str, int]) -> str:
    whole = sum(counts.values())
    settled = whole - open_count(counts)
    failed = f", {counts[plan.FAILED]} of them failed" if counts.get(plan.FAILED) else ""
    return f"**{settled} of {whole}** done with: {found.title}{failed}. `/cancel {found.code}` stops it."


def open_count(counts: dict[str, int]) -> int:
    return counts.get(plan.WAITING, 0) + counts.get(plan.UNSURE, 0)


def receipt(found: Plan, items: list[PlanItem], *, is_undo: bool = False, whole: bool = False) -> str:
    """What became of each item; what failed is named first and always."""
    wrong = [item for item in items if item.state in (plan.FAILED, plan.SKIPPED)]
    right = [item for item in items if item.state not in (plan.FAILED, plan.SKIPPED)]
    parts = [f"**Receipt `{found.code}`**: {found.title}. {_sums(items)}", _listed(wrong, limit=len(wrong))]
    parts.append(_listed(right, limit=len(right) if whole else SHOWN))
    if not is_undo and any(item.undo is not None for item in items):
        parts.append(f"`/undo {found.code}` takes it back, for 24 hours.")
    if any(item.state == plan.FAILED for item in items):
        parts.append(f"`/retry {found.code}` tries again what failed.")
    return "\n\n".join(part for part in parts if part)


def _sums(items: list[PlanItem]) -> str:
    names = {plan.DONE: "done", plan.SKIPPED: "skipped", plan.FAILED: "failed", plan.WAITING: "waiting", plan.UNSURE: "under way"}
    states = [item.state for item in items]
    return ", ".join(f"{states.count(state)} {name}" for state, name in names.items() if state in states) + "."


def _listed(items: list[PlanItem], limit: int = SHOWN) -> str:
    rows = [f"- {MARKS[item.state]} {item.label}{f': {item.note}' if item.note else ''}" for item in items[:limit]]
    more = f"- … and {len(items) - limit} more" if len(items) > limit else ""
    return "\n".join([*rows, more] if more else rows)


def why(error: WebexError) -> str:
    """Why an item failed, in words that a person can act on."""
    reasons = {
        Forbidden: "Webex does not let you do that here",
        NotFound: "it is gone, or you can't see it any more",
        Conflict: "it was so already",
        RateLimited: "Webex asked me to slow down, for too long",
    }
    known = next((reason for kind, reason in reasons.items() if isinstance(error, kind)), "")
    return known or (f"Webex answered {error.status}" if error.status else "Webex did not answer")
