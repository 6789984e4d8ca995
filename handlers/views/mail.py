"""The mail form of a letter: a subject, a text and an HTML page, read from the same parts as Slack's message.

Nothing in it is fetched from anywhere, and nothing tells us that it was read. Colors are the reader's own, so it can be
read on dark as on light. Buttons that work only in Slack are left out, and one way in stands in for them.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from string import Template

import handlers.views.news  # noqa: F401 - registers every letter
from coaching.news.announcement import Announcement, ToCoach
from coaching.news.stakeholders import AddressAsked
from coaching.texts import unturned
from handlers.views.kit import Json, typed, unescape
from handlers.views.letter import Buttons, Choices, Facts, Letter, Listing, Part, Quote, Small, letter
from handlers.views.words import contact_or_admin
from language.say import Say, say_for

_TOKEN = re.compile(r"<(?P<link>[^@#|<>][^|<>]*)\|(?P<label>[^<>]*)>|<[@#](?P<id>\w+)>|(?P<mark>[*~`])|\n")
_TAGS = {"*": "strong", "~": "s", "`": "code"}
_PAGE = Template(Path(__file__).with_name("mail.html").read_text(encoding="utf-8"))
_BUTTON = (
    "display:inline-block;padding:8px 16px;border:solid 1px;border-radius:6px;text-decoration:none;font-weight:600"
)
_SMALL = "margin:8px 0;font-size:14px;opacity:.8"


@dataclass(frozen=True, slots=True)
class Mail:
    """The words of a mail."""

    subject: str
    text: str
    html: str


class Possible(StrEnum):
    """What the reader of a mail can still do about its sessions."""

    CHANGE = "change"
    BOOK_AGAIN = "again"


@dataclass(frozen=True, slots=True)
class WayIn:
    """Links for the reader: where a session is changed, and where they say that they want no mails.

    `again` leads to where a client books again. `possible` is what they can still do about the sessions of the mail.
    `leaves_calendars`: the mail takes a session out of calendars. `agree` is where an address that is asked says yes or no.
    """

    change: str | None = None
    open_slack: str | None = None
    unsubscribe: str | None = None
    leaves_calendars: bool = False
    agree: str | None = None
    again: str | None = None
    possible: Possible | None = None


def write_mail(told: Announcement, way: WayIn) -> Mail:
    """Return an announcement as a mail, in its reader's language."""
    say = say_for(told.viewer.person.locale)
    said, contact = letter(told), told.settings.support_contact
    rows = list(_rows(said, told))
    closing = [*_way_in(said, told, way, say), *_calendar(way, say), *_why(told, way, contact, say)]
    subject = _plain(said.title)
    text = "\n".join([subject, "", *(line for row in rows for line in row.text), "", *(_plain(one) for one in closing)])
    page = "".join(
        [f'<h1 style="margin:0 0 12px;font-size:20px">{_marked(said.title)}</h1>', *(row.html for row in rows)]
    )
    page += "".join(f'<p style="{_SMALL}">{_marked(one)}</p>' for one in closing)
    return Mail(subject, text.strip() + "\n", _page(say, subject, page))


@dataclass(frozen=True, slots=True)
class _Row:
    text: Sequence[str]
    html: str


def _page(say: Say, title: str, inside: str) -> str:
    language = html.escape(str(say.locale).replace("_", "-"), quote=True)
    return _PAGE.substitute(language=language, title=html.escape(title), inside=inside)


def _rows(said: Letter, told: Announcement) -> Iterator[_Row]:
    """Yield the letter's parts. What to type in Slack is left out for readers who have none."""
    in_slack = told.viewer.person.in_slack
    if said.under:
        yield _paragraph(said.under)
    for part in said.body:
        yield from _part(part, in_slack=in_slack)


def _part(part: Part, *, in_slack: bool) -> Iterator[_Row]:
    match part:
        case Facts(rows, _, record):
            if rows:
                yield _paragraph(rows)
            yield from _links([record] if record else [])
        case Small():
            if kept := part.said(in_slack=in_slack):
                yield _Row([*map(_plain, kept), ""], "".join(f'<p style="{_SMALL}">{_marked(one)}</p>' for one in kept))
        case Listing(items, _) | Choices(items, _, again=False):
            for item in items:  # all of them: a mail has room
                yield _paragraph(item.words.split("\n"))
                yield from _links(item.row)
        case Quote(heading, words, _):
            if words:
                typed_lines = unturned(words).splitlines()
                lines = "<br>".join(html.escape(line) for line in typed_lines)
                quoted = f'<p style="margin:4px 0 12px;padding-left:12px;border-left:solid 3px">{lines}</p>'
                yield _Row(
                    [_plain(f"{heading}:"), *(f"> {line}" for line in typed_lines), ""],
                    f'<p style="margin:8px 0 0"><strong>{_marked(heading)}</strong></p>{quoted}',
                )
        case Buttons(elements):
            yield from _links(elements)


def _paragraph(rows: Sequence[str]) -> _Row:
    lines = [line for row in rows for line in row.split("\n")]
    return _Row([*map(_plain, lines), ""], f'<p style="margin:8px 0">{"<br>".join(map(_marked, lines))}</p>')


def _links(elements: Sequence[Json]) -> Iterator[_Row]:
    """Yield the buttons that only open a page. They do so from a mail too."""
    for element in elements:
        if "url" in element:
            yield _link(element["text"]["text"], element["url"])


def _link(label: str, url: str) -> _Row:
    href = html.escape(url, quote=True)
    shown = f'<p style="margin:12px 0"><a style="{_BUTTON}" href="{href}">{html.escape(label)}</a></p>'
    return _Row([f"{label}: {url}", ""], shown)


def _needs_slack(said: Letter) -> bool:
    """Return whether the letter has buttons that a mail cannot have."""
    elements: list[Json] = []
    for part in said.body:
        match part:
            case Facts(record=record):
                elements += [record] if record else []
            case Listing(items, _) | Choices(items, _):
                elements += chain(*(item.row for item in items))
            case Buttons(some):
                elements += some
            case _:
                pass
    return any("url" not in element for element in elements)


def _way_in(said: Letter, told: Announcement, way: WayIn, say: Say) -> list[str]:
    """Say where the reader can do what Slack's buttons do."""
    if way.agree is not None:
        return [f"<{way.agree}|{say('Say yes or no')}>"]
    if way.change is not None:
        return [f"<{way.change}|{say('Cancel or reschedule')}>"]
    if way.again is not None:
        return [f"<{way.again}|{say('Schedule Session')}>"]
    if not _needs_slack(said):
        return []
    if way.open_slack is not None:
        return [f"<{way.open_slack}|{say('Open your sessions in Slack')}>"]
    return _whom_to_write_to(told, way.possible, say)


def _whom_to_write_to(told: Announcement, possible: Possible | None, say: Say) -> list[str]:
    """Say who does what the reader cannot do by themselves, if anything is possible."""
    contact = told.settings.support_contact
    by_coach = contact is None and not isinstance(told, ToCoach)
    match possible:
        case Possible.CHANGE if by_coach:
            return [say("To cancel or reschedule, write to your coach.")]
        case Possible.CHANGE:
            return [say("To cancel or reschedule, write to {contact}.", contact=contact_or_admin(contact, say))]
        case Possible.BOOK_AGAIN if by_coach:
            return [say("To book again, write to your coach.")]
        case Possible.BOOK_AGAIN:
            return [say("To book again, write to {contact}.", contact=contact_or_admin(contact, say))]
    return []


def _calendar(way: WayIn, say: Say) -> list[str]:
    """Say what the reader may have to do in their calendar."""
    if not way.leaves_calendars:
        return []
    return [
        say("Some calendars do not remove a canceled session by themselves. If it is still in yours, remove it there.")
    ]


def _why(told: Announcement, way: WayIn, contact: str | None, say: Say) -> list[str]:
    """Say why this mail comes, and how to have no more of them."""
    person = told.viewer.person
    if person.in_slack:
        why = say("You get this by mail because you asked for it.")
    elif isinstance(told, AddressAsked):
        why = say("You get this once, because an admin named this address. Without a yes, nothing follows.")
    elif isinstance(told, ToCoach) and told.copy_of is not None:
        why = say("You get this by mail because an admin named this address, and it was confirmed.")
    else:
        why = say("You get this by mail because this address was given to us for your sessions.")
    links = [f"<{way.unsubscribe}|{say('No more mails')}>"] if way.unsubscribe is not None else []
    if way.open_slack is not None:
        links.insert(0, f"<{way.open_slack}|{say('Notifications')}>")
    if links:
        return [f"{why} {' · '.join(links)}"]
    if contact and not isinstance(told, AddressAsked):
        return [say.sentences(why, say("For no more mails, ask {contact}.", contact=typed(contact, 200)))]
    return [why]


def _plain(words: str) -> str:
    """Return mrkdwn as plain text: a link with its address, a person without a name left out."""

    def put(found: re.Match[str]) -> str:
        if (link := found["link"]) is not None:
            return f"{found['label']} ({link})"
        return "…" if found["id"] else " " if found[0] == "\n" else ""

    return unescape(_TOKEN.sub(put, words))


def _marked(words: str) -> str:
    """Return mrkdwn as HTML. Its text has its three entities already; all tags are closed in order."""
    out: list[str] = []
    opened: list[str] = []
    at = 0
    for found in _TOKEN.finditer(words):
        out.append(words[at : found.start()])
        at = found.end()
        if (link := found["link"]) is not None:
            href = html.escape(unescape(link), quote=True)
            out.append(f'<a href="{href}">{found["label"]}</a>')
        elif found["id"]:
            out.append("…")
        elif (mark := found["mark"]) is None:
            out.append("<br>")
        elif mark in opened:
            behind = opened[opened.index(mark) + 1 :]
            out += [f"</{_TAGS[one]}>" for one in (*reversed(behind), mark)]
            out += [f"<{_TAGS[one]}>" for one in behind]
            opened.remove(mark)
        else:
            opened.append(mark)
            out.append(f"<{_TAGS[mark]}>")
    out.append(words[at:])
    out += [f"</{_TAGS[one]}>" for one in reversed(opened)]
    return "".join(out)
