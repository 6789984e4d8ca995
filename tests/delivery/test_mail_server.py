"""What each answer of a mail server means, over TCP and TLS, to the connection and to the rows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.delivery.channels.channel import Locked, NotSent, Refused, Reply, Sent, TooFast, Unknown
from bot.delivery.channels.mail_server import LATER_SECONDS, LOGIN, SENDER, TLS, Limit, MailServer
from bot.mail_settings import ServerAddress, parse_url
from tests.support.post_office import Certificates, PostOffice, certificates

ME, PAT = "sessions@example.com", "pat@example.org"
OCTETS = b"Subject: Hello\r\n\r\nHello\r\n.\r\nThe end\r\n"
SECONDS = 20.0


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def connected(office: PostOffice, url: str = "smtp://127.0.0.1") -> AsyncIterator[MailServer]:
    async with office.serving():
        server = MailServer(replace(parse_url(url), port=office.port))
        yield server
        await server.close()


async def send(server: MailServer, to: str = PAT, seconds: float = SECONDS) -> Reply:
    return await server.send(ME, to, OCTETS, seconds)


async def test_mails_go_over_one_connection_and_arrive_as_they_are() -> None:
    office = PostOffice()
    async with connected(office) as server:
        assert [await send(server) for _ in range(3)] == [Sent(None, None)] * 3
        assert (office.connections, len(office.mails)) == (1, 3)
        assert office.mails[0].octets.endswith(OCTETS), "lines with a dot too"


async def test_a_connection_that_the_server_ended_is_made_again_without_a_word() -> None:
    office = PostOffice()
    async with connected(office) as server:
        await send(server)
        office.hang_up()
        assert await send(server) == Sent(None, None)
        assert (office.connections, len(office.mails)) == (2, 2)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("550 5.1.1 nobody here", Refused("smtp_550", no_such_reader=True)),
        ("553 odd", Refused("smtp_553", no_such_reader=True)),
        ("450 4.2.0 come back later", TooFast(LATER_SECONDS, only_here=True)),
        ("452 full", TooFast(LATER_SECONDS, only_here=True)),
        ("421 closing", NotSent("SMTP 421")),
    ],
)
async def test_a_recipient_that_is_refused_or_put_off_keeps_nobody_else_from_theirs(said: str, means: Reply) -> None:
    office = PostOffice(refuses={PAT: said})
    async with connected(office) as server:
        assert await send(server) == means
        assert await send(server, "sam@example.org") == Sent(None, None)
        assert [one.to for one in office.mails] == [["sam@example.org"]]


@pytest.mark.parametrize(
    ("said", "nobody"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist", True),
        ("550 5.1.10 the domain takes no mail", True),
        ("550 5.2.1 The account is disabled", True),
        ("550 5.4.1 Recipient address rejected: Access denied", True),
        ("553 sorry, no mailbox here by that name (#5.1.1)", True),
        ("550 User unknown", True),
        ("550 Unrouteable address", True),
        ("550 <spam.relay@blocked.example>: no such user here", True),
        ("550 Requested action not taken: mailbox unavailable", True),
        ("550 5.1.0 Address rejected", True),
        ("551 User not local", True),
        ("553 Requested action not taken: mailbox name not allowed", True),
        ("550 relay not permitted", False),
        ("550 Relaying denied", False),
        ("554 Relay access denied", False),
        ("550 5.7.1 Unable to relay", False),
        ("554 5.7.1 Service unavailable; client host [192.0.2.1] blocked", False),
        ("550 rejected because 192.0.2.1 is in a black list at sbl.example", False),
        ("550 Your IP is listed", False),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", False),
        ("550 Sender verify failed", False),
        ("550 Administrative prohibition", False),
        ("550 authentication required", False),
        ("550 This message looks like SPAM", False),
        ("550 rejected by policy", False),
        ("550 SPF check failed", False),
        ("550 HELO is no name", False),
        ("550 too many messages today", False),
        ("550 5.1.0 sender rejected", False),
        ("550 5.1.8 bad address of the sender's system", False),
        ("552 message too big", False),
        ("554 transaction failed", False),
        ("501 bad syntax", False),
        ("521 no mail here", False),
    ],
)
async def test_only_an_answer_about_an_address_says_that_nobody_is_there(said: str, nobody: bool) -> None:
    async with connected(PostOffice(refuses={PAT: said})) as server:
        assert await send(server) == Refused(f"smtp_{said[:3]}", no_such_reader=nobody)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("554 spam", Refused("smtp_554")),
        ("451 later", TooFast(LATER_SECONDS, only_here=True)),
        ("250 OK", Sent(None, None)),
    ],
)
async def test_the_answer_to_the_text_counts_too(said: str, means: Reply) -> None:
    office = PostOffice(answers=[said])
    async with connected(office) as server:
        assert await send(server) == means
        assert await send(server) == Sent(None, None)


@pytest.mark.parametrize(
    ("said", "means"), [("451 later", TooFast(LATER_SECONDS, only_here=True)), ("554 no", Refused("smtp_554"))]
)
async def test_a_server_that_does_not_want_the_text_is_asked_to_forget_the_mail(said: str, means: Reply) -> None:
    office = PostOffice(data_answers=[said])
    async with connected(office) as server:
        assert await send(server) == means
        assert await send(server, "sam@example.org") == Sent(None, None)
        assert [one.to for one in office.mails] == [["sam@example.org"]]


async def test_a_sender_who_is_put_off_is_put_off_for_every_recipient() -> None:
    office = PostOffice(sender_answer="451 4.7.1 too many today")
    async with connected(office) as server:
        assert await send(server) == TooFast(LATER_SECONDS)


async def test_what_fails_before_anything_was_handed_over_was_not_sent() -> None:
    server = MailServer(ServerAddress("mail..example.com", 25, at_once=False))  # no name that can be looked up
    assert isinstance(await send(server), NotSent)
    assert isinstance(await server.probe(SECONDS), NotSent)


async def test_a_lost_answer_leaves_a_mail_in_doubt() -> None:
    office = PostOffice(hangs_up=1)
    async with connected(office) as server:
        assert isinstance(await send(server), Unknown)
        assert len(office.mails) == 1
        assert await send(server) == Sent(None, None)


async def test_a_server_that_is_not_there_got_nothing() -> None:
    async with PostOffice().serving() as office:
        port = office.port
    server = MailServer(replace(parse_url("smtp://127.0.0.1"), port=port))
    assert isinstance(await send(server), NotSent)
    assert isinstance(await server.probe(SECONDS), NotSent)


async def test_a_server_that_says_nothing_got_nothing() -> None:
    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = MailServer(replace(parse_url("smtp://127.0.0.1"), port=port))
    assert isinstance(await send(server, seconds=0.3), NotSent)
    await server.close()
    await over.wait()
    listening.close()
    await listening.wait_closed()


async def test_a_sender_that_is_refused_holds_everything() -> None:
    office = PostOffice(sender_answer="550 not yours")
    async with connected(office) as server:
        assert await send(server) == Locked(SENDER)


async def test_starttls_is_demanded_and_its_certificate_checked(trusted: Certificates) -> None:
    office = PostOffice(login=("me", "pass word/%"))
    async with office.serving(tls=trusted.server):
        address = ServerAddress("localhost", office.port, at_once=False, user="me", password="pass word/%")
        elsewhere = _Elsewhere(address)
        server = MailServer(elsewhere, tls=trusted.trusting)
        assert await send(server) == Sent(None, None)
        assert office.mails[0].encrypted
        await server.close()
        stranger = MailServer(elsewhere)
        assert await send(stranger) == Locked(TLS), "nobody vouches for it"
        await stranger.close()


async def test_no_mail_goes_unencrypted_to_another_machine() -> None:
    office = PostOffice()
    async with office.serving():
        server = MailServer(_Elsewhere(ServerAddress("localhost", office.port, at_once=False)))
        assert await send(server) == Locked(TLS)
        assert not office.mails
        await server.close()


async def test_tls_from_the_beginning(trusted: Certificates) -> None:
    office = PostOffice()
    async with office.serving(tls=trusted.server, at_once=True):
        server = MailServer(parse_url(f"smtps://localhost:{office.port}"), tls=trusted.trusting)
        assert await send(server) == Sent(None, None)
        await server.close()


async def test_a_wrong_password_holds_everything_and_is_told_by_the_probe() -> None:
    office = PostOffice(login=("me", "right"))
    async with connected(office, "smtp://me:wrong@127.0.0.1") as server:
        assert await send(server) == Locked(LOGIN)
        assert await server.probe(SECONDS) == Locked(LOGIN)
        assert not office.mails


async def test_a_server_without_logins_is_told_apart_from_one_that_is_away() -> None:
    office = PostOffice()
    async with connected(office, "smtp://me:right@127.0.0.1") as server:
        assert await send(server) == Locked(LOGIN)


def test_a_limit_lets_so_many_leave_in_a_minute() -> None:
    now = [100.0]
    limit = Limit(2, lambda: now[0])
    assert [limit.wait(), limit.wait(), limit.wait()] == [0.0, 0.0, 60.0]
    now[0] += 45.0
    assert limit.wait() == 15.0
    now[0] += 15.0
    assert limit.wait() == 0.0


def test_no_repr_shows_the_password() -> None:
    address = parse_url("smtp://me:s%65cret@mail.example.com")
    assert address.password == "secret"
    assert "secret" not in repr(address)


class _Elsewhere(ServerAddress):
    """This machine, as if it were another one."""

    def __init__(self, like: ServerAddress) -> None:
        super().__init__(like.host, like.port, like.at_once, like.user, like.password)

    @property
    def in_clear(self) -> bool:
        return False
