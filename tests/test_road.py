"""The whole road: from a first hello to a connected person using every part."""

from tests.people import Person


def test_a_person_says_hello_connects_and_uses_it(alice: Person, bob: Person) -> None:
    greeting = alice.says("hello")
    assert len(greeting) == 1
    assert "Connect your Webex account" in greeting[0]

    page = alice.browser.opens(alice.link())
    assert "spark:messages_read" in page.text
    assert "stored" in page.text

    page = alice.connects(looks=True)
    assert page.status_code == 200
    assert "Alice" in page.text
    assert "You're connected" in alice.hears()[-1]

    assert "buy milk" in alice.says("/todo buy milk")[0]
    assert "Now tracking **Bob Brown**" in alice.says("/track bob@example.com bob")[0]

    bob.says("lunch at noon?", room="Project X")
    assert "lunch at noon?" in alice.hears()[-1]
    assert "Project X" in alice.hears()[-1]

    assert "in store" in alice.says("/track store")[0]
    said = len(alice.hears())
    bob.says("the second one", room="Project X")
    assert len(alice.hears()) == said
    answers = alice.says("/get bob")
    assert answers[0].startswith("1 message of **bob**")
    assert "the second one" in answers[1]
    assert alice.says("/get bob") == ["No messages of **bob** are kept."]
