"""A letter: the content of a message, and its forms: Slack's blocks, and the text that replaces them.

Its words are Slack's mrkdwn with our own marks: bold, struck, code, mentions, links. Typed text contains no marks
(`kit.typed`), so the text form is the same words without the marks. A further form would be one more reading of the
same parts.

All lengths are limited here. A message is posted once and edited later, so it must fit the narrower limits of the two.
`chat.update` refuses a text of more than 4,000 characters (`msg_too_long`), which `chat.postMessage` accepts. Both
refuse blocks with some 12,000 characters in all (`msg_blocks_too_long`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from itertools import chain
from typing import Any

from coaching.news.announcement import Announcement
from coaching.texts import unturned
from handlers.views.kit import (
    MESSAGE_BLOCKS,
    Json,
    actions,
    apart,
    card,
    clip,
    clip_lines,
    context,
    escape,
    fitting,
    paragraphs,
    section,
    verbatim,
)
from handlers.views.newer import Newer, clipped, in_all
from handlers.views.slack_dates import undated
from language.say import Say

TEXT = 4000
"""The most characters in a message's text, with entities counted as written."""
IN_ALL = 10_000
"""The most characters in a message's blocks.

This is well under 12,000, because Slack counts the structure around the words as well.
"""
LISTED = 6000
"""The most characters of a listing in blocks."""
BRIEFLY = 2000
"""The most characters of a listing if choices follow it, which repeat most of it."""
SHORTENED = 600
"""The characters of a quotation that stay in a full message. The session's record has all of it."""
ONE_BY_ONE = 10
"""Up to this many items of a listing have a section of their own, with their buttons."""

_MARKS = "*~`"
_MENTION = re.compile(r"<@(\w+)>")
_LINK = re.compile(r"<[^@#|<>][^|<>]*\|([^<>]*)>")

Rest = Callable[[int], str]
"""Says how many more follow, and where they can be seen."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows that belong together. `sign` is an emoji before them, `record` a button beside them."""

    rows: Sequence[str]
    sign: str = ""
    record: Json | None = None


@dataclass(frozen=True, slots=True)
class InSlack:
    """A sentence that is of use in Slack only: it says what to type there."""

    words: str


@dataclass(frozen=True, slots=True)
class Small:
    """Sentences of small print, side by side."""

    sentences: Sequence[str | InSlack]

    def said(self, *, in_slack: bool = True) -> list[str]:
        """Return the sentences for a reader who has Slack, or who has not."""
        kept = (one for one in self.sentences if in_slack or isinstance(one, str))
        return [one if isinstance(one, str) else one.words for one in kept]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Sentences for the text alone: in blocks, something else says the same."""

    sentences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Card:
    """An item's words as a card says them. `buttons` are those of its row that have a place there."""

    title: str
    subtitle: str
    body: str
    buttons: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Item:
    """A session, or another thing of which there may be many. `record` is beside it, `row` below it.

    `card` says the same where Slack takes cards.
    """

    words: str
    record: Json | None = None
    row: Sequence[Json] = ()
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The first of many items. A few with buttons are shown one by one. `rest` says what is left out."""

    items: Sequence[Item]
    rest: Rest


@dataclass(frozen=True, slots=True)
class Choices:
    """Items with buttons, as many as there is room for. `of` is the number of all items.

    `again` means that they are in the letter's listing already.
    """

    items: Sequence[Item]
    rest: Rest
    of: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Typed text as it was typed, under a heading, or None if there is none. `say` is the reader's."""

    heading: str
    words: str | None
    say: Say


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons about the whole letter."""

    elements: Sequence[Json]


Part = Facts | Small | Unseen | Listing | Choices | Quote | Buttons


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A title, rows directly `under` it, and parts. Empty parts are left out.

    `sign` is an emoji before the title. `calls` is the id of the person whom Slack notifies in a channel.
    """

    title: str
    sign: str = ""
    calls: str | None = None
    under: Sequence[str] = ()
    body: Sequence[Part] = ()

    def message(self) -> Json:
        """Return the arguments of chat.postMessage or chat.update."""
        return {"text": self.text(), "blocks": self.blocks()}

    def blocks(self) -> list[Json]:
        """Return Slack's blocks."""
        call = f"<@{self.calls}>, " if self.calls else ""
        title = [section("\n".join([f"{_signed(self.sign)}{call}*{self.title}*", *self.under]))]
        brief = any(isinstance(part, Choices) and part.again for part in self.body)
        sets = [title, *(_blocks(part, BRIEFLY if brief else LISTED) for part in self.body)]
        # Items with buttons take the room that is left, then quotations do: the record has all of them.
        for number, part in enumerate(self.body, start=1):
            if isinstance(part, Choices):
                others = list(chain(*sets))
                sets[number] = _choices(part, MESSAGE_BLOCKS - in_all(others), IN_ALL - characters(others))
        for number, part in enumerate(self.body, start=1):
            if isinstance(part, Quote):
                sets[number] = _quotation(part, SHORTENED + max(0, IN_ALL - characters(list(chain(*sets)))))
        return clipped(list(chain(*sets)), MESSAGE_BLOCKS)

    def text(self) -> str:
        """Return the whole letter without blocks, for notifications and screen readers. It mentions nobody.

        Of many items it names the first, and the number of the others. The text around them is always included. Typed
        text is at the end.
        """
        said = [*_unmarked([self.title, *self.under]), *chain(*map(_said, self.body))]
        room = TEXT - sum(len(line) + 1 for line in said if isinstance(line, str))
        lists = [_unmarked([item.words for item in part.items]) for part in said if not isinstance(part, str)]
        named = sum(len(line) + 1 for line in chain(*lists))
        quotes = [part for part in self.body if isinstance(part, Quote) and part.words]
        quoted = [_quoted(quote, max(room - named, room // 2)) for quote in quotes]
        room = max(0, room - sum(len(line) + 1 for line in quoted))
        # A long letter has one list at most. If there were more, they would share the room.
        share, listed = room // max(1, len(lists)), iter(lists)
        lines: list[str] = []
        for part in said:
            lines += [part] if isinstance(part, str) else _first(next(listed), part, share)
        return clip_lines([*lines, *quoted], TEXT, None)


def _first(lines: Sequence[str], part: Listing | Choices, most: int) -> list[str]:
    """Return the lines that fit into `most` characters, and the number of the others."""
    of = part.of if isinstance(part, Choices) else len(lines)
    if len(lines) == of and sum(len(line) + 1 for line in lines) <= most + 1:
        return list(lines)
    return _unmarked(fitting(lines, most - len(part.rest(of)) - 1, part.rest, besides=of - len(lines)))


def _signed(sign: str) -> str:
    return f"{sign} " if sign else ""


def _blocks(part: Part, listed: int) -> list[Json]:
    match part:
        case Facts(rows, sign, record):
            return [section(_signed(sign) + "\n".join(rows), record)] if rows else []
        case Small(sentences):
            return [context(*part.said())] if sentences else []
        case Quote():
            return _quotation(part, SHORTENED)
        case Buttons(elements):
            return [actions(elements)] if elements else []
        case Listing(items, rest):
            if len(items) <= ONE_BY_ONE and any(item.record or item.row for item in items):
                return [block for item in items for block in _one(item)]
            return paragraphs(fitting([item.words for item in items], listed, rest))
        case Choices() | Unseen():
            return []


def _one(item: Item) -> list[Json]:
    older = [section(item.words, item.record), *([actions(item.row)] if item.row else [])]
    if (shown := item.card) is None:
        return older
    return card(shown.title, shown.subtitle, shown.body, shown.buttons, older)


def _quotation(quote: Quote, most: int) -> list[Json]:
    return [section(f"*{quote.heading}*"), verbatim(clip(quote.words, most))] if quote.words else []


def _choices(part: Choices, room: int, most: int) -> list[Json]:
    """Return choices in at most `room` blocks and `most` characters. The first is always included."""
    blocks: list[Json] = []
    shown = 0
    for item in part.items[: max(1, (room - 1) // 2)]:
        one = _one(item)
        most -= characters(one)
        if most < 0 and blocks:
            break
        blocks += one
        shown += 1
    left = part.of - shown
    return [*blocks, context(part.rest(left))] if left else blocks


def _said(part: Part) -> list[str | Listing | Choices]:
    """Return the lines of a part, or the part itself if it is a list whose end may be left out."""
    match part:
        case Facts(rows) | Unseen(rows):
            return [*_unmarked(rows)]
        case Small():
            return [*_unmarked(part.said())]
        case Listing() | Choices(again=False):
            return [part]
        case _:
            return []


def _unmarked(rows: Sequence[str]) -> list[str]:
    return [unmarked(row) for row in rows]


def unmarked(words: str) -> str:
    """Return mrkdwn as one line of plain text, without marks, and with ids in place of mentions."""
    if "<" in words:
        words = _LINK.sub(r"\1", _MENTION.sub(r"\1", undated(words)))
    for mark in _MARKS:
        words = words.replace(mark, "")
    return words.replace("\n", " · ")


def _quoted(quote: Quote, most: int) -> str:
    """Return typed text as one line of at most `most` characters. An entity is never cut in two."""
    typed = unturned(quote.words or "")
    length = len(typed)
    while len(words := _labelled(quote, clip(typed, max(length, 1)))) > most and length > 1:
        length = min(length - 1, length * most // len(words))
    return words


def _labelled(quote: Quote, typed: str) -> str:
    return quote.say("{label}: {text}", label=quote.heading, text=apart(escape(typed)))


def characters(node: Any) -> int:  # noqa: ANN401 - any part of a message
    """Return the number of characters in blocks: every `text` that is a string, at any depth.

    Of a newer block it is the number in its longer form.
    """
    found, left = 0, [node]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, Newer):
            found += max(characters(dict(one)), characters(list(one.older)))
        elif isinstance(one, dict):
            for key, value in one.items():
                if not isinstance(value, str):
                    left.append(value)
                elif key == "text":
                    found += len(value)
    return found


@singledispatch
def letter(told: Announcement) -> Letter:
    """Return the letter of an announcement. Each family registers its own functions."""
    raise TypeError(f"no letter says {type(told).__name__}")
