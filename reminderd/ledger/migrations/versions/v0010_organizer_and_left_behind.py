"""Who invited, so that the same mailbox changes and cancels; and what a notice left in another mailbox.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add column and table; an entry begun before keeps the sender that its next revision goes out from."""
    op.add_column("calendar_entry", sa.Column("organizer", sa.Text(), nullable=True))
    op.create_table(
        "left_behind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), sa.ForeignKey("entry.id"), nullable=False),
        sa.Column("calendar_entry_id", sa.Integer(), sa.ForeignKey("calendar_entry.id"), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("calendar_sequence", sa.Integer(), nullable=False),
        sa.Column("calendar_method", sa.Text(), nullable=False),
        sa.Column("calendar_content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("left_behind_entry", "left_behind", ["entry_id"])
