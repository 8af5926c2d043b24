"""A quick way to what was given up

Revision: 0010, follows 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
TABLES = ("inbox", "outbox")
DEAD = sa.text("state = 3")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"{table}_dead", table, ["finished"], sqlite_where=DEAD, postgresql_where=DEAD)


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"{table}_dead", table_name=table)
