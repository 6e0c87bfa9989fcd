"""What each calendar was told, so that it can be kept right: mailbox, content and method.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MAILBOX = """
UPDATE calendar_entry SET mailbox = lower((
    SELECT entry.recipient_mail FROM message JOIN entry ON entry.id = message.entry_id
    WHERE message.calendar_entry_id = calendar_entry.id ORDER BY message.calendar_sequence DESC LIMIT 1
))
"""


def upgrade() -> None:
    """Add the columns; an entry begun before goes on in the mailbox that heard of it last.

    What was told before has no content kept: it is first kept right after its next reminder.
    """
    op.add_column("calendar_entry", sa.Column("mailbox", sa.Text(), nullable=True))
    op.add_column("calendar_entry", sa.Column("ends_at", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("calendar_method", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("calendar_content", sa.Text(), nullable=True))
    op.create_index("calendar_entry_ends", "calendar_entry", ["ends_at"])
    op.create_index("message_calendar", "message", ["calendar_entry_id", "calendar_sequence"])
    op.execute(_MAILBOX)
