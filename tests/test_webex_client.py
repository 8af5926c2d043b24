"""The one road out, against servers that misbehave: pages, pauses, repeats, and where a token may go."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from app.webex.budget import BURST, MOST_KEPT, Budgets, Clock
from app.webex.client import MAX_PAGES, WebexClient
from app.webex.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    WebexError,
)
from app.webex.http import MAX_ANSWER, Http, retry_after_seconds
from tests.servers import Answer, Asked, Server

TOKEN = "OUR-TOKEN"
Script = Callable[[Asked], Answer]


class Road:
    """A client, and the server at its end."""

    def __init__(self, retries: int = 2, timeout: float = 5.0) -> None:
        self.script: Script = lambda asked: Answer()
        self.server = Server(self._ask)
        self.http = Http(f"{self.server.url}/v1", timeout=timeout, retries=retries, retry_after_cap=0.05, rate=1_000)
        self.webex = WebexClient(lambda method, path, **parts: self.http.request(method, path, TOKEN, **parts))

    def _ask(self, asked: Asked) -> Answer:
        return self.script(asked)

    def answers(self, *answers: Answer) -> None:
        """Answer so, one after the other; the last one again and again."""
        waiting = list(answers)
        self.script = lambda asked: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def road() -> Iterator[Road]:
    made = Road()
    with made.server:
        yield made
    made.http.close()


def page(*numbers: int, following: str = "") -> Answer:
    items = [{"id": f"R{number}", "title": f"Room {number}"} for number in numbers]
    return Answer(body=json.dumps({"items": items}).encode(), headers={"Link": following} if following else {})


def ids(road: Road, limit: int = 100, **params: Any) -> list[str]:
    return [room.id for room in road.webex.list_rooms(limit, **params)]


# Pages


def test_pages_are_followed_to_the_end(road: Road) -> None:
    base = road.server.url
    road.answers(
        page(1, 2, following=f'<{base}/v1/rooms?max=2&cursor=a>; rel="next"'),
        page(following=f'<{base}/v1/rooms?max=2&cursor=b>; rel="next", <{base}/v1/rooms>; rel="first"'),  # an empty one is no end
        page(3),
    )
    assert ids(road) == ["R1", "R2", "R3"]
    assert [asked.path.partition("cursor=")[2] for asked in road.server.asked] == ["", "a", "b"]


def test_filters_that_a_next_link_dropped_are_put_back(road: Road) -> None:
    """WebexPythonSDK issue 168; and `max=null` has been seen in such links."""
    base = road.server.url
    road.answers(page(1, following=f'<{base}/v1/rooms?max=null&cursor=a>; rel="next"'), page(2))
    assert ids(road, type="direct", sortBy="created") == ["R1", "R2"]
    second = road.server.asked[1].path
    assert "type=direct" in second and "sortBy=created" in second and "cursor=a" in second
    assert "null" not in second and second.count("max=") == 1


def test_what_the_next_link_says_wins(road: Road) -> None:
    base = road.server.url
    road.answers(page(1, following=f'<{base}/v1/rooms?max=7&type=group>; rel="next"'), page(2))
    ids(road, type="direct")
    assert "max=7" in road.server.asked[1].path and "type=group" in road.server.asked[1].path


def test_a_next_link_is_followed_as_it_stands(road: Road) -> None:
    """E-12: a cursor is opaque, so nothing in it is decoded, joined or left out on the way."""
    for query in ("cursor=a%2Bb%2Fc==&max=2", "cursor=x+y&cursor=z&max=2", "max=2&cursor=&tail", "max=2&cursor=%C3%A4;b"):
        road.server.asked.clear()
        road.answers(page(1, following=f'<{road.server.url}/v1/rooms?{query}>; rel="next"'), page(2))
        assert ids(road) == ["R1", "R2"]
        assert road.server.asked[1].path == f"/v1/rooms?{query}"


def test_the_next_link_is_found_among_others(road: Road) -> None:
    first, second = f"<{road.server.url}/v1/rooms?page=first>", f"<{road.server.url}/v1/rooms?page=2>"
    for header in (
        f'{first}; rel="first", {second}; rel="next"', f'{second};rel=next,{first};rel="prev first"',
        f'{second} ; title="a; rel=first" ; REL = "last next", {first}; rel="nextish"',
    ):  # fmt: skip
        road.answers(page(1, following=header), page(2))
        assert ids(road) == ["R1", "R2"], header
        assert road.server.asked[-1].path.startswith("/v1/rooms?page=2")
    for header in (f"{second}", f'{second}; rel="prev"', f'{second}; rel="prev"; title="next"', "next", "<>; rel=next"):
        road.answers(page(1, following=header), page(2))
        assert ids(road) == ["R1"], header


def test_a_next_link_may_be_relative(road: Road) -> None:
    for link in ("/v1/rooms?cursor=a", "?cursor=a", f"//{road.server.url.removeprefix('http://')}/v1/rooms?cursor=a"):
        road.server.asked.clear()
        road.answers(page(1, following=f'<{link}>; rel="next"'), page(2))
        assert ids(road, type="group") == ["R1", "R2"]
        assert road.server.asked[1].path == "/v1/rooms?cursor=a&max=100&type=group"


def test_a_filter_that_was_not_given_is_not_put_back(road: Road) -> None:
    road.answers(page(1, following=f'<{road.server.url}/v1/rooms?max=9&cursor=a>; rel="next"'), page(2))
    assert ids(road, type=None) == ["R1", "R2"]
    assert road.server.asked[1].path == "/v1/rooms?max=9&cursor=a"


def test_a_page_is_no_larger_than_webex_gives(road: Road) -> None:
    """`max` is the size of a page, not of the list."""
    road.answers(page(1))
    ids(road, limit=5_000)
    road.answers(Answer(body=b'{"items": []}'))
    road.webex.list_messages("R", 5_000)
    assert [asked.path for asked in road.server.asked] == ["/v1/rooms?max=1000", "/v1/messages?roomId=R&max=1000"]


def test_a_list_without_end_is_no_list(road: Road) -> None:
    """E-12: a part is not passed off as the whole."""
    numbers = count()

    def endless(_asked: Asked) -> Answer:
        number = next(numbers)
        return page(number, following=f'<{road.server.url}/v1/rooms?cursor={number}>; rel="next"')

    road.script = endless
    with pytest.raises(Unavailable):
        list(road.webex.iterate_rooms())
    assert len(road.server.asked) == MAX_PAGES + 1
    assert next(road.webex.iterate_rooms()).id


def test_an_error_in_the_middle_of_a_list_is_an_error(road: Road) -> None:
    """E-12: a cursor may be forgotten by Webex; what was read so far is not the list."""
    for status, kind in ((404, NotFound), (403, Forbidden), (500, Unavailable)):
        road.answers(page(1, following=f'<{road.server.url}/v1/rooms?cursor=a>; rel="next"'), Answer(status))
        rooms = road.webex.iterate_rooms()
        assert next(rooms).id == "R1"
        with pytest.raises(kind):
            next(rooms)


def test_an_id_leads_to_no_other_address(road: Road) -> None:
    road.answers(Answer(404))
    for identifier in ("../people/me", "a/b", "a?max=1", "a#b", "a%2Fb", "ä"):
        road.server.asked.clear()
        with pytest.raises(NotFound):
            road.webex.get_room(identifier)
        (asked,) = road.server.asked
        assert asked.path == f"/v1/rooms/{quote(identifier, safe='')}"


def test_no_more_pages_than_wanted(road: Road) -> None:
    road.answers(page(1, 2, following=f'<{road.server.url}/v1/rooms?cursor=a>; rel="next"'))
    assert ids(road, limit=2) == ["R1", "R2"]
    assert len(road.server.asked) == 1


def test_a_circle_of_pages_ends(road: Road) -> None:
    road.answers(page(1, following=f'<{road.server.url}/v1/rooms?cursor=a>; rel="next"'))
    assert ids(road) == ["R1", "R1"]
    assert len(road.server.asked) == 2


def test_a_next_link_to_another_host_gets_no_token(road: Road) -> None:
    port = road.server.url.rsplit(":", 1)[1]
    with Server(lambda asked: page(9)) as thief:
        places = (
            f"{thief.url}/v1/rooms", f"http://127.0.0.1:{port}@{thief.url.removeprefix('http://')}/v1/rooms",
            f"http://x@127.0.0.1:{port}/v1/rooms", f"https://127.0.0.1:{port}/v1/rooms", f"http://localhost:{port}/v1/rooms",
            f"http://127.0.0.1:{port}.evil.example/v1/rooms", "http://evil.example/", "https://[broken/",
        )  # fmt: skip
        for place in places:
            road.server.asked.clear()
            road.answers(page(1, following=f'<{place}>; rel="next"'), page(2))
            with pytest.raises(WebexError):
                ids(road)
            assert len(road.server.asked) == 1, place
        for place in ("file:///etc/passwd", "//evil.example/v1", "gopher://x"):  # no address of ours: asked below our own base
            road.server.asked.clear()
            road.answers(page(1, following=f'<{place}>; rel="next"'), Answer(404))
            with pytest.raises(WebexError):
                ids(road)
            assert road.server.asked[-1].path.startswith("/v1"), place
        assert thief.asked == []


def test_redirects_are_not_followed(road: Road) -> None:
    with Server(lambda asked: page(9)) as thief:
        for status in (301, 302, 303, 307, 308):
            road.answers(Answer(status, headers={"Location": f"{thief.url}/steal"}))
            with pytest.raises(WebexError) as refusal:
                road.webex.get_me()
            assert refusal.value.status == status
        assert thief.asked == []


def test_cookies_do_not_travel_between_people(road: Road) -> None:
    body = b'{"id": "P"}'
    road.answers(Answer(body=body, headers={"Set-Cookie": "sid=alice; Path=/"}))
    road.webex.get_me()
    road.http.request("GET", "/people/me", "BOBS-TOKEN")
    first, second = road.server.asked
    assert "Cookie" not in second.headers
    assert (first.headers["Authorization"], second.headers["Authorization"]) == (f"Bearer {TOKEN}", "Bearer BOBS-TOKEN")


# Errors


def test_each_status_is_an_error_of_its_own(road: Road) -> None:
    kinds = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 500: Unavailable, 418: WebexError}
    for status, kind in kinds.items():
        secret = b'{"message": "a text that somebody wrote"}'
        road.answers(Answer(status, body=secret, headers={"trackingid": "ROUTER_1"}))
        with pytest.raises(kind) as refusal:
            road.webex.get_me()
        assert (refusal.value.status, refusal.value.tracking_id) == (status, "ROUTER_1")
        assert "somebody" not in str(refusal.value) and refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "body", [b"", b"[", b"<html>", b"null", b"5", b"[]", b'"x"', b"{}", b'{"id": 5}', b'{"id": ["x"]}', b"\xff\xfe"]
)
def test_an_answer_that_is_none(road: Road, body: bytes) -> None:
    road.answers(Answer(body=body))
    with pytest.raises(Unavailable) as refusal:
        road.webex.get_me()
    assert not refusal.value.may_have_happened
    with pytest.raises(Unavailable) as refusal:
        road.webex.create_message("hello", toPersonId="P")
    assert refusal.value.may_have_happened  # Webex did take the message
    with pytest.raises(Unavailable):
        road.webex.list_webhooks()


def test_a_bomb_is_not_unpacked(road: Road) -> None:
    """A few thousand bytes on the wire, more than we would ever take in memory."""
    bomb = gzip.compress(b"\0" * (4 * MAX_ANSWER))
    assert len(bomb) < MAX_ANSWER / 100
    road.answers(Answer(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable):
        road.webex.get_me()
    road.answers(Answer(body=gzip.compress(b'{"id": "P"}'), headers={"Content-Encoding": "gzip"}))
    assert road.webex.get_me().id == "P"
    road.answers(Answer(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unavailable):
        road.webex.get_me()


# Once or again


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reading_is_repeated(road: Road, status: int) -> None:
    road.answers(Answer(status, headers={"Retry-After": "0"}), Answer(status), Answer(body=b'{"id": "P"}'))
    assert road.webex.get_me().id == "P"
    assert len(road.server.asked) == 3


def test_reading_over_a_broken_connection_is_repeated(road: Road) -> None:
    road.answers(Answer(hang_up=True), Answer(body=b'{"id": "P"}'))
    assert road.webex.get_me().id == "P"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_can_be_done_twice_is_repeated(road: Road, method: str) -> None:
    road.answers(Answer(503), Answer(204, body=b""))
    assert road.http.request(method, "/webhooks/W", TOKEN).status_code == 204
    assert road.server.methods == [method, method]


def test_repeating_ends(road: Road) -> None:
    for answer, kind in ((Answer(503), Unavailable), (Answer(429), RateLimited), (Answer(hang_up=True), Unavailable)):
        road.server.asked.clear()
        road.answers(answer)
        with pytest.raises(kind):
            road.webex.get_me()
        assert len(road.server.asked) == 3


@pytest.mark.parametrize("answer", [*(Answer(status) for status in (500, 502, 503, 504)), Answer(hang_up=True)])
def test_a_message_that_may_be_out_is_not_sent_again(road: Road, answer: Answer) -> None:
    road.answers(answer)
    with pytest.raises(Unavailable) as refusal:
        road.webex.create_message("hello", toPersonId="P")
    assert refusal.value.may_have_happened
    assert road.server.methods == ["POST"]


def test_a_message_that_waits_too_long_is_not_sent_again() -> None:
    road = Road(timeout=0.2)
    with road.server:

        def slow(_asked: Asked) -> Answer:
            time.sleep(0.5)
            return Answer()

        road.script = slow
        with pytest.raises(Unavailable) as refusal:
            road.webex.create_message("hello", toPersonId="P")
        assert refusal.value.may_have_happened
        assert road.server.methods == ["POST"]
    road.http.close()


def test_a_message_that_webex_refused_to_take_is_sent_again(road: Road) -> None:
    """429 is said before anything is done."""
    sent = b'{"id": "M", "roomId": "R", "personId": "P"}'
    road.answers(Answer(429, headers={"Retry-After": "0"}), Answer(body=sent))
    assert road.webex.create_message("hello", toPersonId="P").id == "M"
    assert [json.loads(asked.body) for asked in road.server.asked] == [{"markdown": "hello", "toPersonId": "P"}] * 2


def test_a_message_that_never_left(road: Road) -> None:
    with Server(lambda asked: Answer()) as gone:
        url = gone.url
    http = Http(f"{url}/v1", timeout=1.0, retries=1, retry_after_cap=0.05, rate=1_000)
    webex = WebexClient(lambda method, path, **parts: http.request(method, path, TOKEN, **parts))
    with pytest.raises(Unavailable) as refusal:
        webex.create_message("hello", toPersonId="P")
    assert not refusal.value.may_have_happened
    http.close()


# Pauses


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0), ("0", 0.0), ("2.5", 2.5), (" 4 ", 4.0),
        (None, 15.0), ("", 15.0), ("soon", 15.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 15.0), ("nan", 15.0), ("1,2", 15.0),
        ("86400", 30.0), ("inf", 30.0), ("1e400", 30.0), ("9" * 5_000, 30.0), ("-5", 0.0), ("-inf", 0.0),
    ],
)  # fmt: skip
def test_retry_after_is_read_tolerantly(header: str | None, seconds: float) -> None:
    assert retry_after_seconds(header, 30.0) == seconds


@pytest.mark.parametrize("header", ["0", "soon", "86400", "-1", "nan", None])
def test_a_pause_is_never_longer_than_allowed(road: Road, header: str | None) -> None:
    """The caller is told when to come again; here the cap is a twentieth of a second."""
    road.answers(Answer(429, headers={"Retry-After": header} if header else {}))
    with pytest.raises(RateLimited) as refusal:
        road.webex.get_me()
    assert 0.0 <= refusal.value.retry_after <= 0.05
    assert len(road.server.asked) == 3


# Budgets


class MovedClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.time += seconds

    def budgets(self, rate: float) -> Budgets:
        return Budgets(rate, Clock(lambda: self.time, self.sleep))


def test_a_token_has_a_budget_and_bulk_work_leaves_a_reserve(road: Road) -> None:
    """E-8: at most so many requests a second on average, whoever makes them; commands don't wait behind bulk."""
    clock, bulk = MovedClock(), road.webex.in_bulk()
    road.http.budgets = clock.budgets(rate=5)
    road.answers(Answer(body=b'{"id": "P"}'))
    for _ in range(5):
        bulk.get_me()
    assert clock.time == 0.0
    bulk.get_me()
    assert clock.time == pytest.approx(0.2)  # half of the bucket is left to commands
    for _ in range(5):
        road.webex.get_me()
    assert clock.time == pytest.approx(0.2)
    road.webex.get_me()
    assert clock.time == pytest.approx(0.4)
    road.http.request("GET", "/people/me", "ANOTHER-TOKEN", in_bulk=True)
    assert clock.time == pytest.approx(0.4)
    bulk.get_me()
    assert clock.time == pytest.approx(0.4 + 1.2)  # the reserve fills first
    clock.sleep(3_600)
    road.answers(Answer(503), Answer(body=b'{"id": "P"}'))
    road.webex.get_me()  # a request that was repeated counts twice
    for _ in range(8):
        road.webex.get_me()
    before = clock.time
    road.webex.get_me()
    assert clock.time == pytest.approx(before + 0.2)


@pytest.mark.parametrize(("header", "pause"), [("3", 3.0), ("rand(30),add(30)", 15.0), (None, 15.0), ("86400", 30.0)])
def test_one_refusal_holds_everything_with_its_token(road: Road, header: str | None, pause: float) -> None:
    """Nobody finds out by a refusal of their own; what can come again later occupies no thread meanwhile."""
    clock, bulk = MovedClock(), road.webex.in_bulk()
    road.http.budgets, road.http.retry_after_cap = clock.budgets(rate=5), 30.0
    road.answers(Answer(429, headers={"Retry-After": header} if header else {}), Answer(body=b'{"id": "P"}'))
    for attempt in range(3):
        with pytest.raises(RateLimited) as refusal:
            bulk.get_me()
        assert refusal.value.retry_after == pytest.approx(pause), attempt
    assert len(road.server.asked) == 1 and clock.time == 0.0
    road.http.request("GET", "/people/me", "ANOTHER-TOKEN")
    if pause > road.http.timeout[1]:
        with pytest.raises(RateLimited) as refusal:
            road.webex.get_me()
        assert not refusal.value.may_have_happened and refusal.value.retry_after == pytest.approx(pause)
        clock.sleep(pause)
    assert road.webex.get_me().id == "P"
    assert clock.time == pytest.approx(pause)
    bulk.get_me()
    assert clock.time == pytest.approx(pause + 0.2, abs=0.01)  # after a pause not all come at once


def test_many_threads_keep_one_budget() -> None:
    clock, taken = MovedClock(), count()
    budgets = clock.budgets(rate=50)

    def work(in_bulk: bool) -> None:
        for _ in range(100):
            budgets.of(TOKEN).take(1.0, in_bulk=in_bulk)
            next(taken)

    threads = [threading.Thread(target=work, args=(number % 2 == 0,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert next(taken) == 800 <= 50 * (BURST + clock.time) + 1e-6
    mine = budgets.of(TOKEN)
    for number in range(MOST_KEPT * 3):  # budgets nobody uses are let go in time; one in use is not
        clock.sleep(1.0)
        budgets.of(f"T{number}")
        if number % 50 == 0:
            mine.take(1.0)
    assert len(budgets._by_token) <= MOST_KEPT
    assert budgets.of(TOKEN) is mine
