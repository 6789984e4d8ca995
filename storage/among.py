"""A condition whose plan does not depend on what PostgreSQL has counted."""

from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType


class among(FunctionElement[bool]):  # noqa: N801 - it reads like `in_`
    """SQL for: `column` is one of the few values of a statement, which is run first.

    As a join, PostgreSQL would read a whole workspace wherever its statistics make that look cheap.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], few: Select[Any]) -> None:
        super().__init__(column, few.scalar_subquery())

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """Return this condition as it is: with "= 1" behind it, SQLite could not use an index."""
        return self


@compiles(among)
def _within(element: among, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401
    column, few = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"{column} IN {few}"


@compiles(among, "postgresql")
def _any(element: among, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401
    column, few = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"{column} = ANY (ARRAY{few})"
