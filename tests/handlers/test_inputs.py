"""Where a form says what cannot be used: at the input that is about it."""

from typing import Any

import pytest

from coaching.errors import BadSetting
from coaching.fields import Field
from handlers.errors import _submission_answer
from handlers.ids import Block
from handlers.inputs import BLOCKS, BadInput
from language.say import IN_ENGLISH


def form(*blocks: str) -> dict[str, Any]:
    return {"view": {"id": "V1", "type": "modal", "blocks": [{"type": "input", "block_id": one} for one in blocks]}}


@pytest.mark.parametrize("field", list(Field))
def test_every_setting_is_refused_at_its_input_and_what_has_none_on_top_of_the_form(field: Field) -> None:
    answer = _submission_answer(BadSetting(field, "it is too much"), form(*Block), "It is too much.", IN_ENGLISH)
    block = BLOCKS[field]
    if block is None:
        assert answer["response_action"] == "push"
    else:
        assert answer == {"response_action": "errors", "errors": {str(block): "It is too much."}}


def test_what_cannot_be_read_is_said_at_the_input_it_stands_in_also_where_that_is_numbered() -> None:
    answer = _submission_answer(
        BadInput(Block.TYPE_PRICE, "a number"), form("other", "type_price:3"), "A number.", IN_ENGLISH
    )
    assert answer == {"response_action": "errors", "errors": {"type_price:3": "A number."}}
