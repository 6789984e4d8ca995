"""The mailbox that each person of the playground has: filled by SMTP over TCP, read through the control API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import pytest
from slack_sdk.errors import SlackApiError

from playground.errors import PersonError
from playground.post_office import open_post_office
from playground.server import Playground
from tests.playground.conftest import Stage

PAT = "pat@example.org"


def event(method: str, sequence: int, *, day: int = 24, stamp: str = "20261101T000000Z") -> str:
    """A calendar with one event, as a mail brings it."""
    rows = ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", "UID:a", f"SEQUENCE:{sequence}", f"DTSTAMP:{stamp}"]
    rows += [f"DTSTART:202611{day}T150000Z", f"DTEND:202611{day}T160000Z", "SUMMARY:Tea", "END:VEVENT", "END:VCALENDAR"]
    return "\r\n".join([*rows, ""])


@dataclass
class Post:
    """The playground, and the port of its mail server."""

    pg: Playground
    port: int
    http: aiohttp.ClientSession = field(repr=False)

    async def send(
        self, to: str = PAT, *, html: str | None = None, calendars: tuple[str, ...] = (), **headers: str
    ) -> None:
        """Send a mail, as any program would."""
        mail = EmailMessage()
        for name, value in {"From": "Tiny <tiny@example.com>", "To": to, "Subject": "Hello", **headers}.items():
            mail[name] = value
        mail.set_content("In plain words")
        if html is not None:
            mail.add_alternative(html, subtype="html")
        for text in calendars:
            method = text.partition("METHOD:")[2].partition("\r")[0]
            mail.add_alternative(text, subtype="calendar", params={"method": method})
            mail.add_attachment(text.encode(), "text", "calendar", filename="invite.ics", params={"method": method})
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.port, recipients=[to])

    async def page(self, path: str) -> tuple[aiohttp.ClientResponse, str]:
        """What the server answers to a browser."""
        async with self.http.get(f"{self.pg.url}/control/people/{path}") as answer:
            return answer, await answer.text()

    async def days(self, who: str = "X1") -> list[int]:
        """The days of the events in a calendar."""
        async with self.http.get(f"{self.pg.url}/control/people/{who}/calendar") as answer:
            return [int(one["starts"] // 86400) - 20757 for one in (await answer.json())["events"]]


@pytest.fixture
async def post(stage: Stage) -> AsyncIterator[Post]:
    async with open_post_office(stage.pg.mails) as port, aiohttp.ClientSession() as http:
        yield Post(stage.pg, port, http)


async def test_a_mail_is_shown_to_its_reader_with_all_that_is_in_it(post: Post) -> None:
    reader = post.pg.person("X1")
    seq = (await reader.get("workspace"))["seq"]
    await post.send(html="<p>In color</p>", calendars=(event("REQUEST", 0),), Subject="Grüße 🛫")
    await reader.wait_for_event(lambda one: one["type"] == "mail" and one["user"] == "X1", since=seq)
    await post.send(Subject="The second")
    second, first = await reader.mails()
    assert (second["subject"], first["subject"]) == ("The second", "Grüße 🛫")
    assert (first["from_name"], first["from_address"]) == ("Tiny", "tiny@example.com")
    assert (first["text"].strip(), first["has_html"], second["has_html"]) == ("In plain words", True, False)
    [part] = first["parts"]  # what is inline and what is a file are one
    assert (part["name"], part["kind"], part["method"]) == ("invite.ics", "text/calendar", "REQUEST")
    answer, text = await post.page("X1/mails/1/parts/0")
    assert text.startswith("BEGIN:VCALENDAR")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert await post.pg.person("U1").mails() == []


async def test_nothing_in_a_mail_runs_or_loads_and_its_links_open_elsewhere(post: Post) -> None:
    await post.send(html="<html><head><title>x</title></head><body><script>1</script></body></html>")
    answer, text = await post.page("X1/mails/1/html")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert policy["img-src"] == "data:"
    assert "allow-scripts" not in policy["sandbox"]
    assert '<head><base target="_blank">' in text


async def test_only_people_of_this_place_get_mail_under_their_address(post: Post) -> None:
    await post.send("ANNA@example.com")
    assert len(await post.pg.person("U1").mails()) == 1
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await post.send("somebody@example.com")


async def test_somebody_outside_is_unknown_to_the_app_and_has_no_conversations(post: Post, stage: Stage) -> None:
    outsider = await post.pg.person("X1").refresh()
    assert (outsider.messages, outsider.modal, outsider.shown_home) == ([], None, None)
    with pytest.raises(SlackApiError, match="users_not_found"):
        await stage.client.users_lookupByEmail(email=PAT)
    with pytest.raises(SlackApiError, match="user_not_found"):
        await stage.client.users_info(user="X1")
    with pytest.raises(PersonError):
        await outsider.command("/tiny")


async def test_invitations_put_events_into_the_calendar_and_cancellations_take_them_out(post: Post) -> None:
    await post.send(calendars=(event("REQUEST", 0, day=24),))
    assert await post.days() == [24]
    await post.send(calendars=(event("REQUEST", 1, day=26),))
    assert await post.days() == [26]
    await post.send(calendars=(event("CANCEL", 2, day=26),))
    assert await post.days() == []
    await post.send(calendars=(event("REQUEST", 1, day=26),))
    assert await post.days() == [], "an older invitation that comes late revives nothing"
    await post.send(calendars=(event("REQUEST", 3, day=28),))
    assert await post.days() == [28]
    assert await post.days("U1") == []


@pytest.mark.parametrize(
    "text", ["no calendar\r\n", event("REQUEST", 0).replace("DTSTART", "X-ELSE"), "BEGIN:VCALENDAR"]
)
async def test_a_calendar_part_that_cannot_be_read_is_a_file_like_others(post: Post, text: str) -> None:
    await post.send(calendars=(text,))
    [mail] = await post.pg.person("X1").mails()
    assert [part["name"] for part in mail["parts"]] == ["invite.ics"]
    assert await post.days() == []


@pytest.mark.parametrize("path", ["X1/mails/9/html", "X1/mails/1/parts/7", "U1/mails/1/html", "X9/mails"])
async def test_what_is_not_there_is_not_found(post: Post, path: str) -> None:
    await post.send(calendars=(event("REQUEST", 0),))
    answer, _ = await post.page(path)
    assert answer.status == 404


async def test_a_reset_throws_mails_and_invitations_away(post: Post) -> None:
    await post.send(calendars=(event("REQUEST", 0),))
    await post.pg.control().reset()
    assert await post.pg.person("X1").mails() == []
    assert await post.days() == []


async def test_a_mail_in_no_known_charset_arrives_all_the_same(post: Post) -> None:
    raw = b"From: a@b.example\r\nTo: pat@example.org\r\nSubject: x\r\nContent-Type: text/plain; charset=mars\r\n\r\nhi\r\n"
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=post.port) as smtp:
        await smtp.sendmail("a@b.example", [PAT], raw)
    [mail] = await post.pg.person("X1").mails()
    assert "hi" in mail["text"]


async def test_the_mail_server_ends_with_its_block_though_somebody_is_connected(stage: Stage) -> None:
    async with open_post_office(stage.pg.mails) as port:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=port)
        await smtp.connect()
    smtp.close()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await aiosmtplib.SMTP(hostname="127.0.0.1", port=port).connect()
