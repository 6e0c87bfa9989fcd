"""A copy that says it is one, and doubt about calendars for as long as it lasts after one came back.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; a ledger that stands is no copy."""
    op.add_column("installation", sa.Column("copied_at", sa.Text(), nullable=True))
    op.add_column(
        "installation",
        sa.Column("upkeep_in_doubt", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
