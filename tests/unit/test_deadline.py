"""One deadline per request: what is left is handed to whatever waits, and past it nothing new is begun."""

import asyncio
from typing import Any

import pytest

from bot.in_time import InTime
from coaching import deadline
from coaching.errors import ReplyLost, StorageBusy


class Stopwatch:
    """Monotonic seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


def test_a_wait_gets_what_it_asks_for_or_what_is_left(watch: Stopwatch) -> None:
    with deadline.within(2.5, monotonic=watch):
        assert deadline.left(2.0) == 2.0
        watch.seconds += 1.5
        assert deadline.left(2.0) == pytest.approx(1.0)
        assert deadline.left(0.3) == 0.3
        watch.seconds += 1.0
        with pytest.raises(deadline.OutOfTime):
            deadline.left(2.0)


def test_what_has_no_deadline_gets_what_it_asks_for() -> None:
    assert deadline.left(30.0) == 30.0
    assert deadline.for_commit() is None
    assert deadline.remaining() is None
    with deadline.writing():
        pass
    assert not deadline.wrote()
    assert not deadline.look_again()


def test_a_commit_leaves_time_to_look_up_its_outcome_and_gets_at_least_half(watch: Stopwatch) -> None:
    with deadline.within(2.5, monotonic=watch):
        assert deadline.for_commit() == pytest.approx(1.6)
        watch.seconds += 1.5
        assert deadline.for_commit() == pytest.approx(0.5)


def test_past_its_deadline_a_request_writes_nothing_and_what_it_wrote_before_is_remembered(watch: Stopwatch) -> None:
    with deadline.within(2.5, monotonic=watch):
        assert not deadline.wrote()
        with deadline.writing():
            pass
        watch.seconds += 3
        with pytest.raises(deadline.OutOfTime), deadline.writing():
            pytest.fail("nothing is begun")
        assert deadline.wrote()
    with deadline.within(2.5, monotonic=watch):
        assert not deadline.wrote()


def test_a_write_that_failed_for_certain_is_none_and_one_without_an_answer_may_be() -> None:
    for error, may_be in ((StorageBusy(), False), (ReplyLost(), True), (TimeoutError(), True)):
        with deadline.within(60):
            with pytest.raises(type(error)), deadline.writing():
                raise error
            assert deadline.wrote() is may_be
            with pytest.raises(StorageBusy), deadline.writing():
                raise StorageBusy
            assert deadline.wrote() is may_be, "what may have been written before stays so"


def test_a_request_is_looked_up_once() -> None:
    with deadline.within(60):
        assert not deadline.looked_again()
        assert deadline.look_again()
        assert deadline.looked_again()
        assert not deadline.look_again()


def test_a_reply_lost_in_work_without_a_deadline_counts_as_the_requests() -> None:
    with deadline.within(60):
        with deadline.lifted(), pytest.raises(ReplyLost), deadline.writing():
            raise ReplyLost
        assert not deadline.wrote()
        deadline.look_again()
        assert deadline.wrote()


async def test_tasks_of_a_request_share_its_deadline_and_what_nobody_waits_for_has_none(watch: Stopwatch) -> None:
    async def write() -> float | None:
        with deadline.writing():
            pass
        return deadline.remaining()

    with deadline.within(2.5, monotonic=watch):
        with deadline.lifted():
            assert await asyncio.ensure_future(write()) is None
        assert not deadline.wrote(), "what nobody waits for is not the request's doing"
        assert await asyncio.ensure_future(write()) == 2.5
        assert deadline.wrote()


async def test_every_call_to_slack_is_handed_what_is_left(watch: Stopwatch) -> None:
    handed: list[float] = []

    class Session:
        closed = False

        def request(self, _method: str, _url: str, *, timeout: Any) -> None:
            handed.append(timeout.total)
            watch.seconds += 1.0

    session: Any = Session()
    calls = InTime(session)
    calls.request("POST", "https://slack.example/api/x")
    with deadline.within(2.5, monotonic=watch):
        for _ in range(3):
            calls.request("POST", "https://slack.example/api/x")
        with pytest.raises(TimeoutError):
            calls.request("POST", "https://slack.example/api/x")
    assert handed == [2.0, 2.0, pytest.approx(1.5), pytest.approx(0.5)]
