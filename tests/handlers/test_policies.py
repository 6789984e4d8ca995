"""The form about terms, for the workspace, a session type and a package: typing, previews, errors at fields."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from coaching import zones
from coaching.credits import Grant
from coaching.policy import Policy, ReasonRule, Terms, TermsOf, TermsScope, Tier
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.policies import policy_typed
from handlers.views.policies import filled_in
from language.say import IN_ENGLISH
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, WORKSPACE

H = timedelta(hours=1)
TIERS = "What comes back until when"
GRACE = "Minutes after booking in which canceling is always free"
WINDOW = "Hours before the start until which clients can reschedule"
LIMIT = "How often clients can reschedule a session"
DECIDE = "Days a coach has to decide on an exception"
UNDECIDED = "Percent that comes back if nobody decides"
RETURN = "Days for which credits can be used that come back after they expired"
PRICE = "Price in credits"


@pytest.fixture
async def ada(stage: Stage) -> Person:
    """Ada, with the set-up open and a session type to see in it."""
    await stage.world.book(72 * H, session_type="Leadership", price=0)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    return ada


async def terms(stage: Stage, of: TermsOf = TermsOf.WORKSPACE, scope_id: str = "") -> Terms:
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.terms.of(TermsScope(of, scope_id))
    assert found is not None
    return found


async def type_id(stage: Stage, name: str = "Leadership") -> str:
    async with stage.store.read(WORKSPACE) as queries:
        return next(one.id for one in await queries.catalogue.session_types() if one.name == name)


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_every_term_is_typed_saved_and_shown_as_a_sentence(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Cancellation terms")
    await ada.fill(TIERS, "100% until 48h\n50% 12.5 hours")
    await ada.choose("Asked, required")
    await ada.choose("Sessions can no longer be canceled")
    await ada.fill(GRACE, "0")
    await ada.fill(WINDOW, "36.5")
    await ada.fill(LIMIT, None)
    await ada.fill(DECIDE, "1.5")
    await ada.fill(UNDECIDED, "25")
    await ada.fill(RETURN, "7")
    await ada.submit()
    assert len(ada.modals) == 1
    assert "at least 48 hours before the start and everything that was paid comes back" in shown(ada)
    assert "Reason: asked, required." in shown(ada)
    assert (await terms(stage)).policy == Policy(
        tiers=(Tier(48 * H, 100), Tier(12.5 * H, 50)),
        reason=ReasonRule.REQUIRED,
        late_cancel=False,
        booking_grace=timedelta(0),
        return_period=timedelta(days=7),
        reschedule_window=36.5 * H,
        reschedule_limit=None,
        decide_within=36 * H,
        undecided_percent=25,
    )


async def test_a_form_saved_as_it_opened_changes_nothing(stage: Stage, ada: Person) -> None:
    odd = Policy(
        tiers=(Tier(timedelta(hours=24, microseconds=1), 100),),
        booking_grace=timedelta(seconds=100),
        reschedule_window=timedelta(seconds=1),
    )
    async with stage.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(), odd)
        await uow.commit()
    await ada.command("/sessions setup")
    await ada.click("Edit", near="Cancellation terms")
    await ada.submit()
    assert (await terms(stage)).policy == odd


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        (TIERS, "24 hours", '"24 hours" is not clear: write each line like 100% until 24h.'),
        (
            TIERS,
            "50% 24h\n100% 12h",
            "Canceling later must return less: 100% until 12h cannot come after 50% until 24h",
        ),
        (TIERS, "9% 9h\n8% 8h\n7% 7h\n6% 6h\n5% 5h\n4% 4h", "At most 5 lines, and there are 6."),
        (DECIDE, "0", "A coach needs some time: a number above 0."),
    ],
)
async def test_what_cannot_be_is_told_at_its_field_and_what_was_typed_stays(
    stage: Stage, ada: Person, label: str, typed: str, said: str
) -> None:
    before = await terms(stage)
    await ada.click("Edit", near="Cancellation terms")
    await ada.fill(GRACE, "45")
    await ada.fill(label, typed)
    assert (await ada.submit())["outcome"] == "errors"
    assert said in shown(ada)
    assert typed in shown(ada)
    assert await terms(stage) == before
    await ada.fill(label, "100% until 24h" if label == TIERS else "2")
    await ada.submit()
    assert (await terms(stage)).policy.booking_grace == timedelta(minutes=45)


FORM = filled_in(Policy(), IN_ENGLISH, day=date(2026, 11, 23), at=time(10), price=100)


@pytest.mark.parametrize(
    ("field", "typed", "block"),
    [
        ("grace", None, Block.GRACE),
        ("grace", "-5", Block.GRACE),
        ("grace", "99999999", Block.GRACE),
        ("return_period", "a month", Block.RETURN_DAYS),
        ("window", "1e3", Block.MOVE_WINDOW),
        ("limit", "1.5", Block.MOVE_LIMIT),
        ("limit", "1001", Block.MOVE_LIMIT),
        ("decide", "0.00", Block.DECIDE_DAYS),
        ("undecided", "101", Block.UNDECIDED),
        ("undecided", None, Block.UNDECIDED),
        ("tiers", "101% 2h", Block.TIERS),
    ],
)
def test_every_figure_out_of_range_is_refused_at_its_field(field: str, typed: Any, block: Block) -> None:
    with pytest.raises(BadInput) as refused:
        policy_typed(replace(FORM, **{field: typed}), Policy(), IN_ENGLISH)
    assert refused.value.block == block


async def test_the_preview_opens_with_the_terms_in_force_and_follows_what_is_typed(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Cancellation terms")
    start = (stage.clock.now() + 73 * H).astimezone(zones.zone("America/New_York")).replace(minute=0)
    assert f"Booked now for {start:%a, %b} {start.day}" in shown(ada)
    assert "1 credit comes back (everything)" in shown(ada)
    await ada.fill(TIERS, "100% until 48h\n33% until 90m")
    await ada.fill(GRACE, "0")
    await ada.fill("Day of the session", "2026-12-01")
    await ada.fill("Time it starts", "15:00")
    await ada.fill(PRICE, "0.5")
    await ada.choose("Sessions can no longer be canceled")
    await ada.fill(LIMIT, None)
    await ada.click("Preview")
    assert [line for line in shown(ada).splitlines() if line.startswith("• ")] == [
        "• Until Sun, Nov 29, 3:00 PM: 0.5 credits come back (everything)",
        "• Until Tue, Dec 1, 1:30 PM: 0.17 credits come back (33%)",
        "• After that: it can no longer be canceled",
    ]
    assert "Amounts are rounded up to a hundredth of a credit" in shown(ada)
    assert "Its client can reschedule it until Mon, Nov 30, 3:00 PM." in shown(ada)
    assert (await terms(stage)).policy == Policy()
    await ada.submit()
    assert (await terms(stage)).policy == Policy(
        tiers=(Tier(48 * H, 100), Tier(1.5 * H, 33)),
        booking_grace=timedelta(0),
        late_cancel=False,
        reschedule_limit=None,
    )


async def test_a_preview_of_what_cannot_be_says_what_is_wrong_and_keeps_what_was_typed(ada: Person) -> None:
    await ada.click("Edit", near="Cancellation terms")
    await ada.fill(TIERS, "all of it")
    await ada.fill(UNDECIDED, "50")
    await ada.click("Preview")
    assert 'What comes back until when: "all of it" is not clear' in shown(ada)
    await ada.fill(TIERS, "100% until 24h")
    await ada.fill("Time it starts", None)
    await ada.click("Preview")
    assert "Time it starts: Choose a time." in shown(ada)
    await ada.fill("Time it starts", "10:00")
    await ada.fill("Day of the session", "2020-01-01")
    await ada.click("Preview")
    assert "Day of the session: That day is over; choose today or a later one." in shown(ada)
    await ada.fill("Day of the session", "2027-03-14")
    await ada.fill("Time it starts", "02:30")
    await ada.click("Preview")
    assert "skips 2:30 AM that day: clocks go forward" in shown(ada)
    await ada.fill("Day of the session", "2027-03-15")
    await ada.fill(PRICE, "free")
    await ada.click("Preview")
    assert "Price in credits: Write a number of credits, like 3 or 0.5." in shown(ada)
    await ada.fill(PRICE, "0")
    await ada.click("Preview")
    assert "Price in credits: That is too little: 0.01 or more." in shown(ada)
    await ada.fill(PRICE, "1,5")
    await ada.click("Preview")
    assert "1.5 credits come back (everything)" in shown(ada)
    assert "50% of what was kept comes back" in shown(ada)


async def test_the_booking_grace_shows_where_it_matters(ada: Person, stage: Stage) -> None:
    await ada.click("Edit", near="Cancellation terms")
    soon = (stage.clock.now() + 3 * H).astimezone(zones.zone("America/New_York"))
    await ada.fill("Day of the session", f"{soon:%Y-%m-%d}")
    await ada.fill("Time it starts", f"{soon:%H:%M}")
    await ada.click("Preview")
    assert "1 credit comes back (everything, within 15 minutes of booking)" in shown(ada)
    assert "nothing comes back, though it can still be canceled" in shown(ada)
    assert "Its client cannot reschedule it: that is too close to the start." in shown(ada)


async def test_a_session_type_gets_terms_of_its_own_and_drops_them_again(stage: Stage, ada: Person) -> None:
    assert "workspace terms" in shown(ada)
    kind = await type_id(stage)
    await ada.choose("Terms…", near="Leadership")
    assert "This session type has the workspace's terms. Save to give it terms of its own." in shown(ada)
    await ada.fill(TIERS, "100% until 7d")
    await ada.submit()
    assert "own terms" in shown(ada)
    assert (await terms(stage)).policy == Policy()
    assert (await terms(stage, TermsOf.TYPE, kind)).policy.tiers == (Tier(168 * H, 100),)
    await ada.choose("Terms…", near="Leadership")
    await ada.fill(TIERS, "100% until 1h")
    await ada.click("Use the workspace's terms", confirm=True)
    assert "This session type has the workspace's terms." in shown(ada)
    assert "100% until 24h" in shown(ada)
    assert "100% until 1h" not in shown(ada)
    assert not (await terms(stage, TermsOf.TYPE, kind)).own
    assert "workspace terms" in ada.modals[0].text
    await ada.submit()
    assert (await terms(stage, TermsOf.TYPE, kind)).policy == Policy()


async def test_a_package_has_the_same_form(stage: Stage, ada: Person) -> None:
    await stage.world.grant(ANNA, package="Ten", session_type="Leadership")
    [grant] = [one for one in await grants(stage) if one.package_id]
    await open_form(stage, ada, f"package:{grant.package_id}")
    assert "This package has its session type's or the workspace's terms." in shown(ada)
    await ada.fill(TIERS, None)
    await ada.submit()
    assert (await terms(stage, TermsOf.PACKAGE, grant.package_id or "")).policy.tiers == ()
    await open_form(stage, ada, f"package:{grant.package_id}")
    assert "This package has terms of its own." in shown(ada)
    await ada.click("Use the session type's terms", confirm=True)
    assert not (await terms(stage, TermsOf.PACKAGE, grant.package_id or "")).own


async def grants(stage: Stage) -> list[Grant]:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.grants.of_client(ANNA)


async def open_form(stage: Stage, ada: Person, scope: str) -> None:
    """Press the button as it stands in the list of packages."""
    await ada.command("/sessions setup")
    await ada.click("Edit", near="Cancellation terms")
    payload = stage.last_payload()
    await ada.close()
    payload["actions"][0]["value"] = scope
    payload["trigger_id"] = stage.pg.views.new_trigger(ADMIN, "main", payload["view"]["id"])
    await stage.deliver(payload)
    await ada.refresh()


async def test_a_type_that_is_gone_or_never_was_has_no_form(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Cancellation terms")
    await ada.click("Preview")
    payload = stage.last_payload()
    payload["view"]["private_metadata"] = "0:type:nowhere"
    before = await terms(stage)
    await stage.deliver(payload)
    await ada.refresh()
    assert "That is not there any more" in shown(ada)
    for odd in ("0:company:x", "0:workspace:x", "0:type:", "x:workspace:", ""):
        payload["view"]["private_metadata"] = odd
        assert (await stage.deliver(payload)).status == 200
    assert await terms(stage) == before


async def test_only_admins_change_terms(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Cancellation terms")
    await ada.fill(TIERS, None)
    await ada.submit()
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    payload["trigger_id"] = "9.9.other"
    payload["view"]["state"]["values"]["tiers:0"]["input"]["value"] = "100% 1h"
    assert "Only admins can do that" in str((await stage.deliver(payload)).payload())
    assert (await terms(stage)).policy.tiers == ()
