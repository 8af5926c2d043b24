"""Webex markdown: html, text and mentions (contract section 6)."""

import pytest

from app.simulator.ids import key_of
from app.simulator.markdown import Rendered, render
from tests.simulator.conftest import ALICE, BOB, DAVE, World


def rendered(source: str) -> Rendered:
    return render(source, lambda kind, value: ("ID", "Bob Brown") if value in (BOB, "ID") else None)


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        ("**b** *i* `c`", "<p><strong>b</strong> <em>i</em> <code>c</code></p>", "b i c"),
        ("<b>&</b>", "<p>&lt;b&gt;&amp;&lt;/b&gt;</p>", "<b>&</b>"),
        ("[x](https://e.org)", '<p><a href="https://e.org" rel="nofollow">x</a></p>', "x"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>", "[x](javascript:alert(1))"),
        ("[x](data:text/html,y)", "<p>[x](data:text/html,y)</p>", "[x](data:text/html,y)"),
        ("one\n\ntwo  \nthree", "<p>one</p><p>two<br>\nthree</p>", "one\ntwo\nthree"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("```\na <b\n```", "<pre><code>a &lt;b\n</code></pre>", "a <b"),
    ],
)
def test_rendering(source: str, html: str, text: str) -> None:
    assert (rendered(source).html, rendered(source).text) == (html, text)


@pytest.mark.parametrize(
    ("source", "text", "people", "groups"),
    [
        (f"hi <@personEmail:{BOB}|Bobby>", "hi Bobby", ["ID"], []),
        ("hi <@personId:ID>", "hi Bob Brown", ["ID"], []),
        ("<@personId:ID|a> <@personId:ID|b>", "a b", ["ID"], []),
        ("<@all> hear", "All hear", [], ["all"]),
        (f"<@personEmail:{DAVE}|Dave>", f"<@personEmail:{DAVE}|Dave>", [], []),
        ("`<@all>`", "<@all>", [], []),
        ("<@personId:ID|<b>>", "<b>", ["ID"], []),
    ],
)
def test_mentions(source: str, text: str, people: list[str], groups: list[str]) -> None:
    result = rendered(source)
    assert (result.mentioned_people, result.mentioned_groups) == (people, groups)
    if source != "<@personId:ID|<b>>":
        assert result.text == text
    assert "<b>" not in result.html


def test_a_mention_over_the_api(world: World) -> None:
    room_id = world.room("Project X")
    message = world.post(ALICE, "/messages", roomId=room_id, markdown=f"<@personEmail:{BOB}|Bob> look")
    tag = f'<spark-mention data-object-type="person" data-object-id="{world.id(BOB)}">Bob</spark-mention>'
    assert message["html"] == f"<p>{tag} look</p>"
    assert message["text"] == "Bob look"
    assert message["mentionedPeople"] == [world.id(BOB)]
    assert "html" not in world.post(ALICE, "/messages", roomId=room_id, text="**plain**")


def test_a_mention_takes_an_id_in_each_of_its_forms(world: World) -> None:
    room_id, bob = world.room("Project X"), world.id(BOB)
    for value in (bob, bob + "=", key_of(bob), key_of(bob).upper()):
        message = world.post(ALICE, "/messages", roomId=room_id, markdown=f"<@personId:{value}|Bob> look")
        assert (message["text"], message.get("mentionedPeople")) == ("Bob look", [bob])
        newest = world.items(BOB, "/messages", roomId=room_id, mentionedPeople=value)[0]
        assert newest["id"] == message["id"]
    for value in (world.id(DAVE), key_of(world.id(DAVE)), "nobody", "é"):
        message = world.post(ALICE, "/messages", roomId=room_id, markdown=f"<@personId:{value}|Bob>")
        assert (message["text"], message.get("mentionedPeople")) == (f"<@personId:{value}|Bob>", None)
        query = {"roomId": room_id, "mentionedPeople": value}
        assert world.call(BOB, "GET", "/messages", params=query).status_code == 400


def test_what_is_typed_in_a_client_has_no_markdown(world: World) -> None:
    def typed(markdown: str) -> dict[str, object]:
        fields = {"as": ALICE, "roomId": world.room("Project X"), "markdown": markdown}
        posted = world.http.post(f"{world.url}/chat/messages", json=fields).json()
        return world.get(BOB, f"/messages/{posted['id']}")

    formatted = typed("/todo **now**\nplease")
    assert "markdown" not in formatted
    assert formatted["text"] == "/todo now\nplease"
    assert formatted["html"] == "<p>/todo <strong>now</strong><br>\nplease</p>"
    plain = typed("/todo buy 'milk' & <bread>\n\nsoon")
    assert plain["text"] == "/todo buy 'milk' & <bread>\n\nsoon"
    assert not {"html", "markdown"} & plain.keys()
