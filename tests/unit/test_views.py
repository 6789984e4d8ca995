"""Every screen, for few and many sessions, plain and hostile names, against Slack's limits and rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coaching.actions.setup import COACHES_PAGE, Setup
from coaching.causes import Blocked
from coaching.policy import Policy
from coaching.records import Scope, Viewer
from coaching.sessions import Decision, Hat, Package, Person, Session
from coaching.workspace import Coach, Settings
from handlers.views.choose import choose_view
from handlers.views.confirm import confirm_view
from handlers.views.details import details_view
from handlers.views.help import help_text
from handlers.views.home import home_view
from handlers.views.list import list_view
from handlers.views.preferences import preferences_form
from handlers.views.result import result_view
from handlers.views.retire import remove_form
from handlers.views.setup import admins_form, coach_form, setup_view
from handlers.views.words import reader_for
from language.say import IN_ENGLISH
from tests.handlers.samples import (
    ADMIN_VIEWER,
    COACH_VIEWER,
    COUNTS,
    FIRST,
    HOSTILE,
    NOW,
    POLICY,
    SILENT,
    TIERED,
    VIEWER,
    canceled,
    choosing,
    details,
    ended,
    home,
    page,
    quoted,
    row,
    session,
    sessions,
)
from tests.unit.screens import META, elements, everywhere, refused, words


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("count", COUNTS)
class TestWithinSlacksLimits:
    def test_list(self, count: int, hostile: bool) -> None:
        given = sessions(count, hostile=hostile)
        for viewer in [*everywhere(VIEWER), *everywhere(COACH_VIEWER), ADMIN_VIEWER]:
            for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
                for number in {0, max(0, (count - 1) // 10)}:
                    shown = page(given, viewer=viewer, hat=hat, number=number)
                    assert refused(list_view(shown, META)) == []
        past = page([ended(s) for s in given], scope=Scope.PAST)
        assert refused(list_view(past, META)) == []

    def test_choose(self, count: int, hostile: bool) -> None:
        given = sessions(count, hostile=hostile)
        ids = [s.id for s in given][:100]
        for viewer in everywhere(VIEWER):
            for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
                for policies in ((POLICY,), (POLICY, TIERED, SILENT), (SILENT,)):
                    for number in {0, max(0, (count - 1) // 30)}:
                        shown = choosing(given, policies=policies, viewer=viewer, hat=hat, number=number, picked=ids)
                        assert refused(choose_view(shown, META)) == []
                        assert refused(choose_view(shown, META, keep=True, notice="Too much")) == []
        one_package_each = [
            replace(s, package=replace(session(1).package, grant_id=str(n), name=f"P{n}"))  # type: ignore[type-var]
            for n, s in enumerate(given)
        ]
        assert refused(choose_view(choosing(one_package_each), META)) == []

    def test_confirm_and_result(self, count: int, hostile: bool) -> None:
        given = sessions(min(count, 100), hostile=hostile)
        reason = "<!channel> *why* " * 170
        for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
            gone = [(s, Blocked.CANCELED) for s in given]
            for viewer in everywhere(VIEWER):
                shown = quoted(given, viewer=viewer, hat=hat, reason=reason, gone=gone, changed=True)
                assert refused(confirm_view(shown, META)) == []
            assert refused(confirm_view(quoted(given, hat=hat), META)) == []
            assert refused(result_view(canceled(given, hat))) == []
        assert refused(confirm_view(quoted([], gone=gone, changed=True), META)) == []

    def test_home(self, count: int, hostile: bool) -> None:
        given = sessions(count, hostile=hostile)
        for viewer in [*everywhere(VIEWER), *everywhere(COACH_VIEWER), replace(COACH_VIEWER, is_admin=True)]:
            assert refused(home_view(home(given, viewer, grants=count, coaches=count))) == []
        for viewer in everywhere(ADMIN_VIEWER):
            for steps in FIRST:
                assert refused(home_view(home([], viewer, grants=count, coaches=count, steps=steps))) == []

    def test_setup(self, count: int, hostile: bool) -> None:
        names = HOSTILE if hostile else ("Carla",)
        people = [Person(f"U{n}", names[n % len(names)]) for n in range(count)]
        coaches = [Coach(person, f"C{n}" if n % 2 else None) for n, person in enumerate(people)]
        settings = Settings(policy=TIERED, support_contact=names[0])
        shown = coaches[:COACHES_PAGE]
        setup = Setup(viewer=ADMIN_VIEWER, settings=settings, coaches=shown, total=count, admins=people, now=NOW)
        for steps in (None, *FIRST):
            assert refused(setup_view(replace(setup, first_steps=steps))) == []
        assert refused(admins_form(people, IN_ENGLISH)) == []
        for coach in coaches[:20]:
            assert refused(coach_form(coach, IN_ENGLISH)) == []
            assert refused(remove_form(coach, 0, IN_ENGLISH)) == []
            assert refused(remove_form(coach, 1234, IN_ENGLISH, left=True)) == []


@pytest.mark.parametrize("policy", [POLICY, TIERED, SILENT, Policy(tiers=()), Policy(tiers=(), late_cancel=False)])
def test_forms_stay_within_slacks_limits(policy: Policy) -> None:
    assert refused(preferences_form(Settings(policy=policy, support_contact="x" * 500), IN_ENGLISH)) == []
    assert refused(coach_form(None, IN_ENGLISH)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_formats_nothing_around_it(name: str) -> None:
    given = session(1, coach=Person("U0COACH", name), session_type=name)
    text = words(list_view(page([given]), META))
    row = next(block for block in list_view(page([given]), META)["blocks"] if block["type"] == "section")
    title = row["text"]["text"].split("\n")[0]
    assert "<!" not in text
    assert "<@U0ANNA>" not in text
    assert "\u202e" not in text
    assert title.count("*") == 2  # ours, around the type
    assert "`" not in title
    assert "~" not in title


def offers(given: Any, viewer: Viewer = VIEWER, policy: Policy = POLICY) -> list[str]:
    shown = page([given], viewer=viewer)
    shown = replace(shown, rows=[replace(shown.rows[0], policy=policy, blocked=given.blocked(policy, NOW, Hat.CLIENT))])
    menus = elements(list_view(shown, META), "session_menu")
    return [option["text"]["text"] for option in menus[0]["options"]]


def test_only_what_is_possible_is_offered() -> None:
    upcoming = session(1, meeting_link="https://meet.example.com/x")
    assert offers(upcoming) == ["Details", "Join", "Cancel…"]
    assert offers(replace(upcoming, meeting_link=None)) == ["Details", "Cancel…"]
    assert offers(replace(upcoming, meeting_link="javascript:alert(1)")) == ["Details", "Cancel…"]
    started = replace(upcoming, starts_at=NOW - timedelta(minutes=5))
    assert offers(started) == ["Details", "Join"]
    over = replace(upcoming, starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1))
    assert offers(over) == ["Details"]
    assert offers(ended(upcoming)) == ["Details", "Ask for an exception"]
    assert offers(ended(upcoming, decision=Decision.REFUNDED)) == ["Details"], "nothing is kept"
    assert offers(upcoming, policy=TIERED) == ["Details", "Join"]  # two hours before, late cancellation is off


def test_the_list_offers_canceling_only_when_something_can_be_canceled() -> None:
    assert elements(list_view(page([session(1)]), META), "cancel_open")
    assert not elements(list_view(page([ended(session(1))]), META), "cancel_open")
    assert not elements(list_view(page([]), META), "cancel_open")


def test_an_empty_list_says_what_to_do_next() -> None:
    assert "admins give credits and bring sessions in" in words(list_view(page([]), META))


def test_a_canceled_session_is_struck_and_tagged() -> None:
    text = words(list_view(page([ended(session(30))], scope=Scope.PAST), META))
    assert "~6:00 – 6:50 PM · *Leadership* with Carla Coach~" in text
    assert "*Session Canceled* · 1 credit returned" in text


def test_where_a_session_stands_is_told_in_words() -> None:
    assert "Refundable until Fri, Nov 20, 7:00 PM" in words(list_view(page([session(31)]), META))
    text = words(list_view(page([session(1)]), META))
    assert "Non-refundable since Thu, Nov 19, 1:00 PM" in text
    half = replace(page([session(15)]), rows=[row(session(15), TIERED)])
    assert "50% refundable until Fri, Nov 20, 3:00 PM\n" in words(list_view(half, META))


def test_pages_say_where_they_are() -> None:
    view = list_view(page(sessions(37), number=1), META)
    assert "11–20 of 37" in words(view)
    assert elements(view, "list_earlier")
    assert elements(view, "list_later")
    assert not elements(list_view(page(sessions(37), number=3), META), "list_later")


def test_the_current_tab_is_told_without_color() -> None:
    assert "✓ Upcoming" in words(list_view(page([]), META))
    assert "✓ Past" in words(list_view(page([], scope=Scope.PAST), META))


def test_sessions_are_grouped_by_package_then_singles_ten_to_a_group() -> None:
    view = choose_view(choosing(sessions(30)), META)
    groups = [b for b in view["blocks"] if str(b.get("block_id", "")).startswith("sessions:")]
    assert [(g["label"]["text"], len(g["element"]["options"])) for g in groups] == [
        ("Leadership 10-pack 0", 10),
        ("Leadership 10-pack 0 (continued)", 10),
        ("Single sessions", 10),
    ]


def test_a_coach_tells_the_same_package_of_several_clients_apart() -> None:
    ben = Person("U0BEN", "Ben Okafor")
    hers = [session(n, package=Package("Ten", n, 10, "g1")) for n in (1, 31)]
    given = [*hers, session(32, client=ben, package=Package("Ten", 1, 10, "g2"))]

    def labels(hat: Hat, of: Sequence[Session]) -> list[str]:
        view = choose_view(choosing(of, hat=hat), META)
        return [b["label"]["text"] for b in view["blocks"] if str(b.get("block_id", "")).startswith("sessions:")]

    assert labels(Hat.COACH, given) == ["Ten · Anna Lee", "Ten · Ben Okafor"]
    assert labels(Hat.COACH, hers) == ["Ten"]
    assert labels(Hat.CLIENT, given) == ["Ten", "Ten"]


def test_a_coach_reads_whose_terms_they_are_where_what_comes_back_is_theirs_to_choose() -> None:
    view = choose_view(choosing([session(1), session(2, client=Person("U0BEN", "Ben Okafor"))], hat=Hat.COACH), META)
    [first, _] = [o for e in elements(view, "choose_sessions") for o in e["options"]]
    assert first["description"]["text"] == "Anna Lee · by its terms nothing back"
    assert "non-refundable" in words(choose_view(choosing([session(1)]), META))


def test_picks_of_this_page_are_ticked_and_those_of_others_counted() -> None:
    view = choose_view(choosing(sessions(60), number=1, picked=["s1", "s31", "s32"]), META)
    ticked = [o["value"] for e in elements(view, "choose_sessions") for o in e.get("initial_options", [])]
    assert sorted(ticked) == ["s31", "s32"]
    assert "3 picked so far · 1 of them on another page" in words(view)


def test_keeping_folds_everything_away() -> None:
    view = choose_view(choosing(sessions(30)), META, keep=True)
    assert view["submit"]["text"] == "Done"
    assert not elements(view, "choose_sessions")


def test_the_result_closes_everything() -> None:
    view = result_view(canceled([session(1), session(31)]))
    assert view["clear_on_close"] is True
    assert "*2 sessions canceled*" in words(view)
    assert "*1 credit* came back, to where it came from. *1 credit* did not come back." in words(view)
    assert "We tell Carla Coach." in words(view)


def test_home_tells_an_admin_what_is_missing() -> None:
    admin = replace(VIEWER, is_admin=True)
    assert "Name the coaches" in words(home_view(home([], admin)))
    assert "Name the coaches" not in words(home_view(home(sessions(1), admin)))
    assert elements(home_view(home([], admin)), "home_setup")
    assert not elements(home_view(home([])), "home_setup")


def test_home_names_some_coaches_without_hours_to_an_admin_and_counts_the_others() -> None:
    admin = replace(VIEWER, is_admin=True)
    many, one = (words(home_view(home([], admin, coaches=coaches, steps=None))) for coaches in (12, 1))
    assert "*Carla Coach* has no hours to book yet." in many
    assert "No hours to book yet: Carla Coach and 2 more." in many, "seven more are named, in this case alike"
    assert "*Carla Coach* has no hours to book yet." in one
    assert "No hours to book yet:" not in one


def test_home_shows_credits_with_their_expiry() -> None:
    text = words(home_view(home([], grants=2)))
    assert "*3 credits* in all" in text
    assert "1.5 credits left · usable until Sat, Nov 21" in text


@pytest.mark.parametrize(
    ("viewer", "said", "unsaid"),
    [(VIEWER, "cancel", "setup"), (ADMIN_VIEWER, "setup", "As a coach"), (COACH_VIEWER, "As a coach", "setup")],
)
def test_help_knows_who_asks(viewer: Viewer, said: str, unsaid: str) -> None:
    text = help_text(viewer, IN_ENGLISH)
    assert said in text
    assert unsaid not in text


def test_help_repeats_unknown_words_without_pinging() -> None:
    text = help_text(VIEWER, IN_ENGLISH, "<!channel> *cancle*")
    assert "“&lt;!channel&gt; ∗cancle∗”" in text


@pytest.mark.parametrize(("typed", "said"), [("for", "for @person"), ("credits for @nobody", "credits for @person")])
def test_an_admin_who_names_nobody_is_shown_how_for_that_very_command(typed: str, said: str) -> None:
    text = help_text(ADMIN_VIEWER, IN_ENGLISH, typed)
    assert text.startswith(f"Name the person with @, as in `/sessions {said}`")


def test_a_coach_is_shown_how_to_open_a_clients_page_and_nothing_of_others_credits() -> None:
    assert "`/sessions for @person` opens the page of a client of yours" in help_text(COACH_VIEWER, IN_ENGLISH)
    named = "Name the person with @, as in `/sessions for @person`"
    assert help_text(COACH_VIEWER, IN_ENGLISH, "for anna").startswith(named)
    assert "Name the person" not in help_text(COACH_VIEWER, IN_ENGLISH, "credits for anna")
    assert "@person" not in help_text(VIEWER, IN_ENGLISH, "for anna")


def test_a_cutoff_on_the_other_side_of_a_clock_change_is_told_apart() -> None:
    start = datetime(2027, 3, 14, 18, 0, tzinfo=UTC)  # clocks change that morning, ten hours after the cutoff
    given = session(
        1, starts_at=start, ends_at=start + timedelta(hours=1), refund_cutoff_at=start - timedelta(hours=24)
    )
    text = words(list_view(page([given]), META))
    assert "Sun, Mar 14, 2027, 2:00 – 3:00 PM (DST)" in text
    assert "Refundable until Sat, Mar 13, 2027, 1:00 PM\n" in text
    assert "Eastern Time (GMT−5:00; GMT−4:00 where marked DST)" in text


def test_a_cutoff_is_shown_to_the_second_and_events_to_the_minute() -> None:
    cutoff = NOW + timedelta(minutes=7, seconds=9, microseconds=999)
    view = words(details_view(details(session(1, refund_cutoff_at=cutoff)), META))
    assert "*Full refund ends:* Fri, Nov 20, 10:07:09 AM" in view
    ended_at = replace(ended(session(31)), booked_at=NOW)
    assert ended_at.cancellation is not None
    at = replace(ended_at.cancellation, at=NOW + timedelta(seconds=5))
    assert "by you, Fri, Nov 20, 10:00 AM\n" in words(details_view(details(replace(ended_at, cancellation=at)), META))


@pytest.mark.parametrize("count", [1, 20, 21, 100])
def test_nobody_confirms_a_session_that_is_not_shown(count: int) -> None:
    given = [replace(session(n), session_type="&" * 200, coach=Person("U1", "&" * 200)) for n in range(count)]
    for view in (confirm_view(quoted(given), META), result_view(canceled(given))):
        assert refused(view) == []
        text = words(view)
        reader = reader_for(VIEWER, given, NOW)
        assert all(reader.when(s) in text for s in given)


def test_the_confirmation_says_once_with_each_session_where_its_credits_go() -> None:
    text = words(confirm_view(quoted([session(31), session(33), session(1)]), META))
    assert text.count("back to Leadership 10-pack 0") == 1
    assert text.count("back to your credits") == 1
    total = next(line for line in text.split("\n") if "*Total:*" in line)
    assert total.startswith("*Total:* 2 credits come back, and 1 credit will not.")
    assert "where they came from" not in text


@pytest.mark.parametrize(
    ("many", "number", "offered"),
    [(1, 0, []), (30, 0, []), (31, 0, ["Later ›"]), (60, 1, ["‹ Earlier"]), (61, 1, ["‹ Earlier", "Later ›"])],
)
def test_choosing_offers_the_pages_that_there_are(many: int, number: int, offered: list[str]) -> None:
    view = choose_view(choosing(sessions(many), number=number), META)
    texts = [
        one["text"]["text"] for block in view["blocks"] for one in block.get("elements", ()) if one["type"] == "button"
    ]
    assert [text for text in texts if "‹" in text or "›" in text] == offered
