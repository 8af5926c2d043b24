"""Every step at which the app's process is killed, and what becomes of what it was doing: the table of docs/reliability.md.

`tests/test_crash_table.py` kills there, on SQLite and on PostgreSQL, and compares; `python -m tests.crash_steps` prints the
table for the document.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.stopping import AFTER, BEFORE, Point

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
ONCE = "done once, said once"


@dataclass(frozen=True)
class Step:
    """A step, and how it ends.

    :ivar flow: of `tests/crash_flows.py`
    :ivar words: what has just happened when the process dies
    :ivar outcome: after the process is back
    :ivar is_unheard: nothing was acknowledged or stored, so it is found by reading the room
    :ivar switches: of the simulator
    """

    flow: str
    words: str
    function: str
    when: str
    outcome: str = ONCE
    is_unheard: bool = False
    switches: tuple[tuple[str, str], ...] = ()

    @property
    def point(self) -> Point:
        """Where the process dies."""
        return Point(self.function, self.when)

    @property
    def told(self) -> str:
        """How it ends, in the document."""
        return f"found by reading the room; {self.outcome}" if self.is_unheard else self.outcome


COMMAND, GROUP, TOKEN, REMINDER = "a command, typed 1:1", "an answer in a group room", "token renewal", "a reminder"
PLAN, ANNOUNCEMENT, HOOKS, KEYS = "a plan", "an announcement", "a change of webhooks", "key rotation"
RENEWED, LOST_ACCESS = "tokens alive, said once", "has to connect again, said once"
NEW_TOKEN = (("rotate_refresh_token", "new"),)

STEPS = (
    Step(COMMAND, "heard, not stored", "app.inbox.Inbox.accept", BEFORE, is_unheard=True),
    Step(COMMAND, "in the transaction that stores it", "app.models.writing.insert_once", AFTER, is_unheard=True),
    Step(COMMAND, "stored, not acknowledged", "app.inbox.Inbox.accept", AFTER),
    Step(COMMAND, "taken from the inbox", "app.bot.listeners.hear", BEFORE),
    Step(COMMAND, "its text was read", "app.webex.client.WebexClient.get_message", AFTER),
    Step(COMMAND, "in the transaction: effects, answer, the delivery closed", "app.delivery.Delivery.close", AFTER),
    Step(COMMAND, "committed, and the answer in hand", "app.bot.listeners.hear", AFTER),
    Step(COMMAND, "about to send it", "app.sending.Sender._send", BEFORE),
    Step(COMMAND, "Webex not asked", "app.webex.client.WebexClient.create_message", BEFORE),
    Step(COMMAND, "sent: Webex has it, and nobody noted so", "app.webex.client.WebexClient.create_message", AFTER),
    Step(COMMAND, "in the transaction that notes it as sent", "app.models.outbox.finish", AFTER),
    Step(COMMAND, "noted as sent", "app.sending.Sender._settle", AFTER),
    Step(GROUP, "noted that it may be out, not sent", "app.posting.Posting._about_to_send", AFTER, "not said"),
    Step(GROUP, "sent: Webex has it, and nobody noted so", "app.webex.client.WebexClient.create_message", AFTER, "said once"),
    Step(TOKEN, "in the transaction that takes the lease", "app.models.token.take_lease", AFTER, RENEWED),
    Step(TOKEN, "leased, before the call", "app.integration.tokens.Tokens._ask", BEFORE, RENEWED),
    Step(TOKEN, "Webex answered, nothing stored", "app.integration.tokens.Tokens._ask", AFTER, RENEWED),
    Step(TOKEN, "in the transaction that stores it", "app.models.token.store_renewed", AFTER, RENEWED),
    Step(TOKEN, "stored", "app.integration.tokens.Tokens._renewed", AFTER, RENEWED),
    Step(
        TOKEN, "Webex answered with a new refresh token and ended the old one, nothing stored",
        "app.integration.tokens.Tokens._ask", AFTER, LOST_ACCESS, switches=NEW_TOKEN,
    ),
    Step(REMINDER, "in the transaction that calls it", "app.models.alarm.mark_called", AFTER),
    Step(REMINDER, "called, and taken from the inbox", "app.models.alarm.called", BEFORE),
    Step(REMINDER, "in the transaction: alarm moved, words in line, the delivery closed", "app.delivery.Delivery.close", AFTER),
    Step(REMINDER, "committed, and the words in hand", "app.inbox.Inbox._finish", BEFORE),
    Step(REMINDER, "Webex not asked", "app.webex.client.WebexClient.create_message", BEFORE),
    Step(REMINDER, "sent: Webex has it, and nobody noted so", "app.webex.client.WebexClient.create_message", AFTER),
    Step(PLAN, "in the transaction that confirms it", "app.plans.turns.enqueue", AFTER),
    Step(PLAN, "an item in hand", "app.plans.run._done", BEFORE),
    Step(PLAN, "in the transaction that notes it as begun", "app.models.plan.settle", AFTER),
    Step(PLAN, "begun, Webex not asked", "app.webex.client.WebexClient.create_membership", BEFORE),
    Step(PLAN, "Webex did it, and nobody noted so", "app.plans.run._done", AFTER),
    Step(PLAN, "its items settled, no receipt", "app.plans.run._end_turn", BEFORE),
    Step(PLAN, "in the transaction of its receipt", "app.plans.words.receipt", AFTER),
    Step(PLAN, "its receipt in line, the turn still open", "app.plans.run._end_turn", AFTER),
    Step(ANNOUNCEMENT, "begun, Webex not asked", "app.models.line.not_before", AFTER),
    Step(ANNOUNCEMENT, "Webex told somebody, and nobody noted so", "app.plans.run._done", AFTER),
    Step(HOOKS, "Webex not asked for the new one", "app.webex.client.WebexClient.create_webhook", BEFORE),
    Step(HOOKS, "Webex made it, and nobody noted so", "app.webex.client.WebexClient.create_webhook", AFTER),
    Step(HOOKS, "noted, the tracker not stored", "app.integration.subscriptions.Subscriptions.sync", AFTER),
    Step(HOOKS, "in the transaction: tracker, answer, the delivery closed", "app.delivery.Delivery.close", AFTER),
    Step(HOOKS, "Webex not asked to remove the old one", "app.webex.client.WebexClient.delete_webhook", BEFORE),
    Step(HOOKS, "Webex removed it, and nobody noted so", "app.webex.client.WebexClient.delete_webhook", AFTER),
    Step(KEYS, "nothing sealed", "app.models.token.reseal", BEFORE, "tokens alive"),
    Step(KEYS, "one value sealed, in the transaction", "app.vault.Vault.seal", AFTER, "tokens alive"),
    Step(KEYS, "all values sealed, in the transaction", "app.models.token.reseal", AFTER, "tokens alive"),
    Step(KEYS, "committed", "click.echo", BEFORE, "tokens alive"),
)  # fmt: skip
FLOWS = tuple(dict.fromkeys(step.flow for step in STEPS))


def of(flow: str) -> list[Step]:
    """Return the steps of a flow."""
    return [step for step in STEPS if step.flow == flow]


def as_markdown(steps: Iterable[Step] = STEPS) -> str:
    """Return the table for people to read."""
    rows = [f"| {step.flow} | {step.words} | {step.told} |" for step in steps]
    return "\n".join(["| Flow | The process dies when … | On SQLite and PostgreSQL |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201
