"""Finds in the source what the app asks of Slack: Web API methods called, events, commands and interactions listened to."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

ROOT = Path(__file__).parents[2]
_WAYS_IN = "handlers/press.py"
"""Hands on what its decorators are given: what they are given is read where they stand."""
_NO_METHOD = {"api_call"}  # any method, by name: read from its argument instead


@dataclass
class Usage:
    """What some source files use; methods by their SDK names (`chat_postMessage`)."""

    methods: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    shortcuts: set[str] = field(default_factory=set)
    interactions: set[str] = field(default_factory=set)
    reads_email: bool = False


def sdk_methods() -> frozenset[str]:
    """Every Web API method that the SDK's client offers, by attribute name."""
    names = (name for name in dir(AsyncWebClient) if not name.startswith("_") and "_" in name)
    return frozenset(name for name in names if callable(getattr(AsyncWebClient, name))) - _NO_METHOD


def usage_of(packages: tuple[str, ...], root: Path = ROOT) -> Usage:
    """Scan the packages' source; constants are followed by name, so `on_command(ids.COMMAND)` counts too."""
    paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    trees = [ast.parse(path.read_text()) for path in paths if path != root / _WAYS_IN]
    constants = {name: value for tree in trees for name, value in _constants(tree)}
    methods = sdk_methods()
    found = Usage()
    for node in (node for tree in trees for node in ast.walk(tree)):
        # An attribute and not only a call: methods are also passed on as functions.
        if isinstance(node, ast.Attribute) and node.attr in methods:
            found.methods.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            _note_call(node, node.func.attr, constants, found)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            _note_way_in(node, node.func.id, constants, found)
        elif isinstance(node, ast.Subscript) and _text(node.slice, constants) == "email":
            found.reads_email = True
    return found


def _note_call(node: ast.Call, name: str, constants: dict[str, str], found: Usage) -> None:
    given = _text(node.args[0], constants) if node.args else None
    if name == "api_call" and given is not None:
        found.methods.add(given.replace(".", "_"))
    elif name == "get" and given == "email":
        found.reads_email = True
    listeners = {"event": found.events, "command": found.commands}
    if name in listeners and _is_app(node.func):
        if given is None:
            raise AssertionError(f"line {node.lineno}: what app.{name}(…) listens to cannot be read from the source")
        listeners[name].add(given)
    if name in {"action", "view", "view_submission", "view_closed", "options", "shortcut"} and _is_app(node.func):
        found.interactions.add(name)


def _note_way_in(node: ast.Call, name: str, constants: dict[str, str], found: Usage) -> None:
    listeners = {"on_event": found.events, "on_command": found.commands, "on_shortcut": found.shortcuts}
    for argument in node.args if name in listeners else ():
        if (given := _text(argument, constants)) is None:
            raise AssertionError(f"line {node.lineno}: what {name}(…) listens to cannot be read from the source")
        listeners[name].add(given)
    if name in {"on_action", "on_submit"}:
        found.interactions.add(name.removeprefix("on_"))


def _is_app(func: ast.expr) -> bool:
    owner = func.value if isinstance(func, ast.Attribute) else func
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return name.lstrip("_").endswith("app")


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Attribute) and node.attr == "value":  # a member of an Enum
        return _text(node.value, constants)
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    return constants.get(node.attr) if isinstance(node, ast.Attribute) else None


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from ((target.id, value.value) for target in targets if isinstance(target, ast.Name))
