"""Where credits come back to, how much a decision adds, and whom to ask: the same words in dialogs and messages."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from coaching.actions.decide import Decided, Undecided
from coaching.errors import BadPart, ClientBusy
from coaching.localtime import local_day
from coaching.news.cancellations import Receipt
from coaching.news.decisions import LateDecision
from coaching.news.moves import MoveAllowed
from coaching.quotes import SessionQuote
from coaching.records import Viewer
from coaching.returns import Back
from coaching.sessions import SYSTEM_ID, Decision, Hat, Package, Person, Session, Status, Usable
from coaching.workspace import Settings
from handlers.error_words import words_for
from handlers.meta import LateMeta, Meta
from handlers.views.back import usable_words
from handlers.views.confirm import confirm_view, quote_words
from handlers.views.decide import decide_view, decided_words
from handlers.views.details import details_view
from handlers.views.engaged import engaged_words
from handlers.views.news import render
from handlers.views.result import result_view
from handlers.views.words import lateness, outcome, reader_for
from language.say import IN_ENGLISH
from tests.handlers.samples import ADMIN_VIEWER, COACH_VIEWER, NOW, VIEWER, canceled, details, ended, quoted, session

SETTINGS = Settings(support_contact="help@example.com")
POOLED = session(31, package=Package("Leadership 10-pack", 3, 10, "g", "Acme Leadership"))


def words(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False)


def receipt(*given: Session) -> str:
    told = Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[ended(s) for s in given], now=NOW)
    text = render(told)["text"]
    assert isinstance(text, str)
    return text


def test_what_a_pool_paid_comes_back_to_the_pool_in_the_confirmation_the_result_and_the_receipt() -> None:
    for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        view = words(confirm_view(quoted([POOLED], hat=hat), Meta()))
        assert "1 credit comes back to Acme Leadership's pool" in view
        assert "*1 credit* came back to Acme Leadership's pool" in words(result_view(canceled([POOLED], hat=hat)))
    assert "1 credit came back to Acme Leadership's pool." in receipt(POOLED)


def test_what_ends_at_one_time_is_one_amount_however_many_parts_it_has() -> None:
    later = NOW + timedelta(days=1)
    parts = [Usable(50, NOW), Usable(25, NOW + timedelta(seconds=5)), Usable(100, None), Usable(25, later)]
    said = usable_words(parts, reader_for(VIEWER, [], NOW))
    assert said == (
        "What came back is usable: 0.75 until Fri, Nov 20, 10:00 AM, 0.25 until Sat, Nov 21, 10:00 AM, and 1 without end."
    )


def test_where_a_pool_paid_a_part_only_the_receipt_says_how_much() -> None:
    text = receipt(POOLED, session(32), session(33))
    assert "3 credits came back, to where they came from (1 credit to Acme Leadership's pool)." in text


def test_details_name_the_pool_of_a_package() -> None:
    text = words(details_view(details(POOLED), Meta()))
    assert "*Package:* Leadership 10-pack (Acme Leadership's pool) · 3 of 10" in text


def half_late(decision: Decision, returned: int, number: int = 31) -> Session:
    """A check-in for half a credit, canceled late; a half of that came back at once."""
    given = replace(session(number), price=50, money=None, refund_cutoff_at=NOW - timedelta(hours=1))
    late = ended(given, decision=decision)
    assert late.cancellation is not None
    return replace(
        late, cancellation=replace(late.cancellation, percent=50, returned=returned, returned_late=returned - 25)
    )


@pytest.mark.parametrize(
    ("decision", "returned", "said"),
    [
        (
            Decision.PARTLY,
            35,
            "0.1 more credits came back; 0.35 of 0.5 credits in all (refunded in part by Carla Coach)",
        ),
        (Decision.REFUNDED, 50, "0.25 more credits came back; 0.5 of 0.5 credits in all (refunded anyway by Carla"),
        (Decision.KEPT, 25, "Nothing more came back; 0.25 of 0.5 credits in all (kept by Carla Coach)"),
    ],
)
def test_a_decision_says_what_came_back_by_it_and_in_all(decision: Decision, returned: int, said: str) -> None:
    late = half_late(decision, returned)
    assert said in render(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[late], now=NOW))["text"]


def test_what_came_back_after_all_is_told_without_what_the_first_decision_had_returned() -> None:
    late = half_late(Decision.PARTLY, 50)
    assert late.cancellation is not None
    late = replace(late, cancellation=replace(late.cancellation, decided_amount=10, after_all=True))
    text = render(LateDecision(viewer=VIEWER, settings=SETTINGS, sessions=[late], now=NOW))["text"]
    assert "0.15 more credits came back; 0.5 of 0.5 credits in all" in text


@pytest.mark.parametrize(("credits", "kept"), [(50, None), (100, 50)])
def test_where_credits_have_ended_their_part_is_told_apart_from_what_the_terms_keep(
    credits: int, kept: int | None
) -> None:
    given = replace(session(31), price=credits, money=None, refund_cutoff_at=NOW - timedelta(hours=1))
    percent = 50 if kept else 100
    back = (
        Back("g", 20, None),
        Back("h", 30, NOW, lapsed=True, label="Trio", pool="Acme", last_day=local_day(date(2026, 11, 19), "UTC")),
    )
    told = SessionQuote(given.id, 1, credits, percent, 20, late=bool(kept), back=back)
    text = quote_words(given, told, reader_for(VIEWER, [given], NOW), Hat.CLIENT)
    label, terms = ("*50%* · ", "; its terms keep 0.5 credits") if kept else ("", "")
    why = "0.3 credits are not returned: Acme's pool could be used until Thu, Nov 19"
    assert text.startswith(
        f"{label}0.2 of {'1 credit comes' if kept else '0.5 credits come'} back to your credits; {why}"
    )
    assert text.endswith(terms)


def test_a_step_that_returned_nothing_as_its_credits_had_ended_is_called_late_everywhere() -> None:
    given = half_late(Decision.OPEN, 25)
    assert given.cancellation is not None
    lapsed = replace(given, cancellation=replace(given.cancellation, returned=0, returned_late=0))
    assert (lateness(given, IN_ENGLISH), lateness(lapsed, IN_ENGLISH)) == ("*In part (50%)*", "*Late*")
    assert outcome(lapsed, reader_for(VIEWER, [lapsed], NOW)).startswith("late: 0.5 credits not returned")
    view = words(details_view(details(lapsed), Meta()))
    assert "(after the cutoff)" in view
    assert "came back)" not in view


@pytest.mark.parametrize(
    ("viewer", "hat", "who"), [(VIEWER, Hat.CLIENT, "You"), (ADMIN_VIEWER, Hat.ADMIN, "The client")]
)
def test_details_say_who_may_move_once_not_who_might_have_allowed_it(viewer: Viewer, hat: Hat, who: str) -> None:
    given = session(31, late_move_allowed=True)
    shown = details(given, viewer=viewer, hat=hat)
    view = words(details_view(replace(shown, row=replace(shown.row, has_hours=True)), Meta()))
    assert f"{who} may reschedule this session once, although its policy does not allow it." in view


@pytest.mark.parametrize("late", [True, False])
def test_that_a_move_returns_no_more_is_said_only_where_it_is_so(late: bool) -> None:
    given = session(31, refund_cutoff_at=NOW + timedelta(hours=-1 if late else 1))
    told = MoveAllowed(viewer=VIEWER, settings=SETTINGS, session=given, at=given.starts_at, by_coach=True, now=NOW)
    text = render(told)["text"]
    assert ("no more comes back than without the move" in text) is late
    assert "does not become refundable" not in text


@pytest.mark.parametrize(("contact", "whom"), [("help@example.com", "help@example.com"), (None, "a workspace admin")])
def test_whoever_missed_a_session_of_a_coach_who_left_is_not_sent_to_them(contact: str | None, whom: str) -> None:
    shown = replace(
        details(session(31, status=Status.NO_SHOW)), coach_gone=True, settings=Settings(support_contact=contact)
    )
    assert f"If that is not right, ask {whom}." in words(details_view(shown, Meta()))


def test_a_time_that_is_held_says_until_when() -> None:
    held = ended(session(31))
    assert held.cancellation is not None
    held = replace(held, cancellation=replace(held.cancellation, undo_until=NOW + timedelta(minutes=10)))
    said = engaged_words(ClientBusy(held.client.id, held.starts_at, held.ends_at), VIEWER, [held], NOW)
    assert said is not None
    assert "can be taken back until Fri, Nov 20, 10:10 AM. Try again after that." in said


def test_a_canceled_session_is_struck_where_its_move_was_allowed() -> None:
    given = ended(session(31))
    told = MoveAllowed(viewer=VIEWER, settings=SETTINGS, session=given, at=given.starts_at, by_coach=True, now=NOW)
    assert "~*Leadership*" in words(render(told))


def test_a_part_is_besides_what_came_back_already() -> None:
    def dialog(*given: Session) -> str:
        found = Undecided(viewer=COACH_VIEWER, open=given, before=[], now=NOW)
        return words(decide_view(found, LateMeta(ids=("s1",), action="a1")))

    one, two = half_late(Decision.OPEN, 25), half_late(Decision.OPEN, 25, 34)
    assert "besides what came back already: write how much more below" in dialog(one)
    assert "each session" not in dialog(one)
    assert "of each session, besides what came back" in dialog(one, two)
    assert "besides" not in dialog(half_late(Decision.OPEN, 0))


def test_a_refused_part_reads_well_for_one_session() -> None:
    assert "each session" not in words_for(BadPart(50, 25), "r", IN_ENGLISH)
    assert "more than 0 and less than 0.25 credits" in words_for(BadPart(50, 25), "r", IN_ENGLISH)


def test_what_was_decided_is_named_and_has_one_colon() -> None:
    reader = reader_for(COACH_VIEWER, [], NOW)
    late = half_late(Decision.PARTLY, 35)
    said = decided_words(Decided(decided=[late], before=[], now=NOW), reader)
    assert said == "Refunded in part: Leadership with Anna Lee, 0.1 more credits back. We tell Anna Lee."
    kept = half_late(Decision.KEPT, 25)
    assert kept.cancellation is not None
    by_time = replace(kept, cancellation=replace(kept.cancellation, decided_by=Person(SYSTEM_ID)))
    said = decided_words(Decided(decided=[], before=[by_time], now=NOW), reader)
    assert said == "Leadership with Anna Lee: kept, as nobody decided in time."


def kept_by_coach(back: int, role: Hat = Hat.COACH) -> Session:
    """Canceled late by its coach, who let the policy keep what it keeps."""
    given = session(31, price=100, money=None, refund_cutoff_at=NOW - timedelta(hours=1))
    late = ended(given, decision=None, role=role)
    assert late.cancellation is not None
    return replace(late, cancellation=replace(late.cancellation, percent=back, returned=back))


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (100, "1 credit returned"),
        (0, "1 credit not returned (kept by Carla Coach)"),
        (25, "0.25 of 1 credit returned (the rest kept by Carla Coach)"),
    ],
)
def test_a_late_coach_is_not_told_as_a_late_client(back: int, said: str) -> None:
    late = kept_by_coach(back)
    assert outcome(late, reader_for(VIEWER, [late], NOW)) == said
    own = kept_by_coach(back, Hat.CLIENT)
    # Nor is a client who gets what a step of the terms returns.
    assert outcome(own, reader_for(VIEWER, [own], NOW)).startswith("late: ") is (back == 0)


@pytest.mark.parametrize(
    ("contact", "gone", "whom"),
    [
        ("help@example.com", False, "help@example.com"),
        (None, False, "Carla Coach"),
        ("help@example.com", True, "help@example.com"),
        (None, True, "a workspace admin"),
    ],
)
def test_whoever_lost_credits_to_a_late_coach_reads_whom_to_ask(contact: str | None, gone: bool, whom: str) -> None:
    settings, ask = Settings(support_contact=contact), f"If that is not right, ask {whom}."

    def read(late: Session) -> tuple[str, str]:
        left = [late.coach.id] if gone else []
        told = Receipt(viewer=VIEWER, settings=settings, sessions=[late], now=NOW, gone=left)
        shown = replace(details(late), settings=settings, coach_gone=gone)
        return render(told)["text"], words(details_view(shown, Meta()))

    assert all(ask in text for text in read(kept_by_coach(0)))
    assert not any("If that is not right" in text for text in read(kept_by_coach(100)))
    as_coach = words(details_view(details(kept_by_coach(0), viewer=COACH_VIEWER, hat=Hat.COACH), Meta()))
    assert "kept by you" in as_coach
    assert "If that is not right" not in as_coach
