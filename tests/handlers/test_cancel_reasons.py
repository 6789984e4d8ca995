"""The confirmation asks for a reason exactly as the policies of its sessions do."""

import pytest

from coaching.policy import Policy, ReasonRule
from coaching.records import Scope
from coaching.sessions import Hat
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.canceling import H, shown, title
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH

RULES = (ReasonRule.OFF, ReasonRule.OPTIONAL, ReasonRule.REQUIRED)
LABELS = ("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Wed, Nov 18, 11:00 – 11:50 AM",
          "Coaching · Wed, Nov 18, 12:00 – 12:50 PM")  # fmt: skip


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna with a session under each rule, an hour apart."""
    await stage.world.grant(ANNA, 20_000)
    for n, rule in enumerate(RULES):
        await stage.world.settings(Settings(policy=Policy(reason=rule)))
        await stage.world.book((48 + n) * H)
    return stage.person()


def field(person: Person) -> bool | None:
    """Whether the reason is optional; None without a field."""
    assert person.modal is not None
    return next((b["optional"] for b in person.modal.blocks if b.get("block_id") == "reason"), None)


@pytest.mark.parametrize(
    ("picked", "optional"),
    [((0,), None), ((1,), True), ((2,), False), ((0, 1), True), ((0, 2), False), ((1, 2), False)],
)
async def test_the_mark_is_that_of_exactly_these_policies(
    stage: Stage, anna: Person, picked: tuple[int, ...], optional: bool | None
) -> None:
    await anna.command("/sessions cancel")
    assert "Reason" not in shown(anna)
    await anna.tick(*(LABELS[n] for n in picked))
    await anna.submit()
    assert field(anna) is optional


@pytest.mark.parametrize(("number", "optional"), [(0, None), (1, True), (2, False)])
async def test_so_it_is_where_one_session_is_canceled_from_its_menu(
    stage: Stage, anna: Person, number: int, optional: bool | None
) -> None:
    await anna.command("/sessions")
    await anna.choose("Cancel…", index=number)
    assert field(anna) is optional


async def test_an_admin_is_asked_as_the_client_is_and_a_coach_may_always_say_why(stage: Stage, anna: Person) -> None:
    ada, carla = stage.person(ADMIN), stage.person(COACH)
    await ada.command("/sessions for @anna")
    await ada.choose("Cancel…", index=2)
    assert field(ada) is False
    assert "The coach will see it." in shown(ada)
    await carla.command("/sessions")
    await carla.choose("Cancel…", index=2)
    assert field(carla) is True
    assert "Your client will see it." in shown(carla)
    await carla.submit()
    assert title(carla) == "Sessions canceled"


async def test_what_is_typed_stays_over_going_back_and_over_new_terms(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions cancel")
    await anna.tick(LABELS[1])
    await anna.submit()
    await anna.fill("Reason", "Because")
    await anna.click("‹ Back")
    await anna.tick(LABELS[2])
    await anna.submit()
    assert "Because" in shown(anna)
    stage.clock.advance(27 * H)
    await anna.submit()
    assert "Nothing has been canceled." in shown(anna)
    assert "Because" in shown(anna)
    await anna.submit()
    done = await stage.world.listed(Hat.CLIENT, ANNA, Scope.PAST)
    assert [s.cancellation and s.cancellation.reason for s in done] == ["Because", "Because"]
