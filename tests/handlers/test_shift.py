"""What lists, details and dialogs show of a session that new zone rules have shifted."""

from datetime import timedelta
from pathlib import Path

from bot.demo.zone_rules import doctored
from coaching import zones
from coaching.actions import upkeep
from tests.handlers.conftest import Stage

NEW_YORK = "America/New_York"


async def test_a_shifted_session_is_listed_at_its_local_time_with_the_reason_on_its_timeline(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.world.grant()
    session = await stage.world.book(timedelta(days=5))
    anna = stage.person()
    await anna.command("/sessions")
    assert anna.modal is not None
    assert "Sat, Nov 21, 10:00 – 10:50 AM" in anna.modal.text
    cutoff = next(line for line in anna.modal.text.splitlines() if "efundable until" in line)
    assert "Fri, Nov 20, 10:00 AM" in cutoff
    with zones.loaded_from(doctored(tmp_path / "later", "2099a", **{NEW_YORK: "America/Puerto_Rico"})):
        for _, job in upkeep.JOBS:
            await upkeep.run(stage.store, stage.clock, job)
        await anna.command("/sessions")
        assert "Sat, Nov 21, 10:00 – 10:50 AM" in anna.modal.text
        # The cutoff that was shown does not end earlier: on the new clocks the same instant reads an hour later.
        assert "Fri, Nov 20, 11:00 AM" in anna.modal.text
        await anna.choose("Details", near="Next session")
        assert "the rules of the clocks changed: it keeps its local time, now Sat, Nov 21, 10:00 AM" in anna.modal.text
        async with stage.store.read(session.workspace_id) as queries:
            after = await queries.sessions.find(session.id)
    assert after is not None
    assert after.refund_cutoff_at == session.refund_cutoff_at
