"""Failures by their numbers, and what was heard of all people together

Revision: 0009, follows 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failure",
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=False),
        sa.Column("doing", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("ix_failure_at", "failure", ["at"])
    op.create_index("ix_user_account_connected_at", "user_account", ["connected_at"])
    op.create_table(
        "ledger_total",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "what"),
    )
    op.execute(
        "INSERT INTO ledger_total (day, what, count) SELECT day, what, sum(count) FROM ledger_day "
        "WHERE what IN ('heard', 'dropped') GROUP BY day, what"
    )


def downgrade() -> None:
    op.drop_table("ledger_total")
    op.drop_index("ix_user_account_connected_at", table_name="user_account")
    op.drop_index("ix_failure_at", table_name="failure")
    op.drop_table("failure")
