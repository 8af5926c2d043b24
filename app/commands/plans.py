"""Plans that wait, run or are done: /confirm, /cancel, /undo, /retry and /receipt."""

import json

from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.errors import NotAllowed, UserError
from app.language import N_, _, n_
from app.models import audit, now, plan
from app.models.plan import Plan, PlanItem
from app.plans import turns, words
from app.plans.actions import ACTIONS, are_of_admins
from app.texts import PAUSED

TOPIC = "Plans"
Step = tuple[str, str, dict[str, object]]


def propose(ctx: Context, title: str, steps: list[Step], warning: str = "") -> Answer:
    """Put a plan before its owner.

    :param title: what is done, in words that follow "I'll" (in German “Ich werde”), in the language that is spoken
    :param steps: action, label and params of each item
    """
    made = plan.propose(ctx.db, ctx.person_id, title, steps)
    ctx.proposed = made.code
    return _asked(made, plan.items(ctx.db, made.id), warning)


def _asked(made: Plan, items: list[PlanItem], warning: str) -> Answer:
    return Answer(words.proposal(made, items, warning), words.proposal_card(made, items, warning), words.whole(made, items))


@command("/confirm", topic=TOPIC, needs=Needs.ACCESS, while_paused=True)
def confirm(ctx: Context) -> str:
    """Say yes to a plan that I proposed.

    Usage: `/confirm <code>`

    Example: `/confirm k7q2`. A plan can be confirmed for ten minutes.
    """
    found = _mine_to_run(ctx)
    if found.state != plan.PROPOSED:
        already = _(
            "Plan `{code}` was {state} already; `/receipt {code}` tells how it stands.",
            code=found.code,
            state=_(_WAS[found.state]),
        )
        raise UserError(already)
    if now() - found.created > plan.TO_CONFIRM:
        raise UserError(
            _("Plan `{code}` is older than ten minutes, so I did nothing. Please type the command again.", code=found.code)
        )
    return _start(ctx, found, was=plan.PROPOSED)


def _start(ctx: Context, found: Plan, was: str) -> str:
    plan.begin(ctx.db, found, was=was)
    turns.enqueue(ctx.db, found)
    _note(ctx, found)
    return _(
        "I'm at it: {title}. `/cancel {code}` stops it; I'll tell you what became of each step.",
        title=found.title,
        code=found.code,
    )


@command("/cancel", topic=TOPIC, needs=Needs.ACCOUNT, while_paused=True)
def cancel(ctx: Context) -> str:
    """Drop a plan, or stop one that is under way.

    Usage: `/cancel <code>`

    Example: `/cancel k7q2`. What was done by then stays done; its receipt tells, and `/undo` takes it back.
    """
    found = _mine(ctx)
    _note(ctx, found)
    if plan.set_state(ctx.db, found, plan.CANCELLED, was=plan.PROPOSED):
        return _("Plan `{code}` is dropped. Nothing was done.", code=found.code)
    if plan.set_state(ctx.db, found, plan.CANCELLED, was=plan.RUNNING):
        return _("Stopping `{code}`: nothing more is begun, and its receipt follows.", code=found.code)
    state = _(_WAS[found.state])
    raise UserError(_("Plan `{code}` was {state} already; there is nothing to stop.", code=found.code, state=state))


@command("/undo", topic=TOPIC, needs=Needs.ACCESS, while_paused=True)
def undo(ctx: Context) -> str | Answer:
    """Take back what a plan did, within 24 hours.

    Usage: `/undo <code>`

    Example: `/undo k7q2` adds again whom the plan removed, and removes whom it added. Before a room is deleted I ask. Who was
    gone when I looked, and may have left by themselves, is not brought back.
    """
    found = _mine_to_run(ctx)
    back = _reversed(ctx, found)
    title = _("take back `{code}` ({title})", code=found.code, title=found.title)
    made = plan.propose(ctx.db, ctx.person_id, title, back)
    made.undoes = found.id
    ctx.db.flush()
    if any(action == "delete room" for action, _label, _params in back):
        warning = _("With the room goes everything that was written in it, by anybody.")
        return _asked(made, plan.items(ctx.db, made.id), warning)
    return f"{_start(ctx, made, was=plan.PROPOSED)} {words.left_alone(plan.items(ctx.db, found.id))}".strip()


def _reversed(ctx: Context, found: Plan) -> list[Step]:
    """:raises UserError: if there is nothing to take back, or no more"""
    if found.state not in (plan.FINISHED, plan.CANCELLED) or found.finished is None:
        raise UserError(_("Plan `{code}` is not done yet, so there is nothing to take back.", code=found.code))
    if now() - found.finished > plan.TO_UNDO:
        raise UserError(_("Plan `{code}` was done more than 24 hours ago; it can't be taken back any more.", code=found.code))
    if plan.undo_of(ctx.db, found):
        raise UserError(_("Plan `{code}` was taken back already.", code=found.code))
    items = plan.items(ctx.db, found.id)
    done = [item for item in reversed(items) if item.undo is not None]
    if not done:
        nothing = _("Plan `{code}` changed nothing that can be taken back.", code=found.code)
        raise UserError(f"{nothing} {words.left_alone(items)}".strip())
    made = [item for item in done if item.action == "create room"]
    return [_back(item) for item in made or done]  # with a room goes everything that was done in it


def _back(item: PlanItem) -> Step:
    return ACTIONS[item.action].reverse, item.label, json.loads(item.undo or "{}")


@command("/retry", topic=TOPIC, needs=Needs.ACCESS, while_paused=True)
def retry(ctx: Context) -> str:
    """Try again what failed in a plan.

    Usage: `/retry <code>`

    Example: `/retry k7q2`
    """
    found = _mine_to_run(ctx)
    if found.state not in (plan.FINISHED, plan.CANCELLED) or plan.undo_of(ctx.db, found):
        state = _(_WAS[found.state])
        raise UserError(_("Plan `{code}` is {state}; there is nothing to try again.", code=found.code, state=state))
    if plan.next_item(ctx.db, found.id):
        raise UserError(_("Plan `{code}` is being stopped just now; try again in a moment.", code=found.code))
    count = plan.retry(ctx.db, found)
    if not count:
        raise UserError(_("Nothing failed in plan `{code}`.", code=found.code))
    again = n_("{count} step once more.", "{count} steps once more.", count)
    return f"{again} {_start(ctx, found, was=found.state)}"


@command("/receipt", "/plans", topic=TOPIC, needs=Needs.ACCOUNT, while_paused=True, tries=("/receipt",))
def receipt(ctx: Context) -> str:
    """Tell what became of a plan, step by step, or list your latest plans.

    Usage: `/receipt` or `/receipt <code>`

    Example: `/receipt k7q2` names every step, also before you confirm. Receipts are kept for a week.
    """
    if ctx.arguments:
        found = _mine(ctx)
        return words.receipt(found, plan.items(ctx.db, found.id), is_undo=found.undoes is not None, every=True)
    mine = plan.of(ctx.db, ctx.person_id, 10)
    if not mine:
        return _("You have no plans. Commands that change more than one thing make one, and ask you first.")
    rows = "\n".join(f"- `{found.code}` {found.title}: {_(_WAS[found.state])}" for found in mine)
    return f"**{_('Your latest plans')}**\n\n{rows}"


_WAS = {
    plan.PROPOSED: N_("proposed"),
    plan.RUNNING: N_("confirmed"),
    plan.CANCELLED: N_("cancelled"),
    plan.FINISHED: N_("done"),
}


def _mine(ctx: Context) -> Plan:
    """:raises UserError: if this person has no such plan"""
    (code,) = ctx.words(1)
    found = plan.find(ctx.db, ctx.person_id, code)
    if found is None:
        raise UserError(f"{_('You have no plan of that code.')}\n\n{_codes(ctx)}")
    return found


def _mine_to_run(ctx: Context) -> Plan:
    """:raises UserError: if this person has no such plan
    :raises NotAllowed: if they are paused; the commands of admins run all the same, and so do their plans
    """
    found = _mine(ctx)
    if ctx.user.paused_at and not _is_of_admins(ctx, found):
        raise NotAllowed(_(PAUSED))
    return found


def _is_of_admins(ctx: Context, found: Plan) -> bool:
    return are_of_admins(plan.actions(ctx.db, found.id))


def _note(ctx: Context, found: Plan) -> None:
    """Whatever is done with a plan of admins stands in the audit; it is written with it, or not at all."""
    if _is_of_admins(ctx, found):
        takes_back = plan.get(ctx.db, found.undoes) if found.undoes else None
        of = f", which takes back {takes_back.code}" if takes_back else ""
        audit.note(ctx.db, ctx.person_id, ctx.typed.word.lower(), f"plan {found.code}{of}")


def _codes(ctx: Context) -> str:
    mine = plan.of(ctx.db, ctx.person_id, 5)
    codes = ", ".join(f"`{found.code}`" for found in mine)
    return _("Your latest: {codes}", codes=codes) if mine else _("You have no plans at all.")
