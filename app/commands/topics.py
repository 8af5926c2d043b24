"""The topics of `/help`: every command stands under one of them. Their order here is that of `/help` and of docs/commands.md."""

from dataclasses import dataclass

from app.language import N_, _


@dataclass(frozen=True)
class Topic:
    """:ivar word: what `/help` takes for it; never a command's name, so that `/help todo` explains `/todo`
    :ivar about: what its commands are for, in a line
    """

    word: str
    title: str
    about: str

    @property
    def shown(self) -> str:
        """The title in the language that is spoken."""
        return _(self.title)

    @property
    def described(self) -> str:
        return _(self.about)


TOPICS = (
    Topic("todos", N_("Your todo list"), N_("what you have to do, with dates and a daily reminder")),
    Topic("top", N_("Top of mind"), N_("what matters most to you, shared with whom you like")),
    Topic("reminding", N_("Reminders"), N_("being told at the right time")),
    Topic("tracking", N_("People you track"), N_("what certain people write in the rooms you share")),
    Topic("alerts", N_("Away and alerts"), N_("answers while you are away, and what you are told of")),
    Topic("rooms", N_("Teams and rooms"), N_("teams of addresses, your rooms and webhooks")),
    Topic("bulk", N_("Plans"), N_("what I ask before I change anything for others, and how to take it back")),
    Topic("admins", N_("Administration"), N_("how the installation is doing, and a word to everybody")),
    Topic("account", N_("Your account"), N_("connecting, what I know about you, pausing, leaving")),
    Topic("others", N_("Support"), N_("help, a word with the people who run me, telling others of me")),
)
TITLES = tuple(topic.title for topic in TOPICS)


def find(words: str) -> Topic | None:
    """The topic of this word or title, in English or the language that is spoken; upper and lower case are alike."""
    wanted = " ".join(words.lower().split())
    return next((topic for topic in TOPICS if wanted in (topic.word, topic.title.lower(), topic.shown.lower())), None)
