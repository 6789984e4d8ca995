"""The feed of a calendar: what it holds for whom, and that nobody else gets it."""

import random
import string
from datetime import timedelta

import pytest

from coaching.actions import calendar_address
from coaching.actions.calendar_address import parsed
from coaching.clock import ManualClock
from coaching.meetings import LinkOf, LinkScope
from coaching.sessions import Actor
from tests.conftest import KINDS
from tests.support.calendars import subscribed
from tests.support.databases import Databases
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.web.conftest import Site, served
from web.feed import GUESSES, OWN
from web.pace import Callers, Pace

H = timedelta(hours=1)


async def shown(site: Site, token: str) -> dict[str, str]:
    """Return what a subscriber sees: uid → title."""
    status, text, headers = await site.get(f"/calendar/{token}.ics")
    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return {uid: one.title for uid, one in subscribed(text).items()}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_session_appears_moves_and_vanishes_for_its_client_and_its_coach_and_for_nobody_else(
    databases: Databases, clock: ManualClock, kind: str
) -> None:
    async with served(databases, clock, kind) as site:
        await site.world.grant(ANNA)
        anna, carla, boris = [await site.token(who) for who in (ANNA, COACH, BORIS)]
        assert await shown(site, anna) == {}
        booked = await site.world.book(72 * H)
        assert list((await shown(site, anna)).values()) == ["Coaching with Carla Coach"]
        assert list((await shown(site, carla)).values()) == ["Coaching with Anna Lee"]
        assert await shown(site, boris) == {}
        [before] = subscribed((await site.get(f"/calendar/{anna}.ics"))[1]).values()
        assert (before.starts_at, before.sequence) == (booked.starts_at, booked.version)
        await site.world.cancel(booked)
        assert await shown(site, anna) == await shown(site, carla) == {}


async def test_the_event_says_until_when_it_is_refundable_and_where_to_join(site: Site) -> None:
    await site.world.grant(ANNA, package="Leadership; 10-pack", session_type="Coaching")
    booked = await site.world.book(72 * H)
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.meetings.save(LinkScope(LinkOf.SESSION, booked.id), "https://meet.example.com/a;b,c")
        await uow.commit()
    _, text, _ = await site.get(f"/calendar/{await site.token()}.ics")
    [event] = subscribed(text).values()
    assert "Leadership; 10-pack · 1 of 10" in event.description
    assert "Refundable until" in event.description
    assert event.where == "https://meet.example.com/a;b,c"
    _, text, _ = await site.get(f"/calendar/{await site.token(COACH)}.ics")
    [event] = subscribed(text).values()
    assert "Refundable until" not in event.description, "what a client gets back is not on a coach's calendar"


async def test_what_never_was_what_was_replaced_and_what_was_revoked_are_the_same_404(site: Site) -> None:
    first = await site.token()
    second = await site.token()
    assert (await site.get(f"/calendar/{second}.ics"))[0] == 200
    await calendar_address.revoke(site.world.store, site.world.clock, Actor(WORKSPACE, ANNA))
    answers = [
        await site.get(f"/calendar/{token}.ics")
        for token in (first, second, f"{WORKSPACE}-{'a' * 43}", f"T0ELSE-{first.split('-', 1)[1]}", "no-token", "x")
    ]
    assert {(status, text) for status, text, _ in answers} == {(404, "404: Not Found")}
    assert len({tuple(sorted((k, v) for k, v in headers.items() if k != "Date")) for _, _, headers in answers}) == 1
    assert set(site.refused) == {"calendar_unknown"}


async def test_the_address_of_a_person_who_has_left_leads_nowhere(site: Site) -> None:
    token = await site.token()
    await calendar_address.left(site.world.store, WORKSPACE, ANNA)
    assert (await site.get(f"/calendar/{token}.ics"))[0] == 404


async def test_an_unchanged_calendar_is_not_sent_again(site: Site) -> None:
    await site.world.grant(ANNA)
    booked = await site.world.book(72 * H)
    token = await site.token()
    _, _, headers = await site.get(f"/calendar/{token}.ics")
    assert headers["Cache-Control"] == "private, max-age=300"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    site.world.clock.advance(1 * H)
    for asked in (headers["ETag"], f'"x", W/{headers["ETag"]}'):
        status, text, again = await site.get(f"/calendar/{token}.ics", **{"If-None-Match": asked})
        assert (status, text, again["ETag"]) == (304, "", headers["ETag"])
    await site.world.cancel(booked)
    status, text, _ = await site.get(f"/calendar/{token}.ics", **{"If-None-Match": headers["ETag"]})
    assert status == 200
    assert subscribed(text) == {}


async def test_ten_thousand_forged_addresses_let_nobody_in(site: Site) -> None:
    await site.world.grant(ANNA)
    await site.world.book(72 * H)
    real = await site.token()
    dice = random.Random(1)
    forged = {f"{WORKSPACE}-{_secret(dice)}" for _ in range(9000)}
    forged |= {_bent(real, dice) for _ in range(7000)}
    forged -= {real}
    assert len(forged) > 10_000
    statuses = [(await site.get(f"/calendar/{token}.ics"))[0] for token in list(forged)[:400]]
    assert set(statuses) <= {404, 429}
    store, clock = site.world.store, site.world.clock
    for token in forged:
        named = parsed(token)
        assert named is None or await calendar_address.read(store, clock, *named) is None
    assert list((await shown_after_flood(site, real)).values()) == ["Coaching with Carla Coach"]


async def shown_after_flood(site: Site, token: str) -> dict[str, str]:
    """Wait until guesses are looked at again: the process has never seen this address."""
    while (await site.get(f"/calendar/{token}.ics"))[0] == 429:
        pass
    return await shown(site, token)


def _secret(dice: random.Random) -> str:
    return "".join(dice.choices(string.ascii_letters + string.digits + "-_", k=43))


def _bent(real: str, dice: random.Random) -> str:
    at = dice.randrange(len(real))
    return dice.choice(
        [
            real[:at] + dice.choice(string.ascii_letters + string.digits) + real[at + 1 :],
            real[:at] + real[at + 1 :],
            real[:at] + dice.choice("%0aé ") + real[at:],
            real.swapcase(),
            real + dice.choice("=A"),
        ]
    )


async def test_a_flood_of_guesses_locks_nobody_out_whose_address_was_right_before(site: Site) -> None:
    token = await site.token()
    assert (await site.get(f"/calendar/{token}.ics"))[0] == 200
    statuses = [(await site.get(f"/calendar/{WORKSPACE}-{n:043}.ics"))[0] for n in range(GUESSES[0] + 40)]
    assert 429 in statuses
    assert (await site.get(f"/calendar/{token}.ics"))[0] == 200


async def test_one_address_is_not_read_without_end(site: Site) -> None:
    token = await site.token()
    answers = [await site.get(f"/calendar/{token}.ics") for _ in range(OWN[0] + 5)]
    assert [status for status, _, _ in answers][: OWN[0]] == [200] * OWN[0]
    assert answers[-1][0] == 429
    assert int(answers[-1][2]["Retry-After"]) > 0


def test_a_pace_lets_through_what_time_allows() -> None:
    now = [0.0]
    pace = Pace(2, 10.0, monotonic=lambda: now[0])
    for _ in range(2):
        assert pace.wait() == 0
        pace.take()
    assert pace.wait() == 10
    now[0] = 4.0
    assert pace.wait() == 6
    now[0] = 10.0
    assert pace.wait() == 0


def test_only_so_many_callers_are_remembered() -> None:
    callers = Callers(lambda: Pace(1, 60.0), Pace(0, 60.0), most=2)
    for key in "abc":
        callers.was_right(key)
    assert [callers.wait(key) > 0 for key in "abc"] == [True, True, True]
    assert list(callers._known) == ["b", "c"]


async def test_a_person_in_both_roles_has_both_in_one_calendar(site: Site) -> None:
    await site.world.grant(ANNA)
    await site.world.grant(COACH)
    await site.world.book(72 * H)
    await site.world.book(96 * H, client=COACH, coach=OTHER_COACH)
    titles = (await shown(site, await site.token(COACH))).values()
    assert sorted(titles) == ["Coaching with Anna Lee", "Coaching with Otto Other"]


async def test_sessions_of_the_last_months_stay_and_older_ones_go(site: Site) -> None:
    await site.world.grant(ANNA)
    await site.world.book(2 * H)
    token = await site.token()
    site.world.clock.advance(24 * 89 * H)
    assert len(await shown(site, token)) == 1
    site.world.clock.advance(24 * 2 * H)
    assert await shown(site, token) == {}


def test_guesses_are_counted_before_they_are_looked_up_and_what_was_right_is_none() -> None:
    callers = Callers(lambda: Pace(9, 60.0), Pace(2, 10.0, monotonic=lambda: 0.0))
    assert [callers.wait(key) > 0 for key in "abc"] == [False, False, True], "though none is answered yet"
    callers.was_right("a")
    assert callers.wait("c") == 0
    callers.was_wrong("b")
    callers.was_wrong("c")
    assert callers.wait("d") > 0
    assert callers.wait("a") == 0
