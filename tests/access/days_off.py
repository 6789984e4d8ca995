"""Knocks at the doors of a coach's time off."""

from handlers.ids import Block, Callback
from handlers.off_meta import OffMeta
from tests.access.door import Knock, Submit
from tests.access.estate import OFF, Estate
from tests.access.roles import CARLA, Holding, Role

THE_OFF = f"{OFF.starts_at.isoformat()}|{OFF.ends_at.isoformat()}"
WHILE = "2026-11-01T00:00:00+00:00|2027-02-01T00:00:00+00:00"
"""From before until after everything that is booked."""


def day_off(_e: Estate, _r: Role, _h: Holding) -> Knock:
    """Days off of Carla's, sent."""
    day = {"type": "datepicker", "selected_date": "2026-12-28"}
    return Submit(Callback.TIME_OFF, CARLA, {Block.FIRST_OFF: day, Block.LAST_OFF: day})


def other_day_off(_e: Estate, _r: Role, _h: Holding) -> Knock:
    """Other days in the place of Carla's, sent."""
    day = {"type": "datepicker", "selected_date": "2026-12-28"}
    meta = OffMeta(coach=CARLA, begins=OFF.starts_at.isoformat()).dump()
    return Submit(Callback.TIME_OFF_CHANGE, meta, {Block.FIRST_OFF: day, Block.LAST_OFF: day})
