"""What is counted for operators, all of it: names, what they mean, labels.

Labels are words of ours from short lists, never ids, addresses, paths or anything that people wrote; a test holds them to that.
"""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("armyknife_deliveries_total", "Webhook deliveries by ear and answer", ["ear", "status"])
HEARD = Counter("armyknife_heard_total", "Verified deliveries, by what became of them at the ear", ["outcome"])
WORKED = Counter("armyknife_worked_total", "Deliveries worked off, by ear and outcome; `later` is an attempt", ["ear", "outcome"])
ANSWERED = Histogram(
    "armyknife_answer_seconds",
    "From an event, as Webex dates it, until it was worked off and what it made us say was said",
    ["ear"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200),
)
CAUGHT_UP = Counter("armyknife_caught_up_total", "Found by reading after an outage, by ear and outcome", ["ear", "outcome"])
SAID = Counter("armyknife_said_total", "What was in line to be said, by outcome; `later` is an attempt", ["outcome"])
CALLS = Counter("armyknife_api_calls_total", "Answers of the Webex API, by method, resource, status", ["method", "api", "status"])
RENEWALS = Counter("armyknife_token_renewals_total", "Renewals of access tokens, by outcome", ["outcome"])
HOOKS = Counter("armyknife_webhooks_found_total", "Webhooks looked at at Webex, by the state in which they were found", ["state"])
WAITING = Gauge("armyknife_waiting", "Rows not worked off yet", ["table"])
OLDEST = Gauge("armyknife_oldest_seconds", "Age of the oldest row that is not worked off", ["table"])
ACCOUNTS = Gauge("armyknife_accounts", "People who connected, by state", ["state"])
UNHOOKED = Gauge("armyknife_accounts_without_webhooks", "People who are connected and for whom no webhook was seen")
WORKERS = Gauge("armyknife_workers", "Threads of this process that work off what was heard")

NO_ANSWER = "none"  # the status of a call that Webex did not answer
APIS = (
    "people", "rooms", "memberships", "messages", "teams", "team", "webhooks", "contents", "attachment", "organizations",
    "authorizations",
)  # fmt: skip


def count_call(method: str, path: str, status: int | None) -> None:
    """:param path: below the API's base; only its first part is told, and only if it is a resource of Webex's
    :param status: None if there was no answer
    """
    resource = path.lstrip("/").partition("/")[0].partition("?")[0]
    CALLS.labels(method, resource if resource in APIS else "other", NO_ANSWER if status is None else str(status)).inc()
