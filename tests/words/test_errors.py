"""Errors in the pseudo-language: every type with every cause was seen by a translator, and fits wherever it is said."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from coaching import errors as known
from coaching.causes import Blocked, NoException, NoRequest, NoUndo, Obstacle, Unclosable
from coaching.fields import Field
from coaching.slots import AmbiguousTime, SkippedTime
from coaching.zone_words import BadZone, ZoneFault
from handlers.error_words import LATE_TRIGGERS, perhaps_words, words_for
from handlers.errors import _place, _submission_answer, _title
from handlers.hours import _refuse_zone
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.parse import BadRequest
from handlers.views.message import message_view
from handlers.views.undo import closed_words
from language.say import Say, say_for
from tests.unit.screens import refused
from tests.words import extract, pseudo

AT = datetime(2026, 11, 16, 15, tzinfo=UTC)
LOCAL = AT.replace(tzinfo=None)


def zone_refused(wrong: BadZone) -> BadInput:
    """Return the error that a form raises for a bad zone."""
    with pytest.raises(BadInput) as found:
        _refuse_zone(wrong)
    return found.value


ABSTRACT = {known.CoachingError, known.Engaged, known.Wrong}
"""Nobody raises these."""
ERRORS: list[Exception] = [
    known.NotYours("session", ["S1"], "U0ANNA"),
    known.NotYours("credits", ["G1"], "U0ANNA"),
    known.AdminsOnly("U0ANNA"),
    known.RightsInDoubt("U0ANNA"),
    known.CoachesOnly("U0ANNA"),
    known.NothingPicked(),
    known.TooManyPicked(1234, 100),
    known.ReasonRequired(),
    *(known.ReasonTooLong(2000 + over, 2000) for over in (1, 2)),
    *(known.NoteTooLong(2000 + over, 2000) for over in (1, 2)),
    known.NoteEmpty(),
    known.NoteGone(),
    *(known.CannotAsk("A1", why, contact) for why in NoException for contact in (None, "care@example.com")),
    *(known.CannotRequest("S1", why, contact) for why in NoRequest for contact in (None, "care@example.com")),
    known.BadPart(50, 25),
    *(known.CannotCancel({"S1": why}) for why in Blocked),
    known.CannotCancel(dict(zip("abcdefghijkl", Blocked, strict=False))),
    *(known.CannotMove({"S1": why}) for why in Blocked),
    known.CannotMove(dict(zip("abcdefghijkl", Blocked, strict=False))),
    *(known.CannotClose("S1", why) for why in Unclosable),
    *(known.PartlyDone(canceled) for canceled in (0, 1, 2)),
    known.DialogExpired("D1"),
    known.Answered("R1"),
    known.NotEnoughCredits(150, 100),
    known.NotEnoughCredits(150, 50),
    known.SlotTaken("U0COACH", AT, AT),
    known.ClientBusy("U0ANNA", AT, AT),
    *(known.UndoClosed("A1", why) for why in NoUndo),
    *(known.NotBookable("U0COACH", why) for why in Obstacle),
    known.InPast(),
    known.BadPolicy("a policy needs at least one step"),
    known.TermsGone("type"),
    known.TermsChanged(),
    known.PaymentChanged(),
    known.BadSetting(Field.CHANNEL, "choose a channel"),
    *(
        zone_refused(BadZone(fault, f"{pseudo.OPEN}europe{pseudo.CLOSE}", meant))
        for fault in ZoneFault
        for meant in (None, "Europe/Berlin")
    ),
    known.Replayed(),
    known.StorageBusy(),
    known.StorageAils("full"),
    known.ReplyLost(),
    known.ChangedMeanwhile(),
    SkippedTime(LOCAL, "Europe/Berlin", AT),
    AmbiguousTime(LOCAL, "Europe/Berlin", AT, AT),
    BadRequest("no verdict"),
    BadInput(Block.COACH, "choose who the coach is"),
    TimeoutError(),
    *(SlackApiError("refused", {"error": code}) for code in sorted(LATE_TRIGGERS)),
    RuntimeError("boom"),
]


def kinds(of: type[Exception]) -> Iterator[type[Exception]]:
    """Every error that people can be told about."""
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_type_of_error_is_here() -> None:
    ours = {kind for kind in kinds(known.CoachingError) if kind.__module__.startswith(("coaching.", "handlers."))}
    assert {kind.__name__ for kind in ours - ABSTRACT - set(map(type, ERRORS))} == set()


def submitted(block_id: str | None) -> dict[str, Any]:
    """A dialog that somebody sent, with an input of that name in it, or with none."""
    blocks = [{"type": "input", "block_id": block_id}] if block_id else []
    values = {block_id: {"input": {"type": "plain_text_input", "value": "x"}}} if block_id else {}
    view = {"blocks": blocks, "state": {"values": values}, "root_view_id": "V1", "previous_view_id": None}
    return {"type": "view_submission", "view": view}


def said_everywhere(error: Exception, say: Say) -> Iterator[dict[str, Any]]:
    """Everything that Slack shows of an error: an answer for one person, a dialog, and what stands at its field."""
    words = words_for(error, "4f2a", say)
    yield {"text": words}
    yield message_view(_title(error, say), words, say)
    for block_id in {None, _place(error)}:
        answer = _submission_answer(error, submitted(block_id), words, say)
        if block_id is None:
            yield answer["view"]
        else:
            assert answer["response_action"] == "errors"
            [(place, fault)] = answer["errors"].items()
            assert place == block_id
            yield {"text": fault}


def test_every_error_is_said_in_the_readers_language_and_fits_wherever_it_is_said(pseudo_catalogue: Path) -> None:
    with pseudo.spoken(pseudo_catalogue) as judge:
        say = say_for("en-US")
        for error in ERRORS:
            for shown in said_everywhere(error, say):
                judge.look(shown)
                assert "blocks" not in shown or refused(shown) == [], error
        judge.look({"text": perhaps_words("4f2a", say)}, *({"text": closed_words(why, say)} for why in NoUndo))
    assert judge.naked == {}


def faults() -> Iterator[extract.Said]:
    """Every clause that code says is wrong with what somebody chose."""
    for room in extract.ROOMS:
        for path in sorted((extract.ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and extract._name(node.func) in extract._WRONG:
                    yield from extract._in_errors(node, path.name)[0]


def test_every_fault_of_a_form_is_said_in_the_readers_language_and_fits_at_its_field(pseudo_catalogue: Path) -> None:
    found = list(faults())
    assert len(found) > 50
    with pseudo.spoken(pseudo_catalogue) as judge:
        say = say_for("en-US")
        for one in found:
            for n in (1, 2):
                figures = {name: n if name == "n" else f"{pseudo.OPEN}typed{pseudo.CLOSE}" for name in one.names or ()}
                error = BadInput(Block.COACH, one.message, one.many, **figures)
                for shown in said_everywhere(error, say):
                    judge.look(shown)
                    assert "blocks" not in shown or refused(shown) == [], one.message
    assert judge.naked == {}
