"""Which credits pay for a booking: shown before it, chosen in the dialog, and what if they are gone meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from coaching.actions import credits
from coaching.packages import Holder
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from coaching.workspace import SessionType
from playground.errors import PersonError
from playground.person import Person
from tests.handlers.booking import COACHING, H, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, WORKSPACE, World

TEN = "Ten sessions"


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, with two sessions of a package, one credit that ends soon and five that never do."""
    await offers(stage, COACHING)
    await stage.world.grant(ANNA, 500)
    await stage.world.grant(ANNA, 100, expires_at=stage.clock.now() + 40 * 24 * H)
    await stage.world.grant(ANNA, 200, package=TEN, session_type="Coaching")
    await opens(stage)
    return stage.person()


async def left(stage: Stage, client: str = ANNA) -> list[int]:
    """What Anna's package, the credit that ends soon, and the credits that never do still hold."""
    async with stage.store.read(WORKSPACE) as queries:
        grants = await queries.grants.of_client(client)
    return [one.balance for one in sorted(grants, key=lambda one: (one.session_type is None, one.expires_at is None))]


async def takes_back(stage: Stage, amount: int, *, package: bool) -> None:
    """Let an admin take credits of Anna's package, or of those that end soon."""
    async with stage.store.read(WORKSPACE) as queries:
        grants = await queries.grants.of_client(ANNA)
    grant = next(one for one in grants if (one.session_type is not None) is package and (package or one.expires_at))
    await credits.take_back(stage.store, stage.clock, Actor(WORKSPACE, ADMIN), f"take:{amount}", grant.id, amount)


def bent(payload: dict[str, Any], grant_id: str) -> dict[str, Any]:
    """A submission that names another grant."""
    values = payload["view"]["state"]["values"]
    block_id = next(name for name in values if name.startswith("book_grant:"))
    values[block_id]["book_grant"]["selected_option"] = {"value": grant_id}
    return {**payload, "trigger_id": f"9.9.{grant_id}"}


async def test_a_package_pays_first_without_a_further_click_and_the_dialog_says_what_is_left_of_it(
    stage: Stage, anna: Person
) -> None:
    await anna.command("/sessions book")
    assert "[Ten sessions · 2 of 2 sessions left ▾]" in shown(anna)
    assert "1 credit from Ten sessions · 2 of 2 sessions left, 1 afterwards" in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    assert await left(stage) == [100, 100, 500]


async def test_another_grant_can_be_chosen_and_the_refund_goes_back_to_it(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Wed, Nov 18")
    await anna.choose("9:00 – 9:50 AM")
    await anna.choose("Credits · 5 credits left")
    assert "1 credit · 4 left afterwards" in shown(anna)
    assert "[9:00 – 9:50 AM ▾]" in shown(anna)
    await anna.submit()
    assert "Booked" in shown(anna)
    assert "Package:" not in shown(anna)
    assert await left(stage) == [200, 100, 400]
    [session] = await booked(stage)
    await stage.world.cancel(session)
    assert await left(stage) == [200, 100, 500]


async def test_the_menu_says_until_when_credits_can_be_used(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("Credits · 1 credit left")
    assert "1 credit · 0 left afterwards · usable until Sat, Dec 26, 10:00 AM" in shown(anna)
    assert anna.modal is not None
    assert "no expiry" in str(anna.modal.blocks)
    assert "usable until Sat, Dec 26, 10:00 AM" in str(anna.modal.blocks)


async def test_what_does_not_suffice_is_used_up_and_the_rest_paid_in_order(stage: Stage, anna: Person) -> None:
    await offers(stage, SessionType("coaching", "Coaching", timedelta(minutes=50), 150))
    await anna.command("/sessions book")
    await anna.choose("Credits · 1 credit left")
    assert "1 credit · 0 left afterwards" in shown(anna)
    assert "0.5 credits from Ten sessions · 1.5 left afterwards" in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    assert await left(stage) == [150, 0, 500]
    [session] = await booked(stage)
    assert session.package is not None
    assert session.package.name == TEN
    await stage.world.cancel(session)
    assert await left(stage) == [200, 100, 500]


@pytest.mark.parametrize("how", ["taken back", "expired"])
async def test_a_choice_that_is_gone_meanwhile_books_nothing_and_shows_what_pays_now(
    stage: Stage, anna: Person, how: str
) -> None:
    await anna.command("/sessions book")
    await anna.choose("Tue, Jan 5, 2027")
    await anna.choose("9:00 – 9:50 AM")
    await anna.choose("Credits · 1 credit left")
    if how == "taken back":
        await takes_back(stage, 100, package=False)
    else:
        stage.clock.advance(timedelta(days=40))
    await anna.submit()
    assert "What you chose to pay with can no longer be used for this. Nothing is booked yet." in shown(anna)
    assert "[Ten sessions · 2 of 2 sessions left ▾]" in shown(anna)
    assert "[9:00 – 9:50 AM ▾]" in shown(anna)
    assert await booked(stage) == []
    await anna.submit()
    assert (await left(stage))[0] == 100


async def test_a_choice_that_no_longer_suffices_is_shown_again_with_what_pays_the_rest(
    stage: Stage, anna: Person
) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await takes_back(stage, 150, package=True)
    await anna.submit()
    assert "What pays for this session changed while this was open. Nothing is booked yet." in shown(anna)
    assert "0.5 credits from Ten sessions · 0 left afterwards" in shown(anna)
    assert "0.5 credits · 0.5 left afterwards" in shown(anna)
    assert await booked(stage) == []
    await anna.submit()
    assert await left(stage) == [0, 50, 500]


async def test_another_type_is_paid_by_its_own_package_again(stage: Stage, anna: Person) -> None:
    await offers(stage, SessionType("review", "Review", timedelta(minutes=30), 100))
    await stage.world.grant(ANNA, 300, package="Reviews", session_type="Review")
    await anna.command("/sessions book")
    await anna.choose("Coaching · 50 minutes · 1 credit")
    await anna.choose("Credits · 5 credits left")
    await anna.choose("Review · 30 minutes · 1 credit")
    assert "[Reviews · 3 of 3 sessions left ▾]" in shown(anna)
    assert "can no longer be used" not in shown(anna)
    with pytest.raises(PersonError):
        await anna.choose("Ten sessions · 2 of 2 sessions left")


async def test_who_has_one_kind_of_credits_is_not_asked(stage: Stage) -> None:
    await stage.world.grant(BORIS, 100)
    await offers(stage, COACHING)
    await opens(stage)
    boris = stage.person(BORIS)
    await boris.command("/sessions book")
    assert "1 credit · 0 left afterwards" in shown(boris)
    assert "Paid with" not in shown(boris)


async def test_nobody_pays_with_what_is_not_theirs(stage: Stage, anna: Person) -> None:
    theirs = await stage.world.grant(BORIS, 700)
    review = await stage.world.grant(ANNA, 900, package="Reviews", session_type="Review")
    away = World(stage.store, stage.clock, "T0AWAY")
    await away.people()
    elsewhere = await away.grant(ANNA, 800)
    await anna.command("/sessions book")
    await anna.choose("Coaching · 50 minutes · 1 credit")
    await anna.choose("9:00 – 9:50 AM")
    await opens(stage, "closed")
    await anna.submit()
    payload = stage.last_payload()
    await opens(stage, "daily 0:00–24:00")
    for grant_id in (theirs, review, elsewhere, "g0nothing"):
        answer = str((await stage.deliver(bent(payload, grant_id))).payload())
        assert "What you chose to pay with can no longer be used for this." in answer
        assert not any(held in answer for held in ("7 credits", "8 credits", "9 credits"))
    assert await booked(stage) == []
    assert await left(stage, BORIS) == [700]


async def test_an_admin_chooses_what_pays_for_a_client(stage: Stage, anna: Person) -> None:
    await stage.world.grant(ADMIN, 1000)
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Schedule")
    await ada.choose("9:00 – 9:50 AM")
    await ada.choose("Credits · 5 credits left")
    with pytest.raises(PersonError):
        await ada.choose("Credits · 10 credits left")
    await ada.submit()
    assert await left(stage) == [200, 100, 400]


async def test_booking_again_lets_the_client_choose_too(stage: Stage, anna: Person) -> None:
    gone = await stage.world.book(72 * H)
    await stage.world.cancel(gone)
    await anna.command("/sessions past")
    await anna.choose("Details")
    await anna.click("Schedule Session")
    await anna.choose("Credits · 5 credits left")
    await anna.choose("10:00 – 10:50 AM")
    await anna.submit()
    assert await left(stage) == [200, 100, 400]
    assert [one.package for one in await stage.world.listed(Hat.CLIENT, ANNA, Scope.UPCOMING)] == [None]


async def test_a_pool_can_pay_or_be_spared_and_its_name_stands_beside_it(stage: Stage, anna: Person) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.pools.save("acme", "Acme", None, [ANNA, BORIS])
        await uow.commit()
    given = credits.Give(
        actor=Actor(WORKSPACE, ADMIN), request_key="give", holder=Holder(pool_id="acme"), package_id=None, amount=100
    )
    await credits.give(stage.store, stage.clock, given)
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await anna.choose("Acme's pool (Credits) · 1 credit left")
    assert "1 credit from Acme's pool · 0 left afterwards" in shown(anna)
    await stage.world.book(240 * H, client=BORIS)
    await anna.submit()
    assert "What you chose to pay with can no longer be used for this." in shown(anna)
    assert await booked(stage) == []
