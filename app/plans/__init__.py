"""Bulk work that can be trusted: proposed, confirmed, done item by item, reported, undone.

Everything that changes Webex for others, or touches more than one room, is a plan: rows of items. Nothing is done
before its owner confirmed. Each item is claimed, done once, and its result kept; so a plan goes on after a crash, and
its receipt tells the truth about each item.
"""
