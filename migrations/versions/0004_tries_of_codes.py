"""tries of codes

Revision: 0004, follows 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("who_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who_hash"),
    )


def downgrade() -> None:
    op.drop_table("tries")
