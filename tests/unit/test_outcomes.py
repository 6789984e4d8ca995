"""When a session may be closed and how, to the microsecond, and where its credits go."""

from datetime import datetime, timedelta

import pytest

from coaching.actions.outcomes import CloseSession
from coaching.causes import Unclosable
from coaching.credits import EARNED, FORFEITED, Part, TransferKind
from coaching.outcomes import CORRECT_WITHIN, complete, holder, possible, refused, settle_outcome
from coaching.sessions import Actor, Session, Status
from tests.handlers.samples import session

MICRO = timedelta(microseconds=1)
DONE, MISSED = Status.COMPLETED, Status.NO_SHOW
BOOKED = session(1)
PARTS = [Part("g1", 60), Part("g2", 40)]


@pytest.mark.parametrize(
    ("outcome", "at", "why"),
    [
        (DONE, BOOKED.ends_at - MICRO, Unclosable.NOT_ENDED),
        (DONE, BOOKED.ends_at, None),
        (MISSED, BOOKED.starts_at - MICRO, Unclosable.NOT_STARTED),
        (MISSED, BOOKED.starts_at, None),
        (DONE, BOOKED.ends_at + CORRECT_WITHIN, None),
        (MISSED, BOOKED.ends_at + CORRECT_WITHIN, None),
        (DONE, BOOKED.ends_at + CORRECT_WITHIN + MICRO, Unclosable.TOO_LATE),
        (MISSED, BOOKED.ends_at + CORRECT_WITHIN + MICRO, Unclosable.TOO_LATE),
    ],
)
def test_completed_from_the_end_and_missed_from_the_start_for_two_weeks(
    outcome: Status, at: datetime, why: Unclosable | None
) -> None:
    for was in (Status.SCHEDULED, *{DONE, MISSED} - {outcome}):
        assert refused(session(1, status=was), outcome, at) is why


def test_a_canceled_session_is_never_closed() -> None:
    canceled = session(1, status=Status.CANCELED)
    for at in (canceled.starts_at, canceled.ends_at, canceled.ends_at + CORRECT_WITHIN * 2):
        assert {refused(canceled, way, at) for way in (DONE, MISSED)} == {Unclosable.CANCELED}
        assert possible(canceled, at) == []


def test_what_is_offered_is_what_would_change_something() -> None:
    after = BOOKED.ends_at
    assert possible(BOOKED, BOOKED.starts_at - MICRO) == []
    assert possible(BOOKED, after - MICRO) == [MISSED]
    assert possible(BOOKED, after) == [DONE, MISSED]
    assert possible(session(1, status=DONE), after) == [MISSED]
    assert possible(session(1, status=MISSED), after - MICRO) == []
    assert possible(session(1, status=MISSED), after) == [DONE]


@pytest.mark.parametrize(
    ("was", "outcome", "kind", "source", "target"),
    [
        (Status.SCHEDULED, DONE, TransferKind.EARN, "session:s1", EARNED),
        (Status.SCHEDULED, MISSED, TransferKind.MISS, "session:s1", FORFEITED),
        (DONE, MISSED, TransferKind.MISS, EARNED, FORFEITED),
        (MISSED, DONE, TransferKind.EARN, FORFEITED, EARNED),
    ],
)
def test_credits_go_from_where_they_are_to_where_the_outcome_says(
    was: Status, outcome: Status, kind: TransferKind, source: str, target: str
) -> None:
    before: Session = session(1, status=was, version=4)
    moves = settle_outcome(before, outcome, PARTS, before.ends_at)
    assert {(m.kind, m.source, m.target, m.session_id) for m in moves} == {(kind, source, target, "s1")}
    assert {m.key: m.amount for m in moves} == {"outcome:s1:4:g1": 60, "outcome:s1:4:g2": 40}
    assert holder(before) == source


def test_no_session_ends_as_scheduled_or_canceled_by_anybodys_word() -> None:
    for status in (Status.SCHEDULED, Status.CANCELED):
        with pytest.raises(ValueError, match="no session ends"):
            CloseSession(actor=Actor("T1", "U1"), session_id="s1", outcome=status)


def test_an_account_below_zero_is_left_to_the_doctor() -> None:
    moves = complete("s", 1, [Part("a", -50), Part("b", 99), Part("c", 0), Part("d", 1)], BOOKED.ends_at)
    assert [(move.grant_id, move.amount) for move in moves] == [("b", 99), ("d", 1)]
