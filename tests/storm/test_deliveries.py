"""The storm's own scales: whatever is planted is counted, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from coaching.news.kinds import NoticeKind
from coaching.news.notice import NoticeState
from tests.storm.deliveries import Deliveries, weigh
from tests.storm.practice import UNDO_WINDOW
from tests.storm.pulse import Pulse
from tests.storm.slack import Post
from tests.storm.troubles import Trouble, What

START = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
BEGAN = START.timestamp()


@dataclass
class Stage:
    """What was due and what came; a message is `after` seconds late."""

    rows: list[Any] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def told(
        self,
        key: str,
        due: float,
        after: float,
        *,
        kind: NoticeKind = NoticeKind.RECEIPT,
        caused: float | None = None,
        holds: Sequence[tuple[float, float]] = (),
        **more: Any,
    ) -> None:
        post = self.came(key, due + after)
        known = {"state": NoticeState.SENT, "revision": 1, "sent_revision": 1, "leader_key": None, "why": None}
        known["holds"] = [(START + timedelta(seconds=one), START + timedelta(seconds=other)) for one, other in holds]
        known |= {"first_due": START + timedelta(seconds=due)}
        known |= {"caused": START + timedelta(seconds=due if caused is None else caused)}
        given = known | {"dedupe_key": key, "kind": kind} | more
        self.rows.append(SimpleNamespace(**{"channel": post.channel, "message_ts": post.ts} | given))

    def came(self, key: str, at: float) -> Post:
        self.posts.append(Post("D1", f"{BEGAN + at:.6f}", BEGAN + at, (f"canceled {key}", "tomorrow"), True))
        return self.posts[-1]

    def trouble(self, what: What, began: float, ended: float) -> None:
        self.troubles.append(Trouble(what, BEGAN + began, BEGAN + ended))

    def weighed(self, replicas: int = 1) -> Deliveries:
        return weigh(self.rows, self.posts, self.troubles, Pulse(), replicas=replicas)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_came_once_in_time_and_in_order_is_nothing_to_count(stage: Stage) -> None:
    stage.told("a", 0, 1)
    stage.told("b", 5, 1)
    assert stage.weighed() == Deliveries(messages=2, to_clients=2)


def test_a_second_copy_counts_for_the_trouble_it_comes_from_and_the_first_was_seen_first(stage: Stage) -> None:
    stage.trouble(What.KILL, 40, 42)
    stage.trouble(What.KILL, 2, 20)
    stage.came("a", 1.5)
    stage.told("a", 0, 30)
    found = stage.weighed()
    assert len(found.doubled) == 1
    assert found.by_trouble == {1: 1}
    assert not found.late, "it had been read long before"
    assert not found.long_known
    stage.troubles.clear()
    assert len(stage.weighed().unexplained) == 1


def test_a_copy_is_of_no_message_whose_cause_came_after_it(stage: Stage) -> None:
    stage.trouble(What.STILL, 0, 18)
    stage.came("a", 4)
    stage.told("a", 0, 19)
    stage.posts[-1] = replace(stage.posts[-1], lines=("canceled a", "the day after tomorrow"))
    stage.told("b", 14, 6)
    stage.posts[-1] = replace(stage.posts[-1], lines=("canceled a", "tomorrow"))
    found = stage.weighed()
    assert len(found.doubled) == 1
    assert found.overtook == [], "what was seen early is a, which looks more like b by now"


def test_what_is_doubled_though_it_was_known_a_while_before_the_kill_is_counted(stage: Stage) -> None:
    stage.trouble(What.KILL, 10, 12)
    stage.came("a", 9.2)
    stage.told("a", 0, 13)
    assert not stage.weighed().long_known, "a moment to write it down"
    stage.came("b", 8.5)
    stage.told("b", 0, 13.5)
    assert len(stage.weighed().long_known) == 1
    stage.trouble(What.HELD, 7, 9)
    assert not stage.weighed().long_known, "nobody could write then"


@pytest.mark.parametrize(
    "more",
    [
        {"state": NoticeState.LEASED},
        {"state": NoticeState.FAILED},
        {"message_ts": "1.0"},
        {"sent_revision": 1, "revision": 2},
    ],
)
def test_what_nobody_reads_is_lost(stage: Stage, more: dict[str, Any]) -> None:
    stage.told("a", 0, 1, **more)
    assert len(stage.weighed().lost) == 1


def test_late_is_what_came_five_seconds_after_everything_was_up_again(stage: Stage) -> None:
    stage.told("quiet", 0, 6)
    assert len(stage.weighed().late) == 1
    stage.trouble(What.KILL, 99, 103)
    stage.told("excused", 100, 7)
    assert len(stage.weighed().late) == 1
    stage.told("late all the same", 101, 8)
    found = stage.weighed()
    assert len(found.late) == 2
    assert found.slowest == pytest.approx(6)
    assert not found.much_too_late, "a busy machine may do that"
    stage.told("no machine is that busy", 200, 40)
    assert len(stage.weighed().much_too_late) == 1


def test_of_two_replicas_the_other_one_goes_on_within_twenty_seconds(stage: Stage) -> None:
    stage.trouble(What.STILL, 99, 140)
    stage.told("taken over", 100, 18)
    assert not stage.weighed(2).late
    stage.told("not taken over", 101, 19)
    assert len(stage.weighed(2).late) == 1


def test_a_receipt_after_its_undo_is_counted(stage: Stage) -> None:
    stage.told("a", 0, UNDO_WINDOW.total_seconds() + 1)
    assert len(stage.weighed().after_undo) == 1


def test_a_message_overtakes_an_older_one_that_was_surely_committed(stage: Stage) -> None:
    stage.told("older", 0, 2.5)
    stage.told("perhaps committed before", 1, 1)
    assert not stage.weighed().overtook
    stage.told("oldest", -3, 9)
    assert len(stage.weighed().overtook) == 2


def test_an_alert_written_long_before_it_is_due_is_surely_committed_then_and_one_let_go_early_only_later(
    stage: Stage,
) -> None:
    window = UNDO_WINDOW.total_seconds()
    stage.told("let go early", 0, 2.5, kind=NoticeKind.COACH_ALERT)
    stage.told("newer", 0.1, 0.5)
    assert not stage.weighed().overtook
    stage.told("alert", 50, 1, kind=NoticeKind.COACH_ALERT, caused=50 - window)
    stage.told("newer than that", 50.1, 0.5)
    assert len(stage.weighed().overtook) == 1


def test_what_was_kept_back_while_its_cancellation_might_be_undone_is_neither_late_nor_overtaken(stage: Stage) -> None:
    stage.told("kept back", 0, 24, kind=NoticeKind.BOOKED, holds=[(1, 21), (30, 50)])
    stage.told("meanwhile", 2, 2)
    found = stage.weighed()
    assert (found.late, found.overtook) == ([], [])
    stage.told("once it was let go", 23, 0.5)
    stage.rows[0].holds = [(START + timedelta(seconds=1), START + timedelta(seconds=18))]
    found = stage.weighed()
    assert (len(found.late), len(found.overtook)) == (1, 1)
