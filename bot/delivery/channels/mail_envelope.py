"""A mail on the wire: headers, the text and the HTML of a letter, and what else belongs to it."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Literal

from bot.delivery.channels.mail_octets import (
    address,
    calendar_file,
    calendar_part,
    header,
    message,
    multipart,
    text_part,
    unbroken,
)
from bot.mail_addresses import Mailbox
from handlers.views.mail import Mail

LONGEST_SUBJECT = 150
LONGEST_NAME = 60
MOST_REFERENCES = 20
_AUTOMATIC = (b"Auto-Submitted: auto-generated\r\n", b"X-Auto-Response-Suppress: OOF, AutoReply\r\n")
_ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_SPACES = re.compile(r"\s+")
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An invitation: iCalendar text, and its METHOD, which the MIME type repeats."""

    text: str
    method: Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom, about which threads. `key` is the same whenever this mail is sent again.

    `reply_to` is whom an answer reaches. `unsubscribe` are the values of List-Unsubscribe, with one-click POST where one
    of them is a web address.
    """

    sender: Mailbox
    to: Mailbox
    key: str
    at: datetime
    threads: Sequence[str] = ()
    reply_to: Mailbox | None = None
    unsubscribe: Sequence[str] = ()
    calendar: Sequence[CalendarPart] = ()


def wire(envelope: Envelope, mail: Mail) -> bytes:
    """Return a mail's octets. No line of it is longer than 998, whatever people typed."""
    domain = envelope.sender.domain
    headers = [
        _address("From", envelope.sender),
        _address("To", envelope.to),
        header("Subject", one_line(mail.subject, LONGEST_SUBJECT)),
        unbroken("Date", format_datetime(envelope.at)),
        unbroken("Message-ID", message_id("mail", envelope.key, domain)),
    ]
    if envelope.threads:
        threads = [message_id("thread", one, domain) for one in envelope.threads[:MOST_REFERENCES]]
        headers += [unbroken("In-Reply-To", threads[0]), unbroken("References", " ".join(threads))]
    if envelope.reply_to is not None:
        headers.append(_address("Reply-To", envelope.reply_to))
    headers += _AUTOMATIC
    if envelope.unsubscribe:
        headers.append(unbroken("List-Unsubscribe", ", ".join(f"<{one}>" for one in envelope.unsubscribe)))
        if any(one.startswith("https://") for one in envelope.unsubscribe):
            headers.append(_ONE_CLICK)
    forms = [text_part("plain", _harmless(mail.text)), text_part("html", _harmless(mail.html))]
    if not envelope.calendar:
        return message(headers, multipart("alternative", forms))
    if len(envelope.calendar) == 1:
        # Inline as well, for programs that offer buttons for it. They read one such part, so several are files only.
        [one] = envelope.calendar
        forms.append(calendar_part(one.text, one.method))
        files = [calendar_file(one.text, one.method, "invite.ics")]
    else:
        files = [
            calendar_file(part.text, part.method, f"invite-{number}.ics")
            for number, part in enumerate(envelope.calendar, start=1)
        ]
    return message(headers, multipart("mixed", [multipart("alternative", forms), *files]))


def message_id(what: str, key: str, domain: str) -> str:
    """Return an id that is the same for equal keys and says nothing about them."""
    return f"<{what}.{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def one_line(text: str, most: int) -> str:
    """Return text as one line for a header, without characters that control anything.

    "=?" begins an encoded word, which may bring a line end along. Where somebody typed it, it is broken.
    """
    plain = text if text.isprintable() else "".join(" " if unicodedata.category(one)[0] == "C" else one for one in text)
    line = _SPACES.sub(" ", plain).strip().replace("=?", "= ?")
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _harmless(text: str) -> str:
    """Return text without characters that a mail cannot carry: lone surrogates, and controls except line ends."""
    return _HARMFUL.sub(" ", text)


def _address(name: str, of: Mailbox) -> bytes:
    return address(name, one_line(of.name, LONGEST_NAME), of.address)
