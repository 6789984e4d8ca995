"""One side of the mail relay's figure, in its own process: `python -m benchmarks.mail_side SIDE`.

`ours` is the relay as it runs beside a bot: it claims notices, looks again, finds the words, makes the invitations, and
records what became of them. `loop` knows no database: subject, text, HTML and calendar of each mail are given, the standard
library's `email` (policy.SMTP) builds the mail, and aiosmtplib sends it over one connection that is kept.

Reads a wave's number from each line of standard input, sends that wave, and prints how long it took.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
import psutil

from benchmarks.relay_side import WAVE, first_due
from bot.delivery.channels.mail import MailChannel, Sender
from bot.delivery.channels.mail_envelope import CalendarPart, message_id
from bot.delivery.channels.mail_server import MailServer
from bot.delivery.invitations import Invitations
from bot.delivery.loading import Loader
from bot.delivery.parcels import Parcel
from bot.delivery.relay import Relay
from bot.garbage import keep
from bot.mail_addresses import Mailbox, address_of
from bot.mail_settings import parse_url
from bot.mailing import PACE, ways
from coaching.clock import ManualClock
from coaching.news.notice import Medium
from handlers.views.mail import Mail, write_mail
from storage import SqlStore, create_engines
from storage.notices import NoticeQueue
from web.links import Links

SENDER = Mailbox("sessions@example.com", "Sessions")
Deliver = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Given:
    """What the loop is given of each mail."""

    to: Mailbox
    reply_to: Mailbox
    key: str
    thread: str
    unsubscribe: str
    at: datetime
    words: Mail
    invitation: CalendarPart


def _channel(store: SqlStore) -> MailChannel:
    links = Links("a secret of the benchmark", "https://sessions.example.com")
    brings = Invitations(store, SENDER, links)
    server = MailServer(parse_url(os.environ["SMTP_URL"]))
    return MailChannel(server, Sender(SENDER, "coach"), write_mail, ways(None, brings, links), brings.parts)


async def _ours(store: SqlStore) -> Deliver:
    start = await first_due(store)
    clock = ManualClock(start)
    relay = Relay(store.engines, clock, _channel(store), pace=PACE)

    async def deliver(wave: int) -> None:
        clock.set(start + wave * WAVE)
        await relay.drain()

    return deliver


async def _given(store: SqlStore, waves: int, each: int) -> list[list[Given]]:
    """Claim every wave once, and return its mails in words."""
    start = await first_due(store)
    clock, channel, queue = ManualClock(start), _channel(store), NoticeQueue(store.engines, Medium.MAIL)
    loader = Loader(store.engines, clock, PACE, channel.reaches, mail=False)
    found = []
    for wave in range(waves):
        clock.set(start + wave * WAVE)
        rows = await queue.claim(f"given-{wave}", clock.now(), lease=timedelta(hours=1), limit=each)
        parcels = (await loader.load(rows)).parcels
        if len(parcels) != each:
            raise RuntimeError(f"{len(parcels)} mails in wave {wave}, wanted {each}")
        found.append([await _words(channel, parcel) for parcel in parcels])
    return found


async def _words(channel: MailChannel, parcel: Parcel) -> Given:
    told = parcel.announcement
    person, [session] = told.viewer.person, parcel.about
    address, coach = address_of(person), address_of(session.coach)
    assert address is not None
    assert coach is not None
    to, way = Mailbox(address, person.name or ""), await channel.ways(parcel)
    [invitation] = await channel.calendar(parcel, to)
    return Given(
        to=to,
        reply_to=Mailbox(coach, session.coach.name or ""),
        key=f"{parcel.workspace_id} {parcel.rows[0].key}",
        thread=f"{parcel.workspace_id} {session.id}",
        unsubscribe=way.unsubscribe or "",
        at=told.now,
        words=write_mail(told, way),
        invitation=invitation,
    )


def _built(given: Given) -> bytes:
    """Build a mail as the documentation of `email` does."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(SENDER)
    message["To"] = _address(given.to)
    message["Subject"] = given.words.subject
    message["Date"] = format_datetime(given.at)
    message["Message-ID"] = message_id("mail", given.key, SENDER.domain)
    thread = message_id("thread", given.thread, SENDER.domain)
    message["In-Reply-To"] = thread
    message["References"] = thread
    message["Reply-To"] = _address(given.reply_to)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["List-Unsubscribe"] = f"<{given.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(given.words.text)
    message.add_alternative(given.words.html, subtype="html")
    text, method = given.invitation.text, given.invitation.method
    message.add_alternative(text, subtype="calendar", params={"method": method})
    message.add_attachment(
        text.encode(), "text", "calendar", filename="invite.ics", params={"method": method, "charset": "utf-8"}
    )
    return message.as_bytes()


def _address(of: Mailbox) -> Address:
    local, _, domain = of.address.rpartition("@")
    return Address(of.name, local, domain)


async def _loop(store: SqlStore, waves: int, each: int) -> Deliver:
    given, at = await _given(store, waves, each), parse_url(os.environ["SMTP_URL"])
    smtp = aiosmtplib.SMTP(hostname=at.host, port=at.port, start_tls=False, local_hostname="localhost")
    await smtp.connect()

    async def deliver(wave: int) -> None:
        for one in given[wave]:
            await smtp.sendmail(SENDER.address, [one.to.address], _built(one))

    return deliver


async def _main(side: str, waves: int, each: int) -> None:
    store = SqlStore(create_engines(os.environ["DATABASE_URL"]))
    deliver = await (_ours(store) if side == "ours" else _loop(store, waves, each))
    keep()  # as `serve` does
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        began, used = time.perf_counter(), time.process_time()
        await deliver(int(line))
        took, used = time.perf_counter() - began, time.process_time() - used
        resident = psutil.Process().memory_info().rss / 1e6
        print(json.dumps({"took": took, "cpu": used, "resident": resident}), flush=True)
    await store.engines.dispose()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], *map(int, sys.argv[2:])))
