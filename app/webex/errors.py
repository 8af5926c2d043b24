"""What can go wrong between us and Webex."""

from app.language import _


class WebexError(Exception):
    """Webex did not do what was asked.

    The text is for logs; what people are told is `in_words`. It never repeats an answer's body: it may carry what people wrote.

    :ivar may_have_happened: a request that changes something may have been done all the same
    """

    may_have_happened = False

    def __init__(self, status: int, tracking_id: str = "") -> None:
        super().__init__(f"Webex answered {status}" if status else "Webex did not answer")
        self.status = status
        self.tracking_id = tracking_id


class BadRequest(WebexError):
    """400: our request was wrong, or a limit was passed."""


class Unauthorized(WebexError):
    """401: the token is missing, expired or revoked."""


class Forbidden(WebexError):
    """403: a scope, a role or a policy is missing."""


class NotFound(WebexError):
    """404: it does not exist, or this token may not see it."""


class Conflict(WebexError):
    """409: it is there already."""


class RateLimited(WebexError):
    """429: too many calls; `retry_after` is in seconds, already capped."""

    def __init__(self, status: int, tracking_id: str = "", retry_after: float = 15.0) -> None:
        super().__init__(status, tracking_id)
        self.retry_after = retry_after


class Unavailable(WebexError):
    """5xx, a time-out or a broken connection.

    :ivar settles_in: seconds until a request that Webex may still be working on is taken to be done, or not
    """

    def __init__(self, status: int, tracking_id: str = "", may_have_happened: bool = False, settles_in: float = 0.0) -> None:
        super().__init__(status, tracking_id)
        self.may_have_happened = may_have_happened
        self.settles_in = settles_in


BY_STATUS: dict[int, type[WebexError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}
NOT_FINAL = (401, 408, 423, 429)  # of all 4xx: they pass, or an operator mends them (Webex "REST API Basics", "API Errors")


def in_words(status: int) -> str:
    """How Webex answered, or that it did not, as a sentence without its full stop.

    :param status: of HTTP; 0 if there was no answer
    """
    return _("Webex answered {status}", status=status) if status else _("Webex did not answer")


def is_final(error: WebexError) -> bool:
    """Whether trying again can't help: Webex understood and refused."""
    return 400 <= error.status < 500 and error.status not in NOT_FINAL and not isinstance(error, Unavailable)
