"""Mails on the wire: whatever people are called and typed, the standard library reads back one harmless mail."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.channels.mail_envelope import CalendarPart, Envelope, message_id, wire
from bot.mail_addresses import Mailbox, mailbox, writable
from bot.mail_settings import parse_url
from handlers.views.mail import Mail, _marked, _plain

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ME = Mailbox("sessions@example.com", "Sessions")
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=400)


def read(octets: bytes) -> EmailMessage:
    found = message_from_bytes(octets, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@given(name=ANYTHING, subject=ANYTHING, text=ANYTHING, key=ANYTHING)
def test_whatever_is_typed_makes_one_mail_with_our_headers_only(name: str, subject: str, text: str, key: str) -> None:
    envelope = Envelope(
        sender=ME,
        to=Mailbox("pat@example.org", name),
        key=key.encode(errors="replace").decode(),
        at=AT,
        threads=["one", "two"],
        reply_to=Mailbox("carla@example.org", name),
    )
    octets = wire(envelope, Mail(subject, text, f"<p>{text}</p>"))
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert b"\n" not in octets.replace(b"\r\n", b""), "no bare line end, with which a server could be fooled"
    mail = read(octets)
    assert not mail.defects
    assert [str(name).lower() for name in mail] == [
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "auto-submitted",
        "x-auto-response-suppress", "mime-version", "content-type",
    ]  # fmt: skip
    assert [one.addr_spec for one in mail["To"].addresses] == ["pat@example.org"]
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == ["carla@example.org"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_same_notice_has_the_same_id_and_another_one_has_another() -> None:
    def made(key: str) -> EmailMessage:
        return read(wire(Envelope(sender=ME, to=Mailbox("pat@example.org"), key=key, at=AT), Mail("Hi", "Hi", "Hi")))

    assert made("a")["Message-ID"] == made("a")["Message-ID"] != made("b")["Message-ID"]


def test_ids_and_links_are_on_the_wire_as_they_are_however_long() -> None:
    link = "https://sessions.example.com/mail/" + "x" * 104
    domain = f"{'d' * 63}.{'e' * 63}.example.com"
    envelope = Envelope(
        sender=Mailbox(f"sessions@{domain}"),
        to=Mailbox("pat@example.org"),
        key="k",
        at=AT,
        threads=[str(number) for number in range(20)],
        unsubscribe=[link],
    )
    head = wire(envelope, Mail("Größe " * 20, "Hi", "<p>Hi</p>")).partition(b"\r\n\r\n")[0]
    lines = head.replace(b"\r\n ", b" ").split(b"\r\n")
    assert f"List-Unsubscribe: <{link}>".encode() in lines
    ids = [message_id("thread", str(number), domain) for number in range(20)]
    assert f"References: {' '.join(ids)}".encode() in lines
    assert f"In-Reply-To: {ids[0]}".encode() in lines
    assert f"Message-ID: {message_id('mail', 'k', domain)}".encode() in lines
    subject = head.partition(b"Subject: ")[2].partition(b"\r\nDate")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, subject.split(b"\r\n"))) <= 78, "what people typed breaks as usual"


def test_an_invitation_is_inline_and_a_file_and_says_its_method() -> None:
    part = CalendarPart("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "REQUEST")
    envelope = Envelope(
        sender=ME,
        to=Mailbox("pat@example.org"),
        key="k",
        at=AT,
        calendar=[part],
        unsubscribe=["https://sessions.example.com/no/x"],
    )
    mail = read(wire(envelope, Mail("Hi", "Hi", "<p>Hi</p>")))
    calendars = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    assert [one.get_param("method") for one in calendars] == ["REQUEST", "REQUEST"]
    assert [one.get_filename() for one in calendars] == [None, "invite.ics"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pat@example.org", "pat@example.org"),
        (" Pat.Lee+x@Example.ORG ", "Pat.Lee+x@example.org"),
        ("pat@bücher.example", "pat@xn--bcher-kva.example"),
        ("pat@例え.テスト", "pat@xn--r8jz45g.xn--zckzah"),
        ("pät@example.org", None),
        ("pat", None),
        ("@example.org", None),
        ("pat@", None),
        ("pat@exa mple.org", None),
        ("pat\r\nBcc: all@example.org", None),
        ("pat@example.org\r\nBcc: all@example.org", None),
        ('"a b"@example.org', None),
        (f"{'p' * 65}@example.org", None),
        (f"pat@{'d' * 64}.org", None),
        ("pat@example.org, sam@example.org", None),
        ("<pat@example.org>", None),
    ],
)
def test_addresses_that_can_be_written_to(typed: str, found: str | None) -> None:
    assert writable(typed) == found


@given(ANYTHING)
def test_no_typed_address_reaches_a_header_or_a_command_with_anything_beside_it(typed: str) -> None:
    found = writable(typed)
    assert found is None or (found.isascii() and found.isprintable() and " " not in found and found.count("@") == 1)


def test_a_sender_may_have_a_name() -> None:
    assert mailbox("Coaching <hello@example.com>") == Mailbox("hello@example.com", "Coaching")
    assert mailbox("hello@example.com") == Mailbox("hello@example.com")
    assert mailbox("Coaching\r\nBcc: x@example.com <hello@example.com>") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "smtp://",
        "smtp://host:99999",
        "smtp://user@host",
        "smtp://host/path",
        "mail.example.com",
        "smtp://h?x=1",
    ],
)
def test_what_is_no_mail_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not a mail server's address|has a user without a password"):
        parse_url(url)


@pytest.mark.parametrize(
    ("words", "plain", "marked"),
    [
        ("*Bold* and ~gone~", "Bold and gone", "<strong>Bold</strong> and <s>gone</s>"),
        ("~*a* b~", "a b", "<s><strong>a</strong> b</s>"),
        ("*a ~b* c~", "a b c", "<strong>a <s>b</s></strong><s> c</s>"),
        ("*open", "open", "<strong>open</strong>"),
        ("a &lt;b&gt; &amp; c", "a <b> & c", "a &lt;b&gt; &amp; c"),
        (
            "<https://x.example/?a=1&amp;b=2|Open>",
            "Open (https://x.example/?a=1&b=2)",
            '<a href="https://x.example/?a=1&amp;b=2">Open</a>',
        ),
        ("with <@U0ANNA>", "with …", "with …"),
    ],
)
def test_our_marks_become_tags_and_text(words: str, plain: str, marked: str) -> None:
    assert _plain(words) == plain
    assert _marked(words) == marked
