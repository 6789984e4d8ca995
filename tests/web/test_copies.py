"""The page of a stakeholder's mail address: yes and no without an account, and nothing happens because a link was opened."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coaching.addresses import ANSWER_WITHIN, Consent
from coaching.stakeholders import NewsOf
from storage.tables import stakeholder_addresses
from tests.support.world import COACH, WORKSPACE
from tests.web.conftest import LINKS, PUBLIC_URL, Site
from tests.web.test_no_mail import post
from web.links import Way

OLGA = "mail:olga@example.org"
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.plain


@pytest.fixture
async def asked(site: Site) -> Site:
    """Olga is named as a stakeholder of Carla, and asked."""
    async with site.world.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [OLGA])
        await uow.stakeholders.ask([OLGA], site.world.clock.now())
        await uow.commit()
    return site


def question(site: Site, who: str = OLGA, workspace_id: str = WORKSPACE) -> str:
    return LINKS.asked(workspace_id, who, site.world.clock.now()).removeprefix(PUBLIC_URL)


def ordinary(who: str = OLGA, workspace_id: str = WORKSPACE) -> str:
    return LINKS.no_copies(workspace_id, who).removeprefix(PUBLIC_URL)


async def consents(site: Site) -> Any:
    async with site.world.store.engines.reader.connect() as connection:
        rows = await connection.execute(select(stakeholder_addresses.c.consent))
        return [row.consent for row in rows]


async def test_opening_either_link_changes_nothing_however_often(asked: Site) -> None:
    for path in (question(asked), ordinary()) * 4:
        status, text, headers = await asked.get(path)
        assert status == 200
        assert "May we write to olga@example.org about sessions?" in text
        assert "Sessions of: Carla Coach" in text
        assert headers["Cache-Control"] == "no-store"
    assert await consents(asked) == ["waiting"]


async def test_a_yes_counts_and_can_be_taken_back_and_given_again(asked: Site) -> None:
    path = question(asked)
    for do, then, says in (
        (b"do=yes", "confirmed", "We write to olga@example.org"),
        (b"do=no", "declined", "We do not write to olga@example.org"),
        (b"do=yes", "confirmed", "We write to olga@example.org"),
    ):
        status, text = await post(asked, path, do)
        assert (status, await consents(asked)) == (200, [then])
        assert says in text


async def test_a_mail_programs_one_click_says_no(asked: Site) -> None:
    for path in (question(asked), ordinary()):
        async with asked.world.store.write(WORKSPACE) as uow:
            await uow.stakeholders.answer(OLGA, Consent.CONFIRMED, None)
            await uow.commit()
        assert (await post(asked, path, b"List-Unsubscribe=One-Click"))[0] == 200
        assert await consents(asked) == ["declined"]


async def test_the_link_of_an_ordinary_mail_never_answers_the_question(asked: Site) -> None:
    status, text = await post(asked, ordinary(), b"do=yes")
    assert (status, await consents(asked)) == (200, ["waiting"])
    assert "Yes, write to me" not in text
    await post(asked, ordinary(), b"do=no")
    assert await consents(asked) == ["declined"]


async def test_the_question_can_be_answered_until_its_last_moment_and_a_yes_not_after_it(asked: Site) -> None:
    path = question(asked)
    asked.world.clock.advance(ANSWER_WITHIN)
    assert (await asked.get(path))[0] == 200
    asked.world.clock.advance(SECOND)
    assert (await asked.get(path))[0] == 404
    assert (await post(asked, path, b"do=yes"))[0] == 404
    assert await consents(asked) == ["waiting"]


async def test_a_no_can_be_taken_back_by_the_link_of_the_question_however_late(asked: Site) -> None:
    path = question(asked)
    await post(asked, path, b"List-Unsubscribe=One-Click")
    asked.world.clock.advance(ANSWER_WITHIN * 3)
    assert "Send mails again" in (await asked.get(path))[1]
    assert (await post(asked, path, b"do=yes"))[0] == 200
    assert await consents(asked) == ["confirmed"]


async def test_a_no_cannot_be_taken_back_where_the_address_is_not_named_any_more(asked: Site) -> None:
    path = question(asked)
    await post(asked, path, b"do=no")
    async with asked.world.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [])
        await uow.commit()
    status, text, _ = await asked.get(path)
    assert (status, "Send mails again" in text) == (200, False)
    await post(asked, path, b"do=yes")
    assert await consents(asked) == ["declined"]


async def test_what_is_forged_foreign_old_or_of_nobody_is_the_same_404(asked: Site) -> None:
    good = question(asked)
    earlier = LINKS.asked(WORKSPACE, OLGA, asked.world.clock.now() - SECOND).removeprefix(PUBLIC_URL)
    odd = [
        good[:-1] + ("a" if good[-1] != "a" else "b"),
        earlier,
        question(asked, "mail:nobody@example.org"),
        question(asked, workspace_id="T0ELSE"),
        ordinary("mail:nobody@example.org"),
        ordinary(workspace_id="T0ELSE"),
        "/copies/x",
        "/copies/" + LINKS.way_in(Way(WORKSPACE, OLGA, "s1")).rpartition("/")[2],
        "/copies/" + LINKS.no_mail(WORKSPACE, OLGA).rpartition("/")[2],
        "/mail/" + good.rpartition("/")[2],
        "/mail/" + ordinary().rpartition("/")[2],
    ]
    for path in odd:
        assert (await asked.get(path))[0] == 404
        for do in (b"do=yes", b"do=no", b"List-Unsubscribe=One-Click"):
            assert (await post(asked, path, do))[0] == 404
    assert (await post(asked, good, b"do=yes", **{"Sec-Fetch-Site": "cross-site"}))[0] == 404
    assert await consents(asked) == ["waiting"]
