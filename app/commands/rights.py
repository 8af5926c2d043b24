"""The one place where it is decided what a person may do. Dispatch asks it before a command runs, `/help` before it shows one."""

from app import texts
from app.commands.context import Context
from app.commands.registry import Command, Needs
from app.errors import NotAllowed, NotConnected
from app.language import _
from app.models import user


def refusal(found: Command, ctx: Context) -> NotAllowed | NotConnected | None:
    """Why the author may not run a command at all, wherever it is typed; None if they may.

    Who is an admin is asked from Webex where it is not known yet, so no transaction may be open.
    """
    if found.needs is Needs.ADMIN:
        return None if ctx.tools.admins.includes(ctx.person_id) else NotAllowed(texts.not_admin(found.name))
    if ctx.author is not None and ctx.author.paused_at and not found.while_paused:
        return NotAllowed(_(texts.PAUSED))
    if found.needs is Needs.NOTHING:
        return None
    if ctx.author is None:
        return NotConnected(_(texts.NOT_CONNECTED))
    if found.needs is Needs.ACCESS and ctx.author.status == user.REAUTHORIZE:
        return NotConnected(_(texts.REAUTHORIZE))
    return None
