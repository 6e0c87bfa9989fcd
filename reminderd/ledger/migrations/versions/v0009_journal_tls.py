"""What protected the line, in the journal's own lines, so that the chain covers it.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; lines written before keep their hashes, which an absent value leaves as they are."""
    op.add_column("journal", sa.Column("tls", sa.Text(), nullable=True))
