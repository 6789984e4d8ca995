"""Mails on the wire are those of the standard library, octet by octet, whatever people are called and typed."""

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from hypothesis import example, given
from hypothesis import strategies as st

from bot.delivery.channels.mail_envelope import (
    LONGEST_NAME,
    LONGEST_SUBJECT,
    CalendarPart,
    Envelope,
    _harmless,
    message_id,
    one_line,
    wire,
)
from bot.mail_addresses import Mailbox
from handlers.views.mail import Mail

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)
TYPED = st.one_of(
    ANYTHING,
    st.text("ab c=?_.,;\"'()<>@[]\\é–日", max_size=200),
    st.from_regex(r"[A-Za-z0-9]+( [A-Za-z0-9]+){0,20}", fullmatch=True),
    st.sampled_from(["=?utf-8?q?Free?=", "Lee, Pat", "a=?b", "Pat  Lee", "x" * 300]),
)
LINES = st.lists(TYPED, max_size=14).map("\n".join)
ADDRESSES = st.sampled_from(["pat@example.org", "o'pat+x@xn--bcher-kva.example", f"{'p' * 60}@{'d' * 60}.example.org"])
UNBROKEN = {"in-reply-to", "list-unsubscribe", "message-id", "references"}


class Policy(EmailPolicy):
    """Breaks lines as usual, but not within ids and links."""

    def fold_binary(self, name: str, value: str) -> bytes:
        wide = SMTP.clone(cte_type="7bit", max_line_length=998)
        return wide.fold_binary(name, value) if name.lower() in UNBROKEN else super().fold_binary(name, value)


def built(envelope: Envelope, mail: Mail) -> bytes:
    """A mail as the documentation of `email` builds it."""
    made = EmailMessage(policy=Policy(cte_type="7bit", linesep="\r\n"))
    domain = envelope.sender.domain
    made["From"] = _address(envelope.sender)
    made["To"] = _address(envelope.to)
    made["Subject"] = one_line(mail.subject, LONGEST_SUBJECT)
    made["Date"] = format_datetime(envelope.at)
    made["Message-ID"] = message_id("mail", envelope.key, domain)
    if envelope.threads:
        threads = [message_id("thread", one, domain) for one in envelope.threads]
        made["In-Reply-To"] = threads[0]
        made["References"] = " ".join(threads)
    if envelope.reply_to is not None:
        made["Reply-To"] = _address(envelope.reply_to)
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if envelope.unsubscribe:
        made["List-Unsubscribe"] = ", ".join(f"<{one}>" for one in envelope.unsubscribe)
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(_harmless(mail.text))
    made.add_alternative(_harmless(mail.html), subtype="html")
    for one in envelope.calendar if len(envelope.calendar) == 1 else ():
        made.add_alternative(one.text, subtype="calendar", params={"method": one.method})
    for number, part in enumerate(envelope.calendar, start=1):
        name = "invite.ics" if len(envelope.calendar) == 1 else f"invite-{number}.ics"
        parameters = {"method": part.method, "charset": "utf-8"}
        made.add_attachment(part.text.encode(), "text", "calendar", filename=name, params=parameters)
    return made.as_bytes()


def _address(of: Mailbox) -> Address:
    local, _, domain = of.address.rpartition("@")
    return Address(one_line(of.name, LONGEST_NAME), local, domain)


def compared(octets: bytes) -> bytes:
    """The octets with boundaries, which are drawn by chance, numbered in their order."""
    found = dict.fromkeys(re.findall(rb"={15}[0-9]{19}==", octets))
    for number, boundary in enumerate(found):
        octets = octets.replace(boundary, b"boundary %d" % number)
    return octets


@given(
    sender=TYPED,
    to=TYPED,
    at=ADDRESSES,
    reply_to=st.none() | TYPED,
    subject=TYPED,
    text=LINES,
    page=LINES,
    threads=st.integers(0, 20),
    link=st.none() | st.sampled_from(["https://sessions.example.com/mail/x", "https://x.example/" + "y" * 200]),
    calendar=st.lists(LINES.map(lambda text: text.encode(errors="replace").decode()), max_size=2),
)
@example(
    "Sessions", "Pat Lee", "pat@example.org", "Carla", "Booked", "Hi\n", "<p>Hi</p>", 1, None, ["BEGIN:VCALENDAR\r\n"]
)
def test_a_mail_is_the_one_that_the_standard_library_builds(
    sender: str,
    to: str,
    at: str,
    reply_to: str | None,
    subject: str,
    text: str,
    page: str,
    threads: int,
    link: str | None,
    calendar: list[str],
) -> None:
    envelope = Envelope(
        sender=Mailbox("sessions@example.com", sender),
        to=Mailbox(at, to),
        key="k",
        at=AT,
        threads=[str(number) for number in range(threads)],
        reply_to=None if reply_to is None else Mailbox("carla@example.org", reply_to),
        unsubscribe=() if link is None else (link,),
        calendar=[CalendarPart(one, "REQUEST") for one in calendar],
    )
    mail = Mail(subject, text, page)
    assert compared(wire(envelope, mail)) == compared(built(envelope, mail))
