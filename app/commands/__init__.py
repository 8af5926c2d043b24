"""The commands: one module per family. This list is the whole table of contents; nothing is discovered."""

from app.commands import account, admin, copying, help, joinlinks, members, plans, todo, vips
from app.commands.registry import COMMANDS

FAMILIES = (account, admin, copying, help, joinlinks, members, plans, todo, vips)

__all__ = ["COMMANDS", "FAMILIES"]
