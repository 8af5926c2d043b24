"""The commands: one module per family. This list is the whole table of contents; nothing is discovered."""

from app.commands import (
    account,
    alerts,
    autoreply,
    help,
    hooks,
    kept,
    me,
    pause,
    pins,
    preferences,
    privacy,
    recommend,
    reminders,
    rooms,
    support,
    teams,
    todo,
    topofmind,
    vips,
    why,
)
from app.commands.registry import COMMANDS

FAMILIES = (
    account,
    alerts,
    autoreply,
    help,
    hooks,
    kept,
    me,
    pause,
    pins,
    preferences,
    privacy,
    recommend,
    reminders,
    rooms,
    support,
    teams,
    todo,
    topofmind,
    vips,
    why,
)

__all__ = ["COMMANDS", "FAMILIES"]
