"""What may be put in line to be said. It is said by `app.sending`, after the transaction that holds it committed."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.language import N_, _, n_
from app.models import outbox
from app.models.outbox import Hand
from app.webex.cards import Card
from app.webex.markdown import cut, escape, plain, quote, split

MOST_PIECES = 4  # messages of one answer; a longer one is a file
MOST_AFTER_REFUSAL = 20  # messages of an answer that Webex does not take as a file
WHOLE = N_("_That is too long for messages, so all of it is in the attached file._")
LINK = "made-when-sent"  # stands in a stored invitation where the nonce will be


@dataclass(frozen=True)
class Regret:
    """What a person is told if Webex finally does not take something that they caused to be said to somebody else."""

    person_id: str
    markdown: str


def say(
    db: Session,
    *,
    key: str,
    line_name: str,
    to: dict[str, str],
    markdown: str,
    card: Card | None = None,
    if_refused: Regret | None = None,
    file: tuple[str, str] | None = None,
    hand: Hand | None = None,
) -> None:
    """Put an answer in line, in pieces that Webex accepts; as a file with its first line, if they would be too many.

    :param key: what this is the answer to; the same key is said once
    :param to: `roomId`, `toPersonId` or `toPersonEmail`, as Webex spells them
    :param card: shown with the last piece
    :param if_refused: said once, however many pieces are refused
    :param file: name and text of a file that goes along with the last piece
    :param hand: of the worker who says it right after the commit
    """
    pieces = split(markdown)
    regret = {"key": f"{key}|regret", **asdict(if_refused)} if if_refused else None
    if file is None and len(pieces) > MOST_PIECES:
        pieces, file = [f"{_head(markdown)}\n\n{_(WHOLE)}"], ("answer.txt", plain(markdown))
    for number, piece in enumerate(pieces, start=1):
        shown = card if number == len(pieces) else None
        content: dict[str, Any] = {"to": to, "markdown": piece, "card": shown, "if_refused": regret}
        kind = "message"
        if file and not content["card"] and number == len(pieces):
            kind, content = "file", {**_with(file, to, piece), "if_refused": regret}
        in_hand = hand if kind == "message" else None
        outbox.add(db, key=f"{key}|{number}", line_name=line_name, kind=kind, content=content, hand=in_hand)
    if file and card:  # Webex takes a card or a file
        outbox.add(db, key=f"{key}|file", line_name=line_name, kind="file", content=_with(file, to, _("_The file:_")))


def _with(file: tuple[str, str], to: dict[str, str], markdown: str) -> dict[str, Any]:
    return {"to": to, "markdown": markdown, "name": file[0], "text": file[1]}


def _head(markdown: str) -> str:
    return cut(markdown.strip().partition("\n")[0], 1_000)


def say_instead(db: Session, *, key: str, line_name: str, content: dict[str, Any]) -> None:
    """Say in messages what Webex does not take as a file."""
    head = _("Webex did not take the file **{name}**, so here is what stands in it.", name=escape(content["name"]))
    pieces = split(f"{head}\n\n{quote(content['text'])}")
    if len(pieces) > MOST_AFTER_REFUSAL:
        pieces = [*pieces[:MOST_AFTER_REFUSAL], _stopped(len(pieces) - MOST_AFTER_REFUSAL)]
    for number, piece in enumerate([content["markdown"], *pieces], start=1):
        said = {"to": content["to"], "markdown": piece, "card": None}
        outbox.add(db, key=f"{key}|instead|{number}", line_name=line_name, kind="message", content=said)


def _stopped(rest: int) -> str:
    return n_(
        "_Here I stop: {count} more message would follow. Ask for less, by a filter._",
        "_Here I stop: {count} more messages would follow. Ask for less, by a filter._",
        rest,
    )


def say_to(
    db: Session,
    person_id: str,
    markdown: str,
    *,
    key: str,
    card: Card | None = None,
    if_refused: Regret | None = None,
    file: tuple[str, str] | None = None,
    hand: Hand | None = None,
) -> None:
    """Tell a person something, in their 1:1 room with the bot."""
    to = {"toPersonId": person_id}
    say(db, key=key, line_name=person_id, to=to, markdown=markdown, card=card, if_refused=if_refused, file=file, hand=hand)


def quote_to(
    db: Session,
    person_id: str,
    message_id: str,
    *,
    why: str,
    key: str,
    before: str = "",
    who: str = "",
    what: str = "",
    card: Card | None = None,
    kept_id: int | None = None,
    held_id: int | None = None,
    is_fresh: bool = False,
) -> None:
    """Show a person somebody's message. Only its id is stored; its text is read, with the person's rights, when it is sent.

    :param why: the reason, for the privacy ledger
    :param before: markdown put before it; it is said even if the message can't be shown
    :param who: markdown that names its author beside the address, such as a nickname
    :param what: what its author did: `app.showing.MENTIONED`, or "" for just writing it
    :param kept_id: the kept reference to drop once the message was shown
    :param card: beside it; it may have a place for the message, `cards.quoted`
    :param held_id: the held alert to drop then
    :param is_fresh: a message that was just written may be unreadable for some seconds
    """
    content = {
        "person_id": person_id, "message_id": message_id, "why": why, "before": before, "who": who, "what": what,
        "card": card, "kept_id": kept_id, "held_id": held_id, "is_fresh": is_fresh,
    }  # fmt: skip
    outbox.add(db, key=key, line_name=person_id, kind="quotation", content=content)


def head_to(db: Session, person_id: str, markdown: str, *, key: str) -> None:
    """Announce messages that will be read with the person's rights. It is said only if these still work at that moment:
    a heading with nothing below would be a lie.
    """
    content = {"person_id": person_id, "to": {"toPersonId": person_id}, "markdown": markdown}
    outbox.add(db, key=key, line_name=person_id, kind="heading", content=content)


def notify(
    db: Session, person_id: str, markdown: str, *, room_id: str, about_id: str, key: str, held_id: int | None = None
) -> None:
    """Tell a person something about a room and somebody else. Names that others chose are not stored: they are read, with the
    person's rights, when it is said.

    :param markdown: with `app.showing.ROOM` and `WHO` in place of the names
    """
    content = {
        "person_id": person_id, "to": {"toPersonId": person_id}, "markdown": markdown, "room_id": room_id, "about_id": about_id,
        "held_id": held_id,
    }  # fmt: skip
    outbox.add(db, key=key, line_name=person_id, kind="notice", content=content)


def say_as(db: Session, person_id: str, room_id: str, markdown: str, *, key: str, answers: dict[str, str] | None = None) -> None:
    """Say something in a room in a person's own name.

    :param answers: of an automatic reply, `person_id` and `message_id` of what it answers; its owner is told how it went
    """
    content = {"person_id": person_id, "to": {"roomId": room_id}, "markdown": markdown, "answers": answers}
    outbox.add(db, key=key, line_name=person_id, kind="as_person", content=content)


def remove_as(db: Session, person_id: str, message_id: str, *, key: str) -> None:
    """Remove a person's own message in their own name. If Webex refuses, it stays, and nothing is said about it."""
    content = {"person_id": person_id, "message_id": message_id}
    outbox.add(db, key=key, line_name=person_id, kind="removal", content=content)


def notices_line(reader_id: str) -> str:
    """The line of what somebody is told of others' lists: it may wait for others' Webex, and holds up no answer."""
    return f"notices {reader_id}"


def share(db: Session, owner_id: str, reader_id: str, markdown: str, *, key: str) -> None:
    """Tell a subscriber of a change of somebody's list, if at the moment of sending that is still allowed."""
    for number, piece in enumerate(split(markdown), start=1):
        content = {"owner_id": owner_id, "to": {"toPersonId": reader_id}, "markdown": piece}
        outbox.add(db, key=f"{key}|{number}", line_name=notices_line(reader_id), kind="shared", content=content)


def invite(db: Session, person_id: str, markdown: str, *, key: str) -> None:
    """Send a person an authorization link. It is made when it is sent, so that nothing but its hash is ever stored.

    :param markdown: with `LINK` in place of the link's nonce
    """
    content = {"to": {"toPersonId": person_id}, "markdown": markdown}
    outbox.add(db, key=key, line_name=person_id, kind="invitation", content=content)


def leave(db: Session, line_name: str, membership_id: str, *, key: str) -> None:
    """Leave a room, after everything that is in line before."""
    outbox.add(db, key=key, line_name=line_name, kind="leave", content={"membership_id": membership_id})
