"""Wording said from more than one room of the house. Texts said in one place stand in that place.

Constants are English; whoever says one, says it through `_`.
"""

from app.language import N_, _, n_

NOT_CONNECTED = N_("I can't do that yet: you haven't connected your Webex account. Type `/init` and I'll send you a link.")
REAUTHORIZE = N_(
    "Webex no longer lets me act for you, so I can't do that. Your lists and trackers are safe: type `/init` to connect again."
)
ACCESS_ENDED = N_(
    "**Webex no longer lets me act for you.** The access you gave me has ended or was taken back. "
    "I keep your lists and trackers, but I hear nothing and fetch nothing until you type `/init` and connect again. "
    "If you would rather have everything removed, type `/delete`."
)
STILL_NO_ACCESS = N_("But Webex no longer lets me act for you: `/init` connects you again, and then I also hear your rooms.")
PAUSED = N_("You are paused, so I did nothing. `/resume` goes on; `/me` shows how things stand.")
HALF_CONNECTED = N_(
    "**You're connected, but Webex has not let me listen yet**, so commands typed in other rooms and people you track do not "
    "reach me. I keep trying every hour, and `/me` shows how it stands. `/init` starts anew."
)
UNREADABLE = N_(
    "I could not read your last message: Webex did not let me, several times. Nothing was changed; please type it again."
)
UNPRESSED = N_(
    "I could not find out which button you pressed: Webex did not let me, several times. Nothing was changed; please press it "
    "again, or type the command."
)
UNKNOWN_BUTTON = N_(
    "I don't know that button: its card is too old, or none of mine. Nothing was done. `/help` lists what I can do."
)
TOO_LATE = N_(
    "I read only now what you told me more than a day ago, and did nothing about it. If it still matters, please type it again."
)


A_WHILE = 300.0  # seconds after which a time such as `+2h` would be taken amiss


def caught_up(told: str, age: float, unseen: str) -> str:
    """Said before what was found by reading is answered.

    :param told: how much it is, if anything
    :param age: of the oldest, in seconds
    :param unseen: what was not looked at, if something was not
    """
    minutes = round(age / 60.0)
    late = n_(
        "The oldest is {count} minute old; a time such as `+2h` counts from now.",
        "The oldest is {count} minutes old; a time such as `+2h` counts from now.",
        minutes,
    )
    return " ".join(part for part in (told, late if told and age > A_WHILE else "", unseen) if part)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 todo item`, `2 todo items`: where such words stand alone. In a sentence, `n_` takes the whole of it.

    :param one: English for one; a literal, or marked elsewhere: `make translations` finds the calls
    :param many: the plural, if an s does not make it
    """
    return n_(f"{{count}} {one}", f"{{count}} {many or one + 's'}", count)


def masked(email: str) -> str:
    """An address as admins see it: enough to know whose it is, for who knows them."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


def not_admin(name: str) -> str:
    return _("`{name}` is for admins of this installation (the setting ADMINS), and you are none.", name=name)


def webex_trouble(status: int) -> str:
    """What to say when Webex itself failed in the middle of a command."""
    if status:
        return _("Webex answered {status}, so nothing was changed. Please try again in a moment.", status=status)
    return _("Webex did not answer, so nothing was changed. Please try again in a moment.")


def broken(reference: str) -> str:
    """What to say when we failed: a number to look up in the log, never the error's own text."""
    return _(
        "Something went wrong on my side, and nothing was changed. "
        "If it happens again, tell your operator this number: `{reference}`.",
        reference=reference,
    )


def welcome(name: str, zone: str) -> str:
    """Said once an account is connected and its webhooks stand.

    :param zone: an IANA name
    """
    return _(
        "**You're connected, {name}.** From now on you can type commands here or in any of your rooms; "
        "I always answer here. To begin with:\n\n"
        "- `/todo call Dave` puts something on your list\n"
        "- `/remind tomorrow 9:00 call Dave` reminds you of it\n"
        "- `/track bob@example.com bob` shows you what Bob writes in the rooms you share\n"
        "- `/help` lists all I can do\n\n"
        "Times are those of your zone, **{zone}**; `/timezone` changes it. "
        "I fetch only your own messages, to look for commands, and those that a feature you switch on needs. "
        "Their texts are never stored, except what you tell me to remember. "
        "`/privacy` shows what I heard and keep, `/delete` removes all of it.",
        name=name,
        zone=zone,
    )
