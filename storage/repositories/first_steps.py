"""What of the first steps is done: a fact for each kind of thing that there is, found with the first row of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, literal_column, select, true

from coaching.first_steps import FirstSteps, Step
from storage.repositories.facts import WS, fact, first
from storage.repositories.people import person_of
from storage.tables import coaches, grants, packages, session_types, sessions, workspaces
from storage.types import word

_k, _p, _t = coaches.c, packages.c, session_types.c
_HAS, _UNHEARD = "has", "unheard"
_CHANNEL, _PRICED = "channel", "priced"


def _any(of: Table, code: str, *which: ColumnElement[bool]) -> Select[Any]:
    """Return a fact if there is such a row.

    In the order of the key: the row is looked up then, where PostgreSQL would read other workspaces' rows to find the first.
    """
    rows = select(*fact(_HAS, code=word(code))).select_from(of).where(of.c.workspace_id == WS, *which)
    return first(rows.order_by(*(column for column in of.primary_key if column is not of.c.workspace_id)), 1)


_LISTED = (_k.removed.is_not(true()), _k.name >= word(""))
FACTS: tuple[Select[Any], ...] = (
    _any(sessions, Step.SESSION),
    _any(session_types, Step.TYPES, _t.retired.is_not(true())),
    _any(session_types, _PRICED, _t.retired.is_not(true()), literal_column("0") < _t.price),
    _any(packages, Step.CREDITS, _p.retired.is_not(true()), _p.sessions.is_not(None)),
    _any(grants, Step.CREDITS),
    _any(workspaces, Step.TERMS, workspaces.c.terms_saved.is_(true())),
    _any(coaches, _CHANNEL, *_LISTED, _k.alert_channel.is_not(None)),
    first(
        select(*fact(_UNHEARD, who=_k.member_id))
        .where(_k.workspace_id == WS, *_LISTED, _k.alert_channel.is_(None))
        .order_by(_k.name, _k.member_id),
        1,
    ),
)
"""What there is, and the first coach without an alert channel."""


def first_steps_of(rows: Sequence[Row[Any]], *, coaches: int, idle: int, refused: str) -> FirstSteps | None:
    """Return how far the first steps are, or None if they are over.

    The rows are FACTS, those of coaches without hours (`without`), and those of channels that refuse messages (of the
    fact `refused`). There are `coaches`, of whom `idle` have no hours.
    """
    found = {row.code for row in rows if row.fact == _HAS}
    if Step.SESSION in found:
        return None
    broken = next((row for row in rows if row.fact == refused), None)
    unheard = broken or next((row for row in rows if row.fact == _UNHEARD), None)
    without = next((row for row in rows if row.fact == "without"), None)
    done = {step for step in Step if step in found}
    done |= {Step.COACHES} if coaches else set()
    done |= {Step.HOURS} if idle < coaches else set()
    done |= {Step.CHANNELS} if _CHANNEL in found and broken is None else set()
    done |= {Step.CREDITS} if Step.TYPES in found and _PRICED not in found else set()
    return FirstSteps(
        done=frozenset(done),
        idle=without and person_of(without, without.who),
        listener=unheard and person_of(unheard, unheard.who),
        refused=broken and broken.channel,
        why=broken and broken.code,
    )
