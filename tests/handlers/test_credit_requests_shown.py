"""How a request for credits is shown: among a person's credits, in Home, and in the form that answers it."""

from coaching.packages import CatalogPackage
from tests.handlers.conftest import Stage
from tests.handlers.test_credit_requests import asked, to_be_pooled, without_credits
from tests.handlers.test_exceptions import deliver, last, shown
from tests.support.world import ADMIN, ANNA, WORKSPACE

__all__ = ["without_credits"]


async def test_what_is_asked_for_a_pool_is_shown_as_the_pools_among_a_persons_credits(poor: Stage) -> None:
    anna, ada = await to_be_pooled(poor), poor.person(ADMIN)
    await anna.close(everything=True)
    await anna.command("/sessions credits")
    assert "You asked for 3 credits in Acme's pool" in shown(anna)
    await anna.close(everything=True)
    assert "You asked for 3 credits in Acme's pool" in (await anna.home()).text
    await ada.command(f"/sessions credits for @{poor.pg.workspace.users[ANNA].name}")
    assert "Anna Lee asks for 3 credits in Acme's pool" in shown(ada)
    assert ada.modal is not None
    assert "Give 3 credits to Anna Lee" not in str(ada.modal.data), "the spoken label"


async def test_home_shows_a_request_wherever_it_was_made_or_taken_back(poor: Stage) -> None:
    before = poor.calls("views.publish")
    anna = await asked(poor)
    assert poor.calls("views.publish") == before + 1
    await anna.click("Withdraw the request")
    await poor.settled()
    assert poor.calls("views.publish") == before + 2


async def test_a_package_answers_a_request_without_a_number_to_be_cleared_first(poor: Stage) -> None:
    async with poor.store.write(WORKSPACE) as uow:
        [kind] = await uow.catalogue.session_types()
        five = CatalogPackage(id="", name="Five", type_id=kind.id, session_type=kind.name, unit=300, sessions=5)
        await uow.catalogue.save_package(five)
        await uow.commit()
    async with poor.store.read(WORKSPACE) as queries:
        [package], _ = await queries.catalogue.packages(9)
    await asked(poor)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Give another number…")
    assert "Asked for: 3 credits." in shown(ada)
    await ada.fill("Package", package.id)
    await ada.submit()
    assert "Given: " in shown(ada)
    await deliver(poor)
    assert "given by you." in await last(ada)
