"""Who gets a copy of what, whatever the ids and however many types: pure rules."""

from datetime import timedelta

import pytest

from coaching.news import bookings, cancellations
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.sessions import Person, Session
from coaching.stakeholders import NewsOf, Stakeholder, copies, is_channel, is_person, shows, still_named
from tests.conftest import START

CARLA, OTTO, ANNA, OLGA = "U0COACH", "U0OTHER", "U0ANNA", "U0OLGA"


def session(number: int, *, type_id: str = "t", coach: str = CARLA, session_id: str | None = None) -> Session:
    starts_at = START + timedelta(days=number + 1)
    return Session(
        workspace_id="T0",
        id=session_id or f"s{number}",
        client=Person(ANNA),
        coach=Person(coach),
        session_type="Coaching",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        time_zone="UTC",
        booked_at=START,
        refund_cutoff_at=starts_at,
        policy_id="p",
        price=0,
        type_id=type_id,
    )


def alert(coach: str = CARLA) -> Notice:
    return cancellations.coach_alert("a" * 32, coach, START)


@pytest.mark.parametrize("number", [1, 8, 9, 100])
def test_somebody_told_about_types_reads_of_every_session_of_theirs_once_however_many_types(number: int) -> None:
    sessions = [session(n, type_id=f"t{n}") for n in range(number + 1)]
    found = [Stakeholder(NewsOf.TYPE, f"t{n}", OLGA) for n in range(number)]
    told = list(copies([alert()], sessions, found))
    assert [one.recipient for one in told] == [OLGA]
    assert len(told[0].dedupe_key) <= 200
    for one in sessions:
        times = sum(shows(copy.only_types, OLGA, one) for copy in told)
        assert times == (one is not sessions[-1])


@pytest.mark.parametrize("session_id", ["12345678", "a:12345678:12345678", "x" * 64, ":::"])
def test_any_session_id_can_be_copied(session_id: str) -> None:
    one = session(1, session_id=session_id)
    news = [told for told in bookings.booked(session_id, ANNA, CARLA, START) if told.kind is NoticeKind.COACH_BOOKED]
    for of, of_id in ((NewsOf.COACH, CARLA), (NewsOf.TYPE, "t")):
        found = [Stakeholder(of, of_id, OLGA)]
        [copy] = copies(news, [one], found)
        assert len(copy.dedupe_key) <= 200
        assert shows(copy.only_types, OLGA, one)
        assert shows(copy.only_types, OLGA, session(2, type_id="u")) is (of is NewsOf.COACH)
        assert still_named(copy.only_types, OLGA, CARLA, found)
        assert not still_named(copy.only_types, OLGA, CARLA, [Stakeholder(of, "another", OLGA)])
        assert not still_named(copy.only_types, OLGA, CARLA, [Stakeholder(of, of_id, ANNA)])


def test_whoever_is_told_about_one_coach_only_gets_no_copy_of_anothers_news() -> None:
    found = [Stakeholder(NewsOf.COACH, CARLA, OLGA)]
    both = [session(1), session(2, coach=OTTO)]
    assert [(told.recipient, told.copy_of) for told in copies([alert(), alert(OTTO)], both, found)] == [(OLGA, CARLA)]


def test_a_channel_is_left_out_for_the_coach_whose_own_it_is_and_for_no_other() -> None:
    found = [Stakeholder(NewsOf.TYPE, "t", "C0OPS", frozenset({CARLA}))]
    both = [session(1), session(2, coach=OTTO)]
    assert [told.copy_of for told in copies([alert(), alert(OTTO)], both, found)] == [OTTO]


def test_copies_are_made_of_what_coaches_are_told_and_of_nothing_else() -> None:
    found = [Stakeholder(NewsOf.COACH, CARLA, OLGA)]
    told = [cancellations.receipt("a", ANNA, START), alert()]
    once = list(copies(told, [session(1)], found))
    assert [(one.kind, one.recipient) for one in once] == [(NoticeKind.COACH_ALERT, OLGA)]
    assert list(copies(once, [session(1)], found)) == [], "a copy is not copied"


@pytest.mark.parametrize(
    ("target", "channel", "person"),
    [
        ("C0OPS", True, False),
        ("G0OPS", True, False),
        ("U0OLGA", False, True),
        ("W0OLGA", False, True),
        ("D0OLGA", False, False),
        ("mail:olga@example.com", False, False),
        ("", False, False),
        ("C0OPS>", False, False),
    ],
)
def test_people_and_channels_are_told_apart_by_their_ids(target: str, channel: bool, person: bool) -> None:
    assert (is_channel(target), is_person(target)) == (channel, person)
