"""Brakes: what holds an entry, and what the case source held when it was last good.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column and a table; nothing that is there changes."""
    op.add_column("entry", sa.Column("held_by", sa.Text(), nullable=True))
    op.create_table(
        "source_standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=True),
        sa.Column("running", sa.Integer(), nullable=True),
        sa.Column("views", sa.Text(), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
