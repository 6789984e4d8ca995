"""A mail server that is away, slow or says no: Slack goes on, nothing is lost, and what came too late is not sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from storage.claims import Claimed
from storage.notices import NoticeQueue
from storage.repositories.notices import notice_row
from storage.tables import notices
from tests.delivery.conftest import FAST
from tests.delivery.test_mail import BOOKED, DAY, PAT, PAT_ID, Post, post
from tests.support.world import ANNA, WORKSPACE

__all__ = ["post"]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.plain


def _client(number: int) -> str:
    return f"mail:client{number}@example.org"


async def _waiting(post: Post, count: int, *, people: int, stale: int = 0) -> None:
    """Enqueue so many confirmations for so many people. Some are of no use after half an hour."""
    clients = [_client(number) for number in range(people)]
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of(clients)
        await uow.commit()
    now, session = post.stage.clock.now(), await post.book(told=False)
    rows = [
        notice_row(
            WORKSPACE,
            Notice(
                kind=NoticeKind.BOOKED,
                dedupe_key=f"wait:{n}",
                recipient=clients[n % people],
                due_at=now - timedelta(milliseconds=count - n),
                expires_at=now + HOUR / 2 if n < stale else now + DAY,
                session_id=session.id,
            ),
        )
        for n in range(count)
    ]
    async with post.stage.store.engines.writer.begin() as connection:
        for start in range(0, count, 500):
            await connection.execute(notices.insert(), rows[start : start + 500])


@pytest.mark.parametrize(
    ("count", "people"),
    [
        (300, 50),
        pytest.param(5000, 1000, marks=pytest.mark.deep, id="deep-5000-for-many"),
        pytest.param(1500, 1, marks=pytest.mark.deep, id="deep-1500-for-one"),
    ],
)
async def test_while_the_mail_server_is_away_slack_goes_on_and_afterwards_nothing_is_missing(
    post: Post, count: int, people: int
) -> None:
    office, stale = post.office, count // 30
    await _waiting(post, count, people=people, stale=stale)
    away = replace(post.server.address, port=1)
    here, post.server.address = post.server.address, away
    relay = post.relay(replace(FAST, backoff_limit=0.2))
    slack = post.slack_relay()
    async with relay.running(stop_seconds=5), slack.running(stop_seconds=5):
        await post.stage.until(relay.troubles)
        for _ in range(4):
            keys = await post.stage.say(5)
            slack.wake()

            async def posted(keys: Sequence[str] = keys) -> bool:
                return set(keys) <= {row.dedupe_key for row in await post.stage.rows(kind="receipt", state="sent")}

            await post.stage.until(posted)
            post.stage.clock.advance(HOUR / 4)
        await post.stage.until(relay.troubles)
        assert not office.mails
        post.server.address = here
        while (so_far := len(office.mails)) < count - stale:
            await post.stage.until(lambda so_far=so_far: len(office.mails) > so_far)  # type: ignore[misc]

        async def settled() -> bool:
            return not {"pending", "leased"} & set(await post.stage.states(kind="booked"))

        await post.stage.until(settled)
    assert await post.stage.states(kind="booked") == {"sent": count - stale, "dropped": stale}
    assert {row.ambiguous for row in await post.stage.rows(kind="booked")} == {0}
    assert len({one.mail["Message-ID"] for one in office.mails}) == len(office.mails) == count - stale
    assert len({one.to[0] for one in office.mails}) == people
    assert not relay.troubles()


async def test_a_mail_in_doubt_is_sent_once_more_under_the_same_id_and_then_given_up(post: Post) -> None:
    await post.book()
    post.office.hangs_up = 2
    relay = post.relay()
    async with relay.running(stop_seconds=5):
        await post.stage.until(lambda: post.stage.rows(recipient=PAT_ID, state="failed"))
    first, second = post.office.to(PAT)
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
    [row] = await post.stage.rows(recipient=PAT_ID, state="failed")
    assert (row.why, row.ambiguous) == ("never_confirmed", 2)


async def test_an_address_that_is_refused_fails_visibly_and_holds_up_nobody(post: Post) -> None:
    post.office.refuses[PAT] = "550 5.1.1 no such user"
    sam = "mail:sam@example.org"
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([sam])
        await uow.commit()
    await post.book()
    await post.book(DAY * 6, client=sam)
    await post.relay().drain()
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.why, row.why_code) == ("failed", "refused", "smtp_550")
    assert [one.mail["Subject"] for one in post.office.to("sam@example.org")] == [BOOKED]


async def test_whoever_is_put_off_gets_their_mail_later(post: Post) -> None:
    post.office.refuses[PAT] = "450 4.2.0 come back"
    await post.book()
    await post.relay().drain()
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.attempts, row.ambiguous) == ("pending", 0, 0)
    assert row.retry_at is not None
    del post.office.refuses[PAT]
    async with post.stage.store.engines.writer.begin() as connection:
        await connection.execute(notices.update().where(notices.c.retry_at.is_not(None)).values(retry_at=None))
    await post.relay().drain()
    assert len(post.office.to(PAT)) == 1


async def test_recipients_who_are_put_off_hold_up_nobody_else(post: Post) -> None:
    odd = [f"mail:pat@misspelled{number}.example" for number in range(4)]
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of(odd)
        await uow.commit()
    for number, client in enumerate(odd, start=6):
        post.office.refuses[client.removeprefix("mail:")] = "450 4.1.2 domain not found"
        await post.book(DAY * number, client=client)
    relay = post.relay()
    await relay.drain()
    assert not relay.troubles()
    await post.book()
    await relay.drain()
    assert post.subjects() == [BOOKED]


async def test_a_refused_login_holds_all_mails_and_costs_none_a_try(post: Post) -> None:
    post.office.sender_answer = "550 you are not who you say"
    await post.book()
    relay = post.relay()
    await relay.drain()
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.attempts, row.ambiguous) == ("pending", 0, 0)
    assert "sender_refused" in next(iter(relay.troubles().values()))


async def test_what_cannot_be_written_to_is_dropped_and_says_why(post: Post) -> None:
    odd = "mail:pät@example.org"
    async with post.stage.store.write(WORKSPACE) as uow:
        await uow.people.know_of([odd])
        await uow.commit()
    await post.book(client=odd)
    await post.relay().drain()
    [row] = await post.stage.rows(recipient=odd, kind="booked")
    assert (row.state, row.why) == ("dropped", "no_address")


async def test_the_relays_of_both_media_claim_only_their_own(post: Post) -> None:
    await post.book()
    await post.stage.say(1)
    slack, mail = post.slack_relay(), post.relay()
    now = post.stage.clock.now()
    took: list[Claimed] = []
    for relay in (slack, mail):
        rows = await relay._queue.claim(f"{relay._name}-1", now, lease=timedelta(seconds=30), limit=50)
        took += rows
        assert {row.by_mail for row in rows} == {relay is mail}
        await relay._queue.take_over(now, process="nobody")
    async with post.stage.store.engines.reader.connect() as connection:
        states = {row.state for row in await connection.execute(select(notices.c.state))}
    assert "leased" not in states
    assert ANNA in {row.recipient for row in took}


async def test_a_mail_that_came_too_late_is_given_up_without_a_mail_server_even_if_the_relay_dies_over_it(
    post: Post,
) -> None:
    post.office.refuses[PAT] = "450 4.2.0 come back"
    await post.book()
    await post.relay().drain()
    async with post.stage.store.engines.writer.begin() as connection:
        await connection.execute(
            notices.update().where(notices.c.medium == "mail").values(retry_at=None, conversation=None)
        )
    post.stage.clock.advance(DAY * 30)
    dies = NoticeQueue(post.stage.store.engines)
    held = await dies.claim("dead-1", post.stage.clock.now(), lease=timedelta(0), limit=50)
    assert [row.recipient for row in held if row.by_mail] == [PAT_ID]
    await post.slack_relay().drain()
    [row] = await post.stage.rows(recipient=PAT_ID, kind="booked")
    assert (row.state, row.why) == ("dropped", "too_late")
