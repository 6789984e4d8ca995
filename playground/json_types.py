"""Type names for JSON as it is sent and received."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value. Code that reads it checks it."""
JsonObject: TypeAlias = dict[str, Any]
