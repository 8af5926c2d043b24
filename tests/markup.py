"""What is wrong with a page as HTML, found without a browser: html5lib's strict parser, and what a parser can't know."""

import re
from collections import Counter
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
from html5lib.html5parser import ParseError

FIELDS = ("input", "select", "textarea")
PRESSED = ("a", "button", "input", "select", "textarea", "summary", "label")
POINTING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "list")
Found = list[str]


def problems(page: str) -> Found:
    """Each in a few words; nothing if the page is sound."""
    try:
        root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    except ParseError as error:
        return [f"parse error: {error}"]
    return [*_references(root), *_names(root), *_nesting(root), *_outline(root)]


def _references(root: Element) -> Found:
    """Ids are there once, and whatever points at one finds it."""
    ids = Counter(one.get("id") for one in root.iter() if one.get("id"))
    pointed = {(name, word) for one in root.iter() for name in POINTING for word in (one.get(name) or "").split()}
    pointed |= {("href", href[1:]) for one in root.iter("a") if (href := one.get("href") or "").startswith("#")}
    return [f"the id {one} is there {count} times" for one, count in ids.items() if count > 1] + [
        f"{name} points at {target}, which is not there" for name, target in sorted(pointed) if target not in ids
    ]


def _names(root: Element) -> Found:
    """Whatever is used has a name; ARIA 1.2 wants it, and so does whoever listens to a page."""
    labelled = {one.get("for") for one in root.iter("label")}
    fields = [one for name in FIELDS for one in root.iter(name) if one.get("type") not in ("hidden", "submit")]
    nameless = [one for one in fields if one.get("id") not in labelled and not one.get("aria-label")]
    pressed = [one for name in ("a", "button", "summary") for one in root.iter(name)]
    pressed = [one for one in pressed if not "".join(one.itertext()).strip() and not one.get("aria-label")]
    pictures = [one for one in root.iter("img") if one.get("alt") is None]
    return [f"a {one.tag} without a name: {one.attrib}" for one in (*nameless, *pressed, *pictures)]


def _nesting(root: Element) -> Found:
    """Nothing that is pressed is inside another (HTML, 3.2.5.2.7), and no form in a form."""
    outers = [outer for name in ("a", "button", "summary", "form") for outer in root.iter(name)]
    inside = [(outer, inner) for outer in outers for inner in outer.iter()]
    return [
        f"a {inner.tag} in a {outer.tag}"
        for outer, inner in inside
        if outer is not inner and (inner.tag == "form" or (outer.tag != "form" and inner.tag in PRESSED))
    ]


def _outline(root: Element) -> Found:
    """One title, one main part, one h1, and no heading two levels below the one before."""
    counted = {name: sum(1 for _ in root.iter(name)) for name in ("title", "main", "h1")}
    levels = [int(one.tag[1]) for one in root.iter() if re.fullmatch("h[1-6]", str(one.tag))]
    found = [f"{count} times {name}" for name, count in counted.items() if count != 1]
    found += [f"h{after} behind h{before}" for before, after in pairwise(levels) if after > before + 1]
    return found + ([] if root.get("lang") else ["no language"])
