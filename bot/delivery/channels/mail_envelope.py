"""A mail on the wire: headers, the text and the HTML of a letter, and what else belongs to it."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from bot.mail_addresses import Mailbox
from handlers.views.mail import Mail

LONGEST_SUBJECT = 150
LONGEST_NAME = 60
MOST_REFERENCES = 20
_UNBROKEN = frozenset({"in-reply-to", "list-unsubscribe", "message-id", "references"})
"""Headers of ids and links. A long one stays as it is: no mail program reads them as encoded words."""
_WIDE = SMTP.clone(cte_type="7bit", max_line_length=998)


class _Policy(EmailPolicy):
    """Breaks lines as usual, but not within ids and links."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header's octets."""
        wide = name.lower() in _UNBROKEN
        return _WIDE.fold_binary(name, value) if wide else super().fold_binary(name, value)


_POLICY = _Policy(cte_type="7bit", linesep="\r\n")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An invitation: iCalendar text, and its METHOD, which the MIME type repeats."""

    text: str
    method: str


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
    message = EmailMessage(policy=_POLICY)
    domain = envelope.sender.domain
    message["From"] = _header_address(envelope.sender)
    message["To"] = _header_address(envelope.to)
    message["Subject"] = one_line(mail.subject, LONGEST_SUBJECT)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = message_id("mail", envelope.key, domain)
    if envelope.threads:
        threads = [message_id("thread", one, domain) for one in envelope.threads[:MOST_REFERENCES]]
        message["In-Reply-To"] = threads[0]
        message["References"] = " ".join(threads)
    if envelope.reply_to is not None:
        message["Reply-To"] = _header_address(envelope.reply_to)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if envelope.unsubscribe:
        message["List-Unsubscribe"] = ", ".join(f"<{one}>" for one in envelope.unsubscribe)
        if any(one.startswith("https://") for one in envelope.unsubscribe):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_harmless(mail.text))
    message.add_alternative(_harmless(mail.html), subtype="html")
    if len(envelope.calendar) == 1:
        # Inline as well, for programs that offer buttons for it. They read one such part, so several are files only.
        [one] = envelope.calendar
        message.add_alternative(one.text, subtype="calendar", params={"method": one.method})
    for number, part in enumerate(envelope.calendar, start=1):
        name = "invite.ics" if len(envelope.calendar) == 1 else f"invite-{number}.ics"
        message.add_attachment(
            part.text.encode(), "text", "calendar", filename=name, params={"method": part.method, "charset": "utf-8"}
        )
    return message.as_bytes()


def message_id(what: str, key: str, domain: str) -> str:
    """Return an id that is the same for equal keys and says nothing about them."""
    return f"<{what}.{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def one_line(text: str, most: int) -> str:
    """Return text as one line for a header, without characters that control anything."""
    plain = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    line = _SPACES.sub(" ", plain).strip()
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _harmless(text: str) -> str:
    """Return text without characters that a mail cannot carry: lone surrogates, and controls except line ends."""
    return "".join(char if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"} else " " for char in text)


def _header_address(of: Mailbox) -> Address:
    local, _, domain = of.address.rpartition("@")
    return Address(one_line(of.name, LONGEST_NAME), local, domain)
