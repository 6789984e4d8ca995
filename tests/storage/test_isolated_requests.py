"""Requests of one workspace are not read, answered or changed from another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from coaching.ids import new_id
from coaching.requests import Request, RequestKind, RequestState
from storage import SqlStore

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_another_workspaces_requests_are_out_of_reach(store: SqlStore) -> None:
    asked = Request(
        kind=RequestKind.MOVE,
        action_id=new_id(NOW),
        at=NOW,
        by_id="U0ANNA",
        decide_by=NOW + HOUR,
        subject_id="s",
        number=1,
        times=(NOW + 2 * HOUR, NOW + 3 * HOUR),
    )
    async with store.sweep() as sweep:
        mine, other = sweep.within("T0MINE"), sweep.within("T0OTHER")
        for uow in (mine, other):
            await uow.workspace.ensure()
            await uow.requests.add([asked])
        empty = sweep.within("T0EMPTY")
        assert await empty.requests.by_ids([asked.action_id]) == []
        assert await empty.requests.latest(RequestKind.MOVE, "s") is None
        assert await empty.requests.requested([asked.action_id]) == {}
        assert await empty.requests.open_moves(["s"]) == []
        assert await mine.requests.open_moves(["s"]) == [asked]
        await mine.requests.leave_out(asked, NOW + 2 * HOUR, NOW)
        await mine.requests.overtake(["s"], "U0ANNA", NOW)
        await mine.requests.close([asked], RequestState.DECLINED, "U0CARLA", NOW)
        await empty.requests.close([asked], RequestState.DECLINED, "U0CARLA", NOW)
        assert await mine.requests.by_ids([asked.action_id]) == [
            replace(asked, times=asked.times[1:], state=RequestState.WITHDRAWN, answered_at=NOW, answered_by="U0ANNA")
        ]
        await mine.requests.stay_withdrawn(asked, "U0ANNA", NOW + HOUR)
        await empty.requests.stay_withdrawn(asked, "U0CARLA", NOW)
        [withdrawn] = await mine.requests.overtaken(["s"])
        assert (withdrawn.answered_by, withdrawn.answered_at) == ("U0ANNA", NOW + HOUR)
        assert await empty.requests.overtaken(["s"]) == await other.requests.overtaken(["s"]) == []
        assert await other.requests.by_ids([asked.action_id]) == [asked]
        await other.requests.close([asked], RequestState.DECLINED, "U0CARLA", NOW)
        [declined] = await other.requests.by_ids([asked.action_id])
        assert declined.state is RequestState.DECLINED
