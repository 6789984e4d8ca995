"""How many characters of a message Slack shows where code says it: on buttons, in options, titles, questions and empty inputs.

A message is found where it is given to one of `handlers.views.kit`: itself, one of two, between marks, or by a name it was given
in the same function. What is put together from several messages is measured by whoever shows it.
"""

import ast
from collections.abc import Iterator

from coaching.sessions import MAX_PER_ACTION
from handlers.views.kit import BUTTON, HEADER, OPTION, TITLE
from tests.words.placeholders import placeholders

_ROOM: dict[str, dict[int | str, int]] = {
    "button": {0: BUTTON, "label": BUTTON},
    "option": {0: OPTION, 2: OPTION, "description": OPTION},
    "confirm": {0: 100, 1: 300, 2: 30, 3: 30},
    "select": {"placeholder": 150},
    "header": {0: HEADER},
    "modal": {0: TITLE, "submit": TITLE, "close": TITLE},
}
"""What a call shows, by its place or name, and in how many characters."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def rooms(tree: ast.AST) -> dict[ast.Call, int]:
    """Return the least room of each call whose words are shown by one of the kit's."""
    found: dict[ast.Call, int] = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, _Function | ast.Module)):
        named: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).append(node.value)
        for shown, room in _shown(function):
            for call, left in _calls(shown, room, named if isinstance(function, _Function) else {}):
                found[call] = min(left, found.get(call, left))
    return found


def _shown(function: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ROOM:
            room = _ROOM[node.func.id]
            yield from ((given, room[place]) for place, given in enumerate(node.args) if place in room)
            yield from ((given.value, room[given.arg]) for given in node.keywords if given.arg in room)


def _calls(shown: ast.expr, room: int, named: dict[str, list[ast.expr]]) -> Iterator[tuple[ast.Call, int]]:
    if isinstance(shown, ast.Call):
        yield shown, room
    elif isinstance(shown, ast.IfExp):
        yield from _calls(shown.body, room, named)
        yield from _calls(shown.orelse, room, named)
    elif isinstance(shown, ast.JoinedStr):
        marks = sum(len(str(part.value)) for part in shown.values if isinstance(part, ast.Constant))
        for part in shown.values:
            if isinstance(part, ast.FormattedValue):
                yield from _calls(part.value, room - marks, named)
    elif isinstance(shown, ast.Name):
        for value in named.get(shown.id, ()):
            if not isinstance(value, ast.Name):
                yield from _calls(value, room, named)


def too_long(text: str, room: int) -> bool:
    """Whether a text is longer than its room: a number in it counts with most digits, any other value not at all."""
    for name in placeholders(text):
        text = text.replace(f"{{{name}}}", str(MAX_PER_ACTION) if name == "n" else "")
    return len(text) > room
