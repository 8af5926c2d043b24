"""The commands: one module per family. This list is the whole table of contents; nothing is discovered."""

from app.commands import account, admin, copying, files, help, joinlinks, members, plans, roomfacts, todo, vips
from app.commands.registry import COMMANDS

FAMILIES = (account, admin, copying, files, help, joinlinks, members, plans, roomfacts, todo, vips)

__all__ = ["COMMANDS", "FAMILIES"]
