"""Keep what mail servers refuse, what people want besides how they hear, and who was asked about mail

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("refused_address", sa.Text(), nullable=True))
    op.add_column("members", sa.Column("mail_asked_in", sa.String(length=200), nullable=True))
    op.add_column(
        "notifications",
        sa.Column("invitations", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    )
    op.add_column("notifications", sa.Column("unwanted", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "mail_outages",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_mail_outages")),
        sqlite_with_rowid=False,
    )
