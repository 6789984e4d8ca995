"""What the actions may ask of the database: by noun, and of one workspace each."""

import importlib
import inspect
import pkgutil
from typing import Any

import pytest

from coaching import ports

MOST_METHODS = 15


def _interfaces() -> list[type[Any]]:
    modules = [importlib.import_module(f"coaching.ports.{one.name}") for one in pkgutil.iter_modules(ports.__path__)]
    return [
        kind
        for module in (ports, *modules)
        for kind in vars(module).values()
        if inspect.isclass(kind) and getattr(kind, "_is_protocol", False) and kind.__module__ == module.__name__
    ]


def _methods(kind: type[Any]) -> list[Any]:
    return [one for _, one in inspect.getmembers(kind, inspect.isfunction) if not one.__name__.startswith("_")]


INTERFACES = _interfaces()


@pytest.mark.parametrize("kind", INTERFACES, ids=lambda kind: kind.__name__)
def test_only_whoever_opens_a_unit_names_a_workspace(kind: type[Any]) -> None:
    names = {one.__name__ for one in _methods(kind) if "workspace_id" in inspect.signature(one).parameters}
    assert names <= ({"read", "write"} if kind is ports.Store else {"within"} if kind is ports.Sweep else set())


@pytest.mark.parametrize("kind", INTERFACES, ids=lambda kind: kind.__name__)
def test_no_interface_has_more_methods_than_one_reads_at_a_glance(kind: type[Any]) -> None:
    assert len(_methods(kind)) <= MOST_METHODS
