"""What a cancellation says of itself, and how long it counts that somebody is an admin."""

from datetime import UTC, datetime, timedelta

import pytest

from coaching.actions.access import is_admin_still
from coaching.errors import RightsInDoubt
from coaching.records import Viewer
from coaching.sessions import Cancellation, Hat, Person

AT = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "percent", "returned", "returned_late", "in_part", "nothing_back"),
    [
        (False, 100, 100, 0, False, False),
        (True, 100, 100, 0, False, False),  # late, and all of it came back: an admin or the coach canceled
        (True, 99, 99, 0, True, False),
        (True, 1, 1, 0, True, False),
        (True, 0, 0, 0, False, True),
        (True, 0, 60, 60, False, True),  # what came back was decided later
        (True, 50, 0, 0, False, True),  # the credits it would have returned had ended
        (True, 50, 100, 50, True, False),
    ],
)
def test_what_came_back_by_itself_is_told_from_what_was_decided_later(
    late: bool, percent: int, returned: int, returned_late: int, in_part: bool, nothing_back: bool
) -> None:
    ended = Cancellation(
        action_id="a",
        at=AT,
        by=Person("U0ANNA"),
        role=Hat.CLIENT,
        reason=None,
        late=late,
        percent=percent,
        returned=returned,
        decision=None,
        returned_late=returned_late,
    )
    assert (ended.in_part, ended.nothing_back) == (in_part, nothing_back)


@pytest.mark.parametrize("way", [1, -1], ids=["after", "before"])
def test_what_slack_said_of_an_admin_counts_for_an_hour(way: int) -> None:
    hour = timedelta(hours=1)
    viewer = Viewer(Person("U0ADMIN"), is_coach=False, is_admin=True, fetched_at=AT)
    assert is_admin_still(viewer, at=AT + way * hour)
    with pytest.raises(RightsInDoubt):
        is_admin_still(viewer, at=AT + way * (hour + timedelta(microseconds=1)))
