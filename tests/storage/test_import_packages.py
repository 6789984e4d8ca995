"""A client's package is for one session type, whatever ids the catalogue gave the packages of one name, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest

from coaching.clock import ManualClock
from coaching.packages import CatalogPackage
from storage import SqlStore
from tests.support.imports import Importer, everything
from tests.support.world import ANNA, WORKSPACE, World


@pytest.fixture
def importer(database_url: str, tmp_path: Path, clock: ManualClock) -> Importer:
    return Importer(database_url, tmp_path, clock)


@pytest.fixture
async def ten(store: SqlStore, clock: ManualClock, importer: Importer) -> CatalogPackage:
    """A package that an admin put into the catalogue: its id says nothing of its name."""
    await World(store, clock).people()
    assert await importer.rows({"session_id": "Y", "session_type": "Yoga"}) == 0, importer.said
    async with store.write(WORKSPACE) as uow:
        [yoga] = await uow.catalogue.session_types()
        package = CatalogPackage(id="p-7", name="Ten", type_id=yoga.id, session_type="Yoga", unit=100, sessions=10)
        await uow.catalogue.save_package(package)
        await uow.commit()
    return package


@pytest.mark.usefixtures("ten")
async def test_a_file_that_gives_a_package_of_the_catalogue_two_types_is_refused(
    importer: Importer, store: SqlStore
) -> None:
    before = await everything(store)
    rows = [
        {"session_id": "A", "package": "Ten", "session_type": "Yoga"},
        {"session_id": "B", "package": "ten ", "session_type": "Voice", "starts_at": "2026-11-21T10:00Z"},
        {
            "session_id": "C",
            "client": "pat@example.com",
            "package": "Ten",
            "session_type": "Yoga",
            "starts_at": "2026-11-22T10:00Z",
        },
    ]
    assert await importer.rows(*rows) == 1
    assert "is for 'Yoga' here and for 'Voice' on line 3" in importer.said
    assert "is for 'Voice' here and for 'Yoga' on line 2" in importer.said
    assert "ine 4" not in importer.said, "another client's package of that name is for one type"
    assert await everything(store) == before


async def test_a_package_of_the_catalogue_that_an_earlier_import_paid_from_keeps_its_type(
    importer: Importer, store: SqlStore, ten: CatalogPackage
) -> None:
    assert await importer.rows({"session_id": "A", "package": "Ten", "session_type": "Yoga"}) == 0, importer.said
    async with store.read(WORKSPACE) as queries:
        assert ten.id in {grant.package_id for grant in await queries.grants.of_client(ANNA)}
    before = await everything(store)
    assert await importer.rows({"session_id": "B", "package": "TEN", "session_type": "Voice"}) == 1
    assert "is for 'Voice' here and for 'Yoga' in an earlier import" in importer.said
    assert await everything(store) == before


@pytest.mark.parametrize("retired", ["p-6", "p-8"])
async def test_of_packages_of_one_name_a_session_is_paid_from_the_one_that_is_offered(
    importer: Importer, store: SqlStore, ten: CatalogPackage, retired: str
) -> None:
    async with store.write(WORKSPACE) as uow:
        await uow.catalogue.save_package(replace(ten, id=retired, retired=True))
        await uow.commit()
    assert await importer.rows({"session_id": "A", "package": "Ten", "session_type": "Yoga"}) == 0, importer.said
    async with store.read(WORKSPACE) as queries:
        paid = [grant.package_id for grant in await queries.grants.of_client(ANNA) if grant.label == "Ten"]
    assert paid == [ten.id]
