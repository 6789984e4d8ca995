"""What a process holds: how much of it, what goes next, and when it is written down."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.delivery.gate import Way
from bot.delivery.parcels import Parcel
from bot.delivery.retry import Pace
from bot.delivery.tray import Tray, lane_of
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Medium, NoticeState
from storage.claims import Claimed, Outcome
from tests.delivery.test_answers import Stopwatch
from tests.support.world import WORKSPACE

NOW = datetime(2026, 11, 16, tzinfo=UTC)
ROW = Claimed(
    workspace_id=WORKSPACE, key="k", kind=NoticeKind.RECEIPT, recipient="U1", medium=Medium.SLACK, repeats=None, session_id=None,
    action_id="a",
    about_id=None, copy_of=None, only_types=None,
    cutoff=None, due_at=NOW, expires_at=NOW, revision=1, sent_revision=None, attempts=0, ambiguous=0,
    server_errors=0, crashes=0, leader_key=None, channel=None, message_ts=None,
    why=None, why_code=None, diverted_why=None, trouble=None, trouble_channel=None,
    owner="me-1",
)  # fmt: skip
told: Any = None


def parcel(number: int, target: str | None = None) -> Parcel:
    row = replace(ROW, key=f"k{number}")
    return Parcel(workspace_id=WORKSPACE, rows=(row,), announcement=told, target=target or f"U{number}")


def open_way(_workspace_id: str) -> Way:
    return Way.OPEN


def sent(tray: Tray, one: Parcel, seconds: float) -> None:
    tray.ended(one, [Outcome(notice=row, state=NoticeState.SENT) for row in one.rows], seconds)


def test_no_more_is_claimed_than_can_be_sent_in_a_moment() -> None:
    tray = Tray(Pace(), Stopwatch())
    assert tray.room == 100
    for seconds, room in ((3.0, 10), (0.001, 400)):
        for number in range(100):
            one = parcel(number)
            tray.begun(one)
            sent(tray, one, seconds)
        assert tray.room == room


def test_ten_messages_are_under_way_at_most_and_one_of_a_conversation() -> None:
    tray = Tray(Pace(), Stopwatch())
    tray.add([parcel(1, "C1"), parcel(2, "C1"), *(parcel(number) for number in range(3, 30))])
    chosen = tray.choose(open_way)
    assert len(chosen) == 10
    assert [one.target for one in chosen].count("C1") == 1
    for one in chosen:
        tray.begun(one)
    assert tray.choose(open_way) == []


def test_an_answer_is_written_down_a_quarter_of_a_second_later_at_the_latest() -> None:
    watch = Stopwatch()
    tray = Tray(Pace(), watch)
    first, second, third = parcel(1), parcel(2), parcel(3)
    for one in (first, second, third):
        tray.begun(one)
    assert tray.due_in() is None
    sent(tray, first, 60.0)
    assert tray.due_in() == 0.25
    watch.seconds = 0.1
    assert 0.14 < (tray.due_in() or 0) < 0.16
    sent(tray, second, 60.0)
    assert tray.due_in() == 0.0, "half of them are over"
    tray.recorded(tray.take_done())
    assert tray.due_in() is None


def test_however_fast_calls_are_a_wave_of_them_is_written_down_together() -> None:
    watch = Stopwatch()
    tray = Tray(Pace(), watch)
    wave = [parcel(number) for number in range(10)]
    for one in wave:
        tray.begun(one)
    for one in wave[:4]:
        sent(tray, one, 0.0)
        assert 0.0 < (tray.due_in() or 0.0) <= 0.25
    sent(tray, wave[4], 0.0)
    assert tray.due_in() == 0.0
    tray.recorded(tray.take_done())
    sent(tray, wave[5], 0.0)
    watch.seconds = 0.25
    assert tray.due_in() == 0.0, "the others may take long"


def test_what_cannot_be_written_down_is_kept_and_told() -> None:
    watch = Stopwatch()
    tray = Tray(Pace(), watch)
    one = parcel(1)
    tray.begun(one)
    sent(tray, one, 0.1)
    batch = tray.take_done()
    watch.seconds = 3.0
    assert tray.unwritten_for() == 3.0
    tray.unrecorded(batch)
    assert tray.unwritten_for() == 3.0
    tray.recorded(tray.take_done())
    assert tray.unwritten_for() == 0.0


def test_a_channel_rests_for_a_second_after_a_message_and_others_do_not_wait() -> None:
    watch = Stopwatch()
    tray = Tray(Pace(), watch)
    tray.add([parcel(1, "C1"), parcel(2)])
    tray.rest(lane_of(parcel(0, "C1")))
    assert [one.target for one in tray.choose(open_way)] == ["U2"]
    assert tray.rested_in() == 1.0
    watch.seconds = 1.0
    assert [one.target for one in tray.choose(open_way)] == ["C1"]


def test_a_conversation_that_is_limited_again_and_again_waits_longer_whatever_it_is_told() -> None:
    tray = Tray(Pace(), Stopwatch())
    lane = (WORKSPACE, "C1")
    assert [tray.limited(lane, None) for _ in range(4)] == [1.0, 2.0, 4.0, 8.0]
    tray.answered(lane)
    assert [tray.limited(lane, 0.0) for _ in range(3)] == [0.0, 2.0, 4.0]
    assert tray.limited(lane, 30.0) == 30.0


def test_what_a_shut_gate_keeps_in_is_given_back() -> None:
    tray = Tray(Pace(), Stopwatch())
    tray.claimed("me-1", [ROW])
    tray.add([parcel(1)])
    assert tray.choose(lambda _workspace_id: Way.CLOSED) == []
    assert tray.owners == ["me-1"]
    tray.recorded(tray.take_done())
    assert tray.empty
    assert tray.owners == []


def test_a_shut_gate_gives_back_what_is_behind_others_too_and_leaves_the_order_of_these_alone() -> None:
    tray = Tray(Pace(), Stopwatch())
    here = [parcel(number, "C1" if number < 3 else None) for number in range(20)]
    tray.add([*here[:15], replace(parcel(99), workspace_id="T0OTHER"), *here[15:]])
    chosen = tray.choose(lambda workspace_id: Way.OPEN if workspace_id == WORKSPACE else Way.CLOSED)
    assert [one.rows[0].key for one in chosen] == ["k0", *(f"k{number}" for number in range(3, 12))]
    assert [outcome.notice.key for outcome in tray.take_done()] == ["k99"]
    for one in chosen:
        tray.begun(one)
    for one in chosen:
        sent(tray, one, 0.1)
    later = tray.choose(open_way)
    assert [one.rows[0].key for one in later] == ["k1", *(f"k{number}" for number in range(12, 20))]


def test_a_channel_that_has_rested_is_not_waited_for_while_its_message_waits_for_something_else() -> None:
    watch = Stopwatch()
    tray = Tray(Pace(), watch)
    tray.rest((WORKSPACE, "C1"))
    tray.add([*(parcel(number) for number in range(10)), parcel(10, "C1")])
    for one in tray.choose(open_way):
        tray.begun(one)
    watch.seconds += 100
    assert tray.choose(open_way) == []
    assert tray.rested_in() is None, "a lane has to be free first"
