"""Every error this application raises on purpose."""

from app.language import _


class AppError(Exception):
    """Base of them all."""


class UserError(AppError):
    """What a person asked for cannot be done; the error's text is the reply."""


class UsageError(UserError):
    """A command was typed wrongly; the reply is its usage line."""


class TooManyTries(UserError):
    """Somebody tried too often what did not work.

    :ivar seconds: until they may try again
    """

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class NotConnected(UserError):
    """The command needs an account, or Webex access, that the person has not given (any more)."""


class NotAllowed(UserError):
    """The person, or the place where the command was typed, may not use it."""


class Busy(UserError):
    """Something else of this person is under way, and takes longer than anybody waits."""

    def __init__(self) -> None:
        super().__init__(_("Something else of yours is under way just now. Nothing was changed; please try again in a moment."))


class Fenced(AppError):
    """Somebody else took over this piece of work; whoever sees this drops it without a trace."""
