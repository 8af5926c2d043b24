"""The commands: one module per family. This list is the whole table of contents; nothing is discovered."""

from app.commands import account, help, hooks, rooms, teams, todo, vips
from app.commands.registry import COMMANDS

FAMILIES = (account, help, hooks, rooms, teams, todo, vips)

__all__ = ["COMMANDS", "FAMILIES"]
