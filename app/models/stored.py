"""Everything that is stored about a person: the one table behind /delete, /me, /privacy, /export and the account page.

A table that holds something about people stands here, or among `NOBODYS` with a reason; a test compares both with the
tables there are. Rows that other people typed about somebody (whom they track, who may read their list, who is in their
teams) are theirs: telling somebody how many there are would tell who tracks them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from app.language import NN_, n_, translated_count
from app.models import audit, line
from app.models.absence import Absence, AbsenceAnswer
from app.models.alarm import Alarm
from app.models.base import Base, route_changed
from app.models.contact import Contact, Hint
from app.models.decision import Decision
from app.models.held import HeldAlert
from app.models.inbox import InboxRow
from app.models.invitation import Invitation
from app.models.join_link import JoinLink, JoinUse
from app.models.ledger import LedgerDay
from app.models.outbox import OutboxRow
from app.models.plan import Plan, PlanItem
from app.models.reminder import Reminder
from app.models.session import BrowserSession
from app.models.subscription import Subscription
from app.models.support import Recommendation, Ticket
from app.models.team import Team, TeamMember
from app.models.todo import Todo
from app.models.token import Token
from app.models.topofmind import TopItem, TopList, TopReader, TopSubscription
from app.models.user import User
from app.models.vip import Vip, VipMessage

Mine = Callable[[str], ColumnElement[bool]]
# What a person made, what connects them, what we noted by ourselves, and what passes within moments.
MADE, ACCOUNT, NOTED, PASSING = "made", "account", "noted", "passing"
NOBODYS = {
    "inbox_step": "which parts of a delivery are done; it names nobody",
    "audit": "what admins did stays for whoever answers for the installation; of an admin who left it no longer names whom",
    "failure": "which command or page failed unexpectedly, under which number; neither by whom nor about what",
    "ledger_total": "how much was heard on a day, of all people together",
    "usage": "how often a command was typed on a day; it names nobody",
    "heartbeat": "until when all was well; it names nobody",
    "tries": "how many wrong codes somebody tried lately, by a hash; to remove it would allow as many again",
    "unwanted": "hashes of addresses that want no recommendations: to remove them would bring the recommendations back",
}


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is stored about people.

    :ivar name: what its part of an export is called
    :ivar called: one of it, and many
    :ivar mine: which rows are a person's
    :ivar columns: what of a row stands in an export; hashes, sealed values and our own bookkeeping don't
    """

    name: str
    table: type[Base]
    group: str
    called: tuple[str, str]
    mine: Mine
    columns: str

    @property
    def many(self) -> str:
        """What many of it are called in the language that is spoken, without how many."""
        return translated_count(*self.called, 2).replace("{count}", "").strip()


@dataclass(frozen=True)
class Count:
    kind: Kind
    count: int

    def __str__(self) -> str:
        return n_(*self.kind.called, self.count)


def _owned(table: Any) -> Mine:
    return lambda person_id: table.person_id == person_id


def _of(parent: Any, link: Any) -> Mine:
    """Rows that hang on a person's rows of another table."""
    return lambda person_id: link.in_(select(parent.id).where(parent.person_id == person_id))


# In the order in which people are told. What hangs on something stands after it, so that deletion goes from the end.
KINDS: tuple[Kind, ...] = (
    Kind("todo", Todo, MADE, NN_("{count} todo item", "{count} todo items"), _owned(Todo),
         "id number text created done_at due_at room_id message_id"),
    Kind("reminders", Reminder, MADE, NN_("{count} reminder", "{count} reminders"), _owned(Reminder),
         "id number text created rang_at due rule removed_at room_id message_id"),
    Kind("top_of_mind", TopList, MADE, NN_("{count} top-of-mind list", "{count} top-of-mind lists"), _owned(TopList),
         "title audience answers changed_at"),
    Kind("top_of_mind_items", TopItem, MADE, NN_("{count} top-of-mind item", "{count} top-of-mind items"),
         _owned(TopItem), "position text is_former"),
    Kind("top_of_mind_readers", TopReader, MADE, NN_("{count} listed reader", "{count} listed readers"),
         _owned(TopReader), "reader_id email"),
    Kind("top_of_mind_subscribers", TopSubscription, MADE,
         NN_("{count} subscriber of your list", "{count} subscribers of your list"),
         lambda person_id: TopSubscription.owner_id == person_id, "subscriber_id since"),
    Kind("top_of_mind_subscriptions", TopSubscription, MADE,
         NN_("{count} list you subscribed to", "{count} lists you subscribed to"),
         lambda person_id: TopSubscription.subscriber_id == person_id, "owner_id since"),
    Kind("tracked_people", Vip, MADE, NN_("{count} tracked person", "{count} tracked people"), _owned(Vip),
         "id vip_person_id email nickname mode digest_at"),
    Kind("kept_messages", VipMessage, MADE, NN_("{count} kept message id", "{count} kept message ids"),
         _of(Vip, VipMessage.vip_id), "vip_id message_id room_id received"),
    Kind("held_alerts", HeldAlert, MADE, NN_("{count} held alert", "{count} held alerts"), _owned(HeldAlert),
         "kind room_id message_id about_id vip_id at"),
    Kind("auto_reply", Absence, MADE, NN_("{count} auto-reply", "{count} auto-replies"),
         _owned(Absence), "text since until mentions"),
    Kind("auto_reply_answered", AbsenceAnswer, MADE,
         NN_("{count} person your auto-reply answered", "{count} people your auto-reply answered"),
         _of(Absence, AbsenceAnswer.absence_id), "to_person_id at"),
    Kind("teams", Team, MADE, NN_("{count} team", "{count} teams"), _owned(Team), "id name room_id"),
    Kind("team_members", TeamMember, MADE, NN_("{count} address in a team", "{count} addresses in teams"),
         _of(Team, TeamMember.team_id), "team_id email"),
    Kind("plans", Plan, MADE, NN_("{count} plan", "{count} plans"),
         _owned(Plan), "id code title state undoes message_id created finished"),
    Kind("plan_items", PlanItem, MADE, NN_("{count} step of a plan", "{count} steps of plans"), _of(Plan, PlanItem.plan_id),
         "plan_id action label state note"),
    Kind("join_links", JoinLink, MADE, NN_("{count} join link", "{count} join links"), _owned(JoinLink),
         "id number room_id created expires uses_left domains ended_at"),
    Kind("joined_by_your_links", JoinUse, MADE,
         NN_("{count} person who joined by your links", "{count} people who joined by your links"),
         _of(JoinLink, JoinUse.link_id), "link_id person_id at"),
    Kind("alarms", Alarm, MADE, NN_("{count} alarm", "{count} alarms"), _owned(Alarm), "kind subject due rule"),
    Kind("support_questions", Ticket, MADE, NN_("{count} question to support", "{count} questions to support"), _owned(Ticket),
         "number email opened_at"),
    Kind("recommendations", Recommendation, MADE, NN_("{count} recommendation", "{count} recommendations"),
         _owned(Recommendation), "at"),
    Kind("account", User, ACCOUNT, NN_("{count} account", "{count} accounts"), _owned(User),
         "person_id email display_name status connected_at last_event_at timezone language paused_at tracking mention_alerts "
         "all_alerts room_alerts announcements quiet digest_at"),
    Kind("permission", Token, ACCOUNT, NN_("{count} pair of sealed tokens", "{count} pairs of sealed tokens"), _owned(Token),
         "scopes status expires_at refresh_expires_at"),
    Kind("webhooks", Subscription, ACCOUNT, NN_("{count} noted webhook", "{count} noted webhooks"),
         _owned(Subscription), "name webhook_id seen_at"),
    Kind("browsers", BrowserSession, ACCOUNT, NN_("{count} signed-in browser", "{count} signed-in browsers"),
         _owned(BrowserSession), "expires_at"),
    Kind("authorization_link", Invitation, ACCOUNT, NN_("{count} authorization link", "{count} authorization links"),
         _owned(Invitation), "expires_at"),
    Kind("ledger", LedgerDay, NOTED, NN_("{count} line of the privacy ledger", "{count} lines of the privacy ledger"),
         _owned(LedgerDay), "day what count"),
    Kind("decisions", Decision, NOTED, NN_("{count} noted decision", "{count} noted decisions"),
         _owned(Decision), "at what detail"),
    Kind("answered_to_you", AbsenceAnswer, NOTED, NN_("{count} auto-reply you got", "{count} auto-replies you got"),
         lambda person_id: AbsenceAnswer.to_person_id == person_id, "at"),
    Kind("joined_by_link", JoinUse, NOTED, NN_("{count} room you joined by a link", "{count} rooms you joined by a link"),
         _owned(JoinUse), "at"),
    Kind("group_hints", Hint, NOTED,
         NN_("{count} group room where I told you how to use me", "{count} group rooms where I told you how to use me"),
         _owned(Hint), "room_id said_at"),
    Kind("bot_room", Contact, NOTED, NN_("{count} note that we met", "{count} notes that we met"), _owned(Contact),
         "room_id"),
    Kind("heard", InboxRow, PASSING, NN_("{count} event being worked on", "{count} events being worked on"),
         lambda person_id: (InboxRow.line == person_id) | (InboxRow.receiver == person_id), "received attempts"),
    Kind("unsaid", OutboxRow, PASSING, NN_("{count} answer about to be said", "{count} answers about to be said"),
         lambda person_id: OutboxRow.line.in_((person_id, f"notices {person_id}")), "kind created attempts"),
)  # fmt: skip


def counts(db: Session, person_id: str) -> list[Count]:
    """How much of every kind there is, nothing included."""
    return [Count(kind, _count(db, kind, person_id)) for kind in KINDS]


def _count(db: Session, kind: Kind, person_id: str) -> int:
    return db.scalar(select(func.count()).select_from(kind.table).where(kind.mine(person_id))) or 0


def rows(db: Session, kind: Kind, person_id: str) -> list[dict[str, Any]]:
    """A person's rows of one kind, with the columns that may leave the house."""
    names = kind.columns.split()
    chosen = [getattr(kind.table, name) for name in names]
    order = list(kind.table.__table__.primary_key)
    found = db.execute(select(*chosen).where(kind.mine(person_id)).order_by(*order))
    return [dict(zip(names, row, strict=True)) for row in found]


def told(found: Sequence[Count], *groups: str) -> str:
    """Counts in words; what there is none of is left out.

    :param groups: which; all that stay if none is named
    """
    chosen = groups or (MADE, ACCOUNT, NOTED)
    return ", ".join(str(one) for one in found if one.count and one.kind.group in chosen)


def forget(db: Session, person_id: str) -> None:
    """Every row of this person, whether or not it hangs on the account.

    What others typed is theirs and stays. Deliveries in this person's line are left: the one being worked on is among them, and
    each forgets whom it was about when it is finished.
    """
    for kind in reversed(KINDS):
        if kind.table is OutboxRow:
            waiting = (kind.mine(person_id), OutboxRow.state == line.WAITING)
            db.execute(delete(OutboxRow).where(*waiting))
        elif kind.table is Recommendation:  # the hash stays, so that nobody is recommended to twice; who it was does not
            db.execute(update(Recommendation).where(kind.mine(person_id)).values(person_id=None))
        elif kind.table is not InboxRow:
            db.execute(delete(kind.table).where(kind.mine(person_id)))
    audit.forget_admin(db, person_id)
    route_changed(db, person_id)
