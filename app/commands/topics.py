"""The topics of `/help`: every command stands under one of them. Their order here is that of `/help` and of docs/commands.md."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """:ivar word: what `/help` takes for it; never a command's name, so that `/help todo` explains `/todo`
    :ivar about: what its commands are for, in a line
    """

    word: str
    title: str
    about: str


TOPICS = (
    Topic("todos", "Your todo list", "what you have to do, with dates and a daily reminder"),
    Topic("top", "Top of mind", "what matters most to you, shared with whom you like"),
    Topic("reminding", "Reminders", "being told at the right time"),
    Topic("tracking", "People you track", "what certain people write in the rooms you share"),
    Topic("alerts", "Away and alerts", "answers while you are away, and what you are told of"),
    Topic("rooms", "Teams and rooms", "teams of addresses, your rooms and webhooks"),
    Topic("bulk", "Plans", "what I ask before I change anything for others, and how to take it back"),
    Topic("admins", "Administration", "how the installation is doing, and a word to everybody"),
    Topic("account", "Your account", "connecting, what I know about you, pausing, leaving"),
    Topic("others", "Support", "help, a word with the people who run me, telling others of me"),
)
TITLES = tuple(topic.title for topic in TOPICS)


def find(words: str) -> Topic | None:
    """The topic of this word or title; upper and lower case are alike."""
    wanted = " ".join(words.lower().split())
    return next((topic for topic in TOPICS if wanted in (topic.word, topic.title.lower())), None)
