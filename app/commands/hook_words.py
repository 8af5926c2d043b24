"""What is said about a person's webhooks: what they are for, how they are, and what would become of them."""

from urllib.parse import urlsplit

from app.integration.subscriptions import DIRECT, EVERYTHING, GROUP, MENTIONS, OWN, ROOMS
from app.language import N_, _, n_
from app.webex.markdown import escape
from app.webex.resources import Webhook

LEFT_OVER = N_("not needed any more")
STATES = {one: one for one in (N_("active"), N_("inactive"), N_("missing"), LEFT_OVER)}
PURPOSES = {
    OWN: N_("your own messages, to find commands"),
    MENTIONS: N_("mentions of you, for alerts, the auto-reply or `/tom answer`"),
    DIRECT: N_("1:1 messages, for the auto-reply or `/tom answer`"),
    GROUP: N_("messages of group rooms, for mentions of everybody"),
    ROOMS: N_("new rooms of yours, for alerts"),
    EVERYTHING: N_("everything in your rooms (firehose)"),
}
SCOPE = N_(
    "_This is what Webex shows with the access you gave me. Webex does not document whether that is all of your webhooks or "
    "only those made by this integration._"
)


def purpose(name: str, tracked: dict[str, str]) -> str:
    """What one of our webhooks is for.

    :param tracked: nicknames by the names of their webhooks
    """
    if name in tracked:
        return _("messages of **{nickname}**, whom you track", nickname=escape(tracked[name]))
    return _(PURPOSES.get(name, name))


def marked_state(state: str) -> str:
    """A state in words, bold if it is none to be content with."""
    return shown_state(state) if state == "active" else f"**{escape(shown_state(state), 30)}**"


def shown_state(state: str) -> str:
    """A webhook's state in words; one that we don't know, as Webex calls it."""
    return _(STATES[state]) if state in STATES else state


def described(hook: Webhook) -> str:
    """Without the path of its target, which may hold a secret."""
    state = "" if hook.status == "active" else f", {escape(shown_state(hook.status), 30)}"
    since = _(", since {day}", day=escape(hook.created[:10])) if hook.created else ""
    only = f" ({escape(hook.filter, 100)})" if hook.filter else ""
    event = f"{escape(hook.resource, 40)}:{escape(hook.event, 40)}"
    return f"{called(hook)} → {escape(_host(hook.target_url), 100)}, {event}{only}{since}{state}"


def called(hook: Webhook) -> str:
    return f"**{escape(hook.name, 80)}**"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or _("no address")
    except ValueError:
        return _("no address")


def would_go(count: int, more: int) -> str:
    """What cleaning would do, before the list of them.

    :param more: how many are left, since there are too many
    """
    if more:
        return _(
            "This would remove {count} webhooks of others, and whoever made them hears nothing by them from then on; "
            "{more} more would stay for another time:",
            count=count,
            more=more,
        )
    return n_(
        "This would remove {count} webhook of others, and whoever made it hears nothing by it from then on:",
        "This would remove {count} webhooks of others, and whoever made them hears nothing by them from then on:",
        count,
    )
