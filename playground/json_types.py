"""Names for JSON as it comes over the wire."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value; whoever reads it checks it."""
JsonObject: TypeAlias = dict[str, Any]
