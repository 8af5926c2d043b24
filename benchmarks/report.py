"""docs/performance.md, written from results.json: every figure in it comes from a run."""

from collections.abc import Iterator
from typing import Any

from benchmarks.machine import ROOT, median, spread

PAGE = ROOT / "docs" / "performance.md"
Results = dict[str, Any]

INTRODUCTION = """# Performance

Written by `make bench` from `benchmarks/results.json`; don't edit it by hand. Parts can be measured alone: `make bench
PARTS=micro,http`. The times are those of this machine and of that moment, and the ratios of things measured in turn in the same
run say more than the times. Where the load average of a part is above ten, **the machine was shared with other work**: processor
time per request is little disturbed by that; rates, and above all latencies, are. Generator, Webex and database share the two
processors with the app in any case.
"""


def write(results: Results) -> None:
    parts = {"micro": _micro, "http": _http, "e2e": _e2e, "counts": _counts}
    lines = [INTRODUCTION, *_targets(results)]
    for name, part in parts.items():
        if name in results:
            lines += part(results[name])
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


def _machine(found: Results) -> str:
    machine = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"Measured {found['when']}: {machine['processors']} × {machine['cpu']}, {machine['memory_gb']} GB, Linux {machine['kernel']}, "
        f"load {machine['load'][0]} at the end; Python {machine['python']}, {packages}.\n"
    )


def _table(*head: str) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]


# The targets


def _targets(results: Results) -> list[str]:
    rows = [*_micro_targets(results), *_http_targets(results), *_e2e_targets(results)]
    told = [f"| {what} | {target} | {found} | {'met' if is_met else 'missed'} |" for what, target, found, is_met in rows]
    return ["## Targets\n", *_table("What", "Target", "Measured", ""), *told, "", WHY]


WHY = """Why some are missed:

- **In the process.** An event costs about as many microseconds as in the prototype from which the target came, but an empty Flask
  route takes half as long on this machine and Python as there, and it is what the ear is compared with. Of the ear, a
  quarter is the signature, a fifth the reading of the event; the decision, the tally and prometheus-client's counter are a third.
- **granian.** A callable that does nothing takes so little here that not even that is five times as cheap as a Flask route, and
  95 % of it would leave an ear one microsecond. Reading the body costs one; the rest above it is the ear, which takes about as
  long as in the process.
- **waitress** reads and writes every connection in one Python thread, and closes the connection after each 204, so that even a
  callable that does nothing is hardly 1.7 times as cheap as a Flask route. It stays the default since slow clients do it no harm;
  behind a proxy that buffers, `serve --server granian` is the fast one.
- **Relevant events** are stored with SQLAlchemy by another thread, for whose commit they wait: one costs about as much as 25
  that are dropped on SQLite, and as 45 on PostgreSQL, so that 3 % of them nearly double the mean. The p99 is that of a server
  whose connections are all busy, and says how long 32 requests wait for one another.
- **100,000 accounts** came out between 0.86 and 0.92 of one account in four runs: a larger table, and other rows of it each time.
- **Memory.** The libraries that the app imports (SQLAlchemy 20 MB, Flask 21, Huey with psycopg 18, Alembic 9, cryptography 7) are
  above 80 MB before it knows of any account.
- **Latencies.** A command costs 15 to 20 milliseconds of processor time in Python (two calls with requests, four transactions
  and some fifteen statements with SQLAlchemy), where the prototype from which the target came did next to nothing with a message.
  With little else to do, that is what stands between the 100 ms of Webex's answer and ours. A process has one processor at most:
  where the column *processors* nears 1, commands arrive faster than they can be worked off, and the times are those of a queue.
  More workers on more processors would be needed, or a cheaper command; generator, Webex and the database share the two
  processors of this machine.
"""


def _micro_targets(results: Results) -> Iterator[tuple[str, str, str, bool]]:
    if "micro" not in results:
        return
    found = results["micro"]
    ratio = found["steps"]["irrelevant, ahead of Flask"] / found["steps"]["empty Flask route"]
    yield "an irrelevant event in the process, of an empty Flask route", "≤ 8 %", f"{ratio:.1%}", ratio <= 0.08
    more = found["many"]["irrelevant, ahead of Flask"] / found["steps"]["irrelevant, ahead of Flask"]
    accounts = found["memory"]["accounts"]
    yield f"the same with {accounts:,} accounts of 5 trackers", "≤ 1.10 ×", f"{more:.2f} ×", more <= 1.1
    each = found["memory"]["bytes_each"]
    yield "memory per account", "≤ 2 kB", f"{each / 1_000:.2f} kB", each <= 2_000


def _http_targets(results: Results) -> Iterator[tuple[str, str, str, bool]]:
    if "http" not in results:
        return
    found = results["http"]

    def row(what: str, target: float, one: str, other: str, *, of: str = "cpu") -> tuple[str, str, str, bool]:
        value = median(_ratios(found, one, other, of))
        return what, f"≥ {target:g} ×", f"{value:.2f} ×", value >= target

    heard, many = "granian: irrelevant, 1 account", f"granian: irrelevant, {found['many']:,} accounts"
    yield row("granian, irrelevant: CPU of bare Flask 204", 5, heard, "granian: bare Flask 204")
    yield row("granian, irrelevant: CPU of bare WSGI 204", 0.95, heard, "granian: bare WSGI 204")
    yield row("waitress, irrelevant: CPU of bare Flask 204", 1.7, "waitress: irrelevant, 1 account", "waitress: bare Flask 204")
    yield row(f"granian, {found['many']:,} accounts: CPU of one account", 0.9, many, heard)
    for name in ("SQLite", "PostgreSQL"):
        mixed = f"granian: 3 % relevant, {name}"
        if mixed in found["variants"]:
            yield row(f"3 % relevant, {name}, durable: CPU of bare Flask 204", 5, mixed, "granian: bare Flask 204")
            p99 = median(found["variants"][mixed]["p99"])
            yield f"the same, p99 at full load, {found['connections']} connections", "≤ 5 ms", f"{p99:.1f} ms", p99 <= 5
    for kind in ("granian", "waitress"):
        if f"{kind}: slack_bolt under Flask" in found["variants"]:
            goal = 10 if kind == "granian" else 2
            yield row(
                f"{kind}, irrelevant: CPU of slack_bolt",
                goal,
                f"{kind}: irrelevant, 1 account",
                f"{kind}: slack_bolt under Flask",
            )
    if "node: webex-node-bot-framework" in found["variants"]:
        yield row("granian, irrelevant: CPU of webex-node-bot-framework", 40, heard, "node: webex-node-bot-framework")
    for name, limit in ((heard, 80),):
        memory = found["memory"][name]
        yield "memory of a server process, one account", f"≤ {limit} MB", f"{memory:.0f} MB", memory <= limit


def _e2e_targets(results: Results) -> Iterator[tuple[str, str, str, bool]]:
    if "e2e" not in results:
        return
    for name, run in results["e2e"]["runs"].items():
        yield f"{name}: p50 of webhook to answer", "≤ 103 ms", f"{run['p50']:.0f} ms", run["p50"] <= 103
        yield f"{name}: p99", "≤ 112 ms", f"{run['p99']:.0f} ms", run["p99"] <= 112
    runs = list(results["e2e"]["runs"].values())
    if runs:
        calls = max(run["calls_each"] for run in runs)
        yield "API calls per plain command", "2", f"{calls:.2f}", calls <= 2
        reused = min(run["reused"] for run in runs)
        yield "of these on connections that were open", "≥ 95 %", f"{reused:.1%}", reused >= 0.95


# The parts


def _micro(found: Results) -> list[str]:
    steps = found["steps"]
    whole = steps["empty Flask route"]
    rows = [f"| {name} | {time:.2f} | {time / whole:.1%} |" for name, time in steps.items()]
    memory = found["memory"]
    many = found["many"]["irrelevant, ahead of Flask"]
    return [
        "## In the process\n", _machine(found),
        "Microseconds of processor time for one event of about 1,100 bytes, best of nine rounds drawn in turn; and what part that is "
        "of an empty Flask route.\n",
        *_table("What", "µs", "of Flask"), *rows, "",
        f"With {memory['accounts']:,} accounts of 5 trackers each, an irrelevant event takes {many:.2f} µs, and the table "
        f"{memory['megabytes']:.0f} MB, that is {memory['bytes_each']} bytes per account.\n",
    ]  # fmt: skip


def _http(found: Results) -> list[str]:
    rows = []
    for name, one in found["variants"].items():
        flask = f"{name.partition(':')[0]}: bare Flask 204"
        ratio = f"{median(_ratios(found, name, flask, 'cpu')):.2f} ×" if flask in found["variants"] else ""
        low, high = spread(one["cpu"])
        rows.append(
            f"| {name} | **{median(one['cpu']):.0f}** [{low:.0f}–{high:.0f}] | {ratio} | {median(one['rate']):,.0f} "
            f"| {median(one['p99']):.1f} | {found['memory'][name]:.0f} |"
        )
    missing = [f"- Not measured: {name}, {why}." for name, why in found["missing"].items()]
    return [
        "## Over HTTP\n", _machine(found),
        f"{found['rounds']} rounds of {found['seconds']} s each, drawn in turn; {found['connections']} connections; one server process on "
        f"one processor, {found['generator']} on the other. Processor time is that of the server's processes, and for PostgreSQL of its "
        "processes, too. *Of Flask*: how many requests the same server answers in the processor time that it needs for one of an "
        "empty Flask route. *3 % relevant*: one delivery in 33 is new and stored, with a commit that waits for the disk, before its "
        "204; the rows are counted after each round. The ears are served alone, without workers. webex-node-bot-framework asks the "
        "simulated Webex about each message, whose time is not counted.\n",
        *_table("What", "CPU µs per request", "of Flask", "requests/s", "p99 ms", "MB"), *rows, "", *missing, "",
    ]  # fmt: skip


def _ratios(found: Results, one: str, other: str, what: str) -> list[float]:
    """Within each round: how much more the other needs."""
    pairs = zip(found["variants"][one][what], found["variants"][other][what], strict=True)
    return [second / first for first, second in pairs]


def _e2e(found: Results) -> list[str]:
    rows = [
        f"| {name} | {run['commands']} | {run['p50']:.0f} / {run['p99']:.0f} | {run['acknowledged']['command'][0]:.1f} / "
        f"{run['acknowledged']['command'][1]:.1f} | {run['acknowledged']['irrelevant'][0]:.1f} / "
        f"{run['acknowledged']['irrelevant'][1]:.1f} | {run['cpu'] / run['took']:.2f} | {run['calls_each']:.2f} | {run['reused']:.1%} | "
        f"{run['answered']} / {run['twice']} |"
        for name, run in found["runs"].items()
    ]
    missing = [f"- Not measured: {name}, {why}" for name, why in found["missing"].items()]
    return [
        "## From a webhook to its answer\n", _machine(found),
        f"`/todo buy …` typed to the bot by people in turn, at random moments (Poisson), beside {found['irrelevant']:,} irrelevant events "
        f"a second, for {found['seconds']:g} s; Webex takes {found['delay'] * 1_000:.0f} ms for each call, of which one lies between. Times in ms, p50 / "
        "p99; *processors* is the processor time of web and worker per second of the run (generator and Webex not counted).\n",
        *_table("Layout", "Commands", "Webhook to answer", "to its 204", "irrelevant: to its 204", "Processors", "Calls each",
                "Reused connections", "Answered / twice"),
        *rows, "", *missing, "",
    ]  # fmt: skip


def _counts(found: Results) -> list[str]:
    rows = [
        f"| `{one['words']}`{' in ' + one['room'] if one['room'] else ''} | {sum(one['calls'].values())} | "
        f"{', '.join(f'{count} × {call}' if count > 1 else call for call, count in one['calls'].items())} "
        f"| {one['reads']} | {one['writes']} |"
        for one in found["commands"]
    ]
    return [
        "## Calls and statements of every command\n", _machine(found),
        "From the webhook to the answer, on SQLite, typed for real against the simulated Webex; exact. Reads and writes are all "
        "statements of ears and workers meanwhile, also those of what the answer itself is heard as. Braces stand for a code that an "
        "earlier answer told.\n",
        "Of the original, such figures are known for few: `/me` makes 6 calls, each on a new connection, and about 45 requests to its "
        "database; `/checkmember` makes 11 calls for two rooms, since it reads all members of each (here it is one call a room); and "
        "every event that nobody needs makes 1 call and 26 requests, against none here.\n",
        *_table("Typed", "Calls", "which", "Reads", "Writes"), *rows, "",
    ]  # fmt: skip
