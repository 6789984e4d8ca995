"""Words of the command in every language that is spoken, whoever types them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, WORKSPACE
from tests.words import tagged

GERMAN = {
    "past": "vergangen, book",
    "cancel": "absagen, stornieren",
    "book": "buchen",
    "credits": "guthaben",
    "hours": "zeiten",
    "setup": "einrichten",
    "help": "hilfe",
    "for": "für",
}
FRENCH = {"book": "réserver", "credits": "crédits", "help": "aide", "for": "pour"}
# These stories have German and French of their own.
pytestmark = [pytest.mark.plain, pytest.mark.usefixtures("languages")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """German and French."""
    folder = tmp_path_factory.mktemp("locales")
    tagged.write(folder, "de", **GERMAN)
    tagged.write(folder, "fr", **FRENCH)
    return folder


@pytest.fixture
def languages(folder: Path) -> Iterator[None]:
    """Both are spoken."""
    with tagged.speaking(folder):
        yield


async def reading(stage: Stage, who: str, locale: str) -> Person:
    """Somebody at the keyboard who uses Slack in a language."""
    async with stage.store.write(WORKSPACE) as uow:
        person = replace((await uow.people.viewer(who)).person, locale=locale)
        await uow.people.save(person, datetime.now(UTC))
        await uow.commit()
    return stage.person(who)


@pytest.mark.parametrize("locale", ["fr-FR", "en-US"])
async def test_every_languages_words_are_understood_for_everybody_without_case_and_accents(
    stage: Stage, locale: str
) -> None:
    anna = await reading(stage, ANNA, locale)
    for typed, title in (
        ("absagen", "Cancel sessions"),
        ("Stornieren", "Cancel sessions"),
        ("cancel", "Cancel sessions"),
        ("vergangen", "Past sessions"),
        ("réserver", "Schedule a session"),
        ("RESERVER", "Schedule a session"),
        ("Crédits", "Your credits"),
        ("guthaben", "Your credits"),
        # What a word means in English counts for everybody.
        ("book", "Schedule a session"),
    ):
        await anna.command(f"/sessions {typed}")
        assert anna.modal is not None
        assert title in anna.modal.title, typed
        await anna.close()


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("für @anna", "Anna Lee"),
        ("pour @anna", "Anna Lee"),
        ("Guthaben für @anna", "credits"),
        ("credits FUR @anna", "credits"),
    ],
)
async def test_an_admin_acts_for_a_client_in_any_of_them(stage: Stage, typed: str, title: str) -> None:
    ada = await reading(stage, ADMIN, "de-DE")
    await ada.command(f"/sessions {typed}")
    assert ada.modal is not None
    assert title in ada.modal.title + ada.modal.text


async def helped(person: Person) -> str:
    return (await person.dms())[-1].text


async def test_help_shows_each_reader_their_own_words(stage: Stage) -> None:
    ada = await reading(stage, ADMIN, "de-DE")
    await ada.command("/sessions hilfe")
    for words in ("/sessions absagen", "/sessions einrichten", "/sessions guthaben für", "/sessions hilfe"):
        assert words in await helped(ada)
    assert "stornieren" not in await helped(ada)
    ada = await reading(stage, ADMIN, "en-GB")
    await ada.command("/sessions aide")
    assert "/sessions cancel" in await helped(ada)
    assert "Sorry" not in await helped(ada)


async def test_a_name_without_its_mention_is_asked_for_in_the_readers_words(stage: Stage) -> None:
    ada = await reading(stage, ADMIN, "fr-FR")
    await ada.command("/sessions crédits pour anna")
    assert "as in /sessions crédits pour" in (await helped(ada)).replace("`", "")
