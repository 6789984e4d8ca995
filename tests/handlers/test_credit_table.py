"""The history of credits as a table in a message, where a dialog takes none."""

from datetime import timedelta
from typing import Any

import pytest

from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ANNA

H = timedelta(hours=1)


@pytest.fixture
async def anna(stage: Stage) -> Person:
    """Anna, who was given credits, booked, canceled and canceled late."""
    await stage.world.grant(credits=1000, package="Leadership <10>", session_type="Coaching")
    far = await stage.world.book(90 * H)
    await stage.world.book(5 * H, price=150)
    stage.clock.advance(H)
    await stage.world.cancel(far)
    return stage.person(ANNA)


async def table(person: Person) -> list[dict[str, Any]]:
    """Press for the table; return the blocks of the message that comes."""
    await person.command("/sessions credits")
    await person.click("History")
    await person.click("As a table")
    assert person.modal is not None
    assert "Sent: the table is in your messages with this app." in person.modal.text
    return (await person.dms())[-1].blocks


async def test_each_movement_is_a_row_with_time_what_change_and_balance(stage: Stage, anna: Person) -> None:
    _, shown, _ = await table(anna)
    assert shown["type"] == "data_table"
    read = [[cell["text"] for cell in row] for row in shown["rows"]]
    assert read == [
        ["When", "What happened", "Change", "Balance"],
        ["Mon, Nov 16, 11:00 AM", "Returned: Coaching with Carla Coach, Fri, Nov 20, 4:00 AM", "+1", "8.5"],
        ["Mon, Nov 16, 10:00 AM", "Booked: Coaching with Carla Coach, Mon, Nov 16, 3:00 PM", "−1.5", "7.5"],
        ["Mon, Nov 16, 10:00 AM", "Booked: Coaching with Carla Coach, Fri, Nov 20, 4:00 AM", "−1", "9"],
        ["Mon, Nov 16, 10:00 AM", "Given (import): Leadership <10>", "+10", "10"],
    ]
    text = (await anna.dms())[-1].fallback
    assert "Returned: Coaching with Carla Coach, Fri, Nov 20, 4:00 AM · +1 credit · Balance: 8.5 credits" in text


async def test_a_workspace_without_tables_gets_the_same_as_lines(stage: Stage, anna: Person) -> None:
    await stage.pg.control().fault("older_blocks")
    blocks = await table(anna)
    assert "data_table" not in {block["type"] for block in blocks}
    assert "+1 credit* · Balance: 8.5 credits" in str(blocks)
    assert stage.calls("chat.postMessage") == 2
    await table(anna)
    assert stage.calls("chat.postMessage") == 3


async def test_a_long_history_is_cut_to_what_a_message_holds(stage: Stage, anna: Person) -> None:
    for n in range(60):
        await stage.world.cancel(await stage.world.book((100 + n) * H))
    _, shown, _ = await table(anna)
    assert 50 < len(shown["rows"]) <= 101
    assert len((await anna.dms())[-1].fallback) <= 4000
