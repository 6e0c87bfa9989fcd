"""Doubt: until when a restored ledger does not know what was sent.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing that is there changes."""
    op.add_column("installation", sa.Column("doubt_until", sa.Text(), nullable=True))
