"""To which mailbox a text is written, and how much it says of a citizen: so that neither is told untruly.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; of what was written before nobody knows, and it goes on as it is."""
    op.add_column("message", sa.Column("mailbox", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("reticence", sa.Integer(), nullable=True))
