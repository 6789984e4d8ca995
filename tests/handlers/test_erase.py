"""An admin erases a person in Slack: whom, what goes and stays, the name typed, and nobody of that name is left."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from coaching import deadline
from coaching.errors import BadSetting, StorageBusy
from coaching.sessions import Actor
from handlers import erase as erase_handler
from handlers.erase import EraseFeature
from handlers.press import Press
from handlers.views.kit import Json
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.setting_up import in_set_up, shown
from tests.support.imports import everything
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE
from tests.words import pseudo

H = timedelta(hours=1)


async def asked(stage: Stage, who: str, *, address: bool = False) -> tuple[Person, str]:
    """Open the form, say whom to erase, and return what came of it."""
    ada = await in_set_up(stage)
    await ada.click("Your data…")
    await ada.click("Erase a person…")
    await ada.fill("Or their e-mail address or Slack user id" if address else "Person", who)
    return ada, str(await ada.submit())


async def test_an_admin_types_the_name_and_the_person_is_gone(stage: Stage) -> None:
    await stage.world.grant(BORIS, 300)
    ada, _ = await asked(stage, BORIS)
    assert "This cannot be undone." in shown(ada)
    assert "What is left of their credits is taken back: 3 credits." in shown(ada)
    await ada.fill("Type Boris Novak", "Boris Nowak")
    assert "Type exactly Boris Novak" in pseudo.unmarked(str(await ada.submit()))
    assert BORIS in repr(await everything(stage.store))
    await ada.fill("Type Boris Novak", "boris novak")
    await ada.submit()
    assert "They are erased." in shown(ada)
    left = repr(await everything(stage.store))
    assert BORIS not in left
    assert "Boris" not in left
    assert stage.logged("erased")["pseudonym"].startswith("erased-")
    assert "Boris" not in stage.lines.getvalue()


async def test_the_way_in_says_that_what_is_known_is_removed(stage: Stage) -> None:
    ada = await in_set_up(stage)
    await ada.click("Your data…")
    assert "What is known of them is removed everywhere; what happened stays without their name." in shown(ada)


async def test_who_is_not_in_slack_is_named_by_their_address(stage: Stage) -> None:
    await stage.world.grant("mail:pat@example.org", 300)
    ada, _ = await asked(stage, "Pat@Example.org", address=True)
    await ada.fill("Type pat@example.org", "pat@example.org")
    await ada.submit()
    assert "pat@" not in repr(await everything(stage.store))


async def test_what_stands_in_the_way_is_said_in_the_form(stage: Stage) -> None:
    await stage.world.grant(ANNA, 300)
    await stage.world.book(72 * H)
    for who, why in ((ANNA, "still booked"), (COACH, "list of coaches")):
        _, outcome = await asked(stage, who)
        assert why in pseudo.unmarked(outcome)
    _, outcome = await asked(stage, "nobody@example.com", address=True)
    assert "Nobody here is known by that" in pseudo.unmarked(outcome)


async def test_what_was_told_of_somebody_erased_is_edited_without_their_name(stage: Stage) -> None:
    await stage.world.grant(ANNA, 300)
    session = await stage.world.book(72 * H)
    await stage.world.cancel(session)
    ada, _ = await asked(stage, ANNA)
    await ada.fill("Type Anna Lee", "Anna Lee")
    await ada.submit()
    carla = stage.person(COACH)
    await carla.command("/sessions past")
    assert carla.modal is not None
    assert "Anna" not in carla.modal.text
    assert ANNA not in carla.modal.text
    assert "somebody" in pseudo.unmarked(carla.modal.text)


async def test_what_takes_long_goes_on_after_the_answer(stage: Stage) -> None:
    await stage.world.grant(BORIS, 300)
    erasing = EraseFeature(replace(stage.deps, answer_seconds=0.0))
    told: list[str] = []

    async def tell(view: Json, words: str) -> None:
        told.append(pseudo.unmarked(f"{view} {words}"))

    view = await erasing.erase(Actor(WORKSPACE, ADMIN), "key", BORIS, "Boris Novak", tell)
    assert "so it takes a moment" in str(pseudo.unmarked(view))
    await stage.settled()
    assert "They are erased." in told[0]
    assert stage.logged("erased")["by"] == ADMIN
    assert BORIS not in repr(await everything(stage.store))


async def test_what_became_of_a_long_erasure_shows_after_its_answer_and_not_beneath_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = SimpleNamespace(left=lambda _: 0.0, lifted=deadline.lifted)
    monkeypatch.setattr("handlers.erase.deadline", at_once)
    shown: list[str] = []
    answer, outcome, ended = Press.replace, erase_handler._tell, erase_handler._ended
    done = asyncio.Event()

    async def end(work: Awaitable[str], actor: Actor) -> None:
        await ended(work, actor)
        done.set()

    async def late(press: Press, view: Json) -> None:
        await done.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        shown.append("answer")
        await answer(press, view)

    async def told(press: Press, view: Json, words: str) -> None:
        shown.append("outcome")
        await outcome(press, view, words)

    ada, _ = await asked(stage, BORIS)
    monkeypatch.setattr(Press, "replace", late)
    monkeypatch.setattr(erase_handler, "_tell", told)
    monkeypatch.setattr(erase_handler, "_ended", end)
    await ada.fill("Type Boris Novak", "Boris Novak")
    await ada.submit()
    await stage.settled()
    assert shown == ["answer", "outcome"]
    await ada.refresh()
    assert ada.modal is not None
    assert "They are erased." in pseudo.unmarked(ada.modal.text)


async def test_an_erasure_that_fails_after_the_answer_is_said_and_logged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    async def busy(*_: object) -> str:
        await answered.wait()
        raise StorageBusy("canceling statement due to statement timeout")

    monkeypatch.setattr("handlers.erase.erase", busy)
    told: list[str] = []

    async def tell(view: Json, words: str) -> None:
        told.append(pseudo.unmarked(f"{view} {words}"))

    erasing = EraseFeature(replace(stage.deps, answer_seconds=0.0))
    await erasing.erase(Actor(WORKSPACE, ADMIN), "key", BORIS, "Boris Novak", tell)
    answered.set()
    await stage.settled()
    assert "Nobody was erased." in told[0]
    assert stage.logged("not erased")["by"] == ADMIN


async def test_what_stands_in_the_way_is_said_however_long_it_takes(stage: Stage) -> None:
    await stage.world.grant(ANNA, 300)
    await stage.world.book(72 * H)
    erasing = EraseFeature(replace(stage.deps, answer_seconds=0.0))
    for who, typed in ((ANNA, "Anna Lee"), (BORIS, "Anna Lee"), ("U0NOBODY", "Nobody")):
        with pytest.raises(BadSetting):
            await erasing.erase(Actor(WORKSPACE, ADMIN), "key", who, typed)
    await stage.settled()
    assert BORIS in repr(await everything(stage.store))
