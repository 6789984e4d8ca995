"""Let what a decision kept be returned later

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CHECKS = (
    ("decision", "decision IN ('policy', 'late')", "decision IN ('policy', 'late', 'later')"),
    ("outcome", "(decision = 'late') = (outcome IS NOT NULL)", "(decision <> 'policy') = (outcome IS NOT NULL)"),
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        for name, _, new in _CHECKS:
            op.drop_constraint(op.f(f"ck_refunds_{name}"), "refunds", type_="check")
            op.create_check_constraint(op.f(f"ck_refunds_{name}"), "refunds", new)
        return
    # The content stays as it is, so the text of the schema is edited, as in 0003. Copying a large table would take
    # long.
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    for _, old, new in _CHECKS:
        changed = bind.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :old, :new)"
                " WHERE type = 'table' AND name = 'refunds' AND instr(sql, :old) > 0"
            ),
            {"old": old, "new": new},
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"the table refunds does not say {old!r}: it is not what migration 0010 left")
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
