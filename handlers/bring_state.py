"""What somebody chose in the dialogs of bringing sessions in."""

from collections.abc import Sequence

from coaching.bringing.file_map import CONSTANT, Target
from coaching.bringing.questions import Ask
from handlers import parse
from handlers.ids import BRING_ASKED, BRING_COLUMN, BRING_SAME, BRING_TIME, Block
from handlers.parse import MAX_ID, BadRequest, Body

MAX_ANSWER = 200
Columns = dict[Target, Sequence[str]]


def file_id(body: Body) -> str:
    """Return the id of the chosen file. Raises BadRequest."""
    held = parse.state(body, Block.BRING_FILE)
    files = parse.items(held.get("files") if held else None)
    if len(files) != 1 or not isinstance(files[0], dict):
        raise BadRequest("not one file")
    return parse.text(files[0].get("id"), "file", MAX_ID)


def columns_said(body: Body) -> tuple[Columns, dict[Target, str]]:
    """Return the columns of each target, and what is the same for every line. Raises BadRequest."""
    columns: Columns = {}
    always: dict[Target, str] = {}
    for target in Target:
        # A day and a time in two columns stand in the order in which they are read.
        found = [name for block in (BRING_COLUMN, BRING_TIME) if (name := parse.chosen(body, f"{block}:{target}"))]
        if found:
            columns[target] = tuple(dict.fromkeys(found))
        elif target in CONSTANT:
            block = f"{BRING_SAME}:{target}"
            same = parse.picker(body, block, "selected_user") or parse.typed_text(body, block, MAX_ANSWER)
            if same:
                always[target] = same.strip()
    return columns, always


def answers(body: Body) -> list[tuple[Ask, str, str]]:
    """Return each answered question: what was asked, the word of the file, and the answer. Raises BadRequest."""
    found = []
    state = parse.view(body).get("state")
    values = state.get("values") if isinstance(state, dict) else None
    for block in values if isinstance(values, dict) else ():
        prefix, _, rest = str(block).partition(":")
        ask, _, word = rest.partition(":")
        if prefix != BRING_ASKED:
            continue
        answer = (
            parse.chosen(body, block)
            or parse.picker(body, block, "selected_user")
            or parse.typed_text(body, block, MAX_ANSWER)
        )
        if answer:
            found.append((parse.one_of(Ask, ask, "question"), word, answer.strip()))
    return found
