"""Tables and their named queries: all SQL of the application, and nothing that speaks HTTP."""

from app.models import contact, inbox, invitation, line, outbox, route, session, subscription, todo, token, user, vip
from app.models.base import Base, Database, now

__all__ = [
    "Base",
    "Database",
    "contact",
    "inbox",
    "invitation",
    "line",
    "now",
    "outbox",
    "route",
    "session",
    "subscription",
    "todo",
    "token",
    "user",
    "vip",
]
