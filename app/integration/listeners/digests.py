"""The daily digest of a tracked person: what was kept of them, shown under one heading."""

from sqlalchemy.orm import Session

from app.commands.context import Tools
from app.commands.kept import show
from app.delivery import Delivery
from app.language import _
from app.models import user, vip
from app.models.alarm import Alarm
from app.models.user import User


def ring(tools: Tools, db: Session, person: User, alarm: Alarm, delivery: Delivery) -> None:
    """Show what was kept. Nothing kept is nothing said; without access to Webex it stays kept."""
    tracked = vip.get(db, person.person_id, alarm.subject)
    if tracked is None or tracked.mode != user.DIGEST or person.status == user.REAUTHORIZE:
        return
    if count := show(db, person.person_id, [tracked], key=delivery.key, before=_("**Your digest**: ")):
        delivery.decided("digest", f"{tracked.nickname} {count}")
