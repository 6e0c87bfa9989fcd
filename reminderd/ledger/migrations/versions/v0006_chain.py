"""The journal becomes a chain that nobody can edit, and says rule and wording in every line.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from reminderd.ledger.chain import COLUMNS, link

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WRITTEN = (
    "UPDATE journal SET rule = (SELECT rule FROM entry WHERE entry.id = journal.entry_id),"
    " wording_version = (SELECT wording_version FROM message WHERE message.entry_id = journal.entry_id)"
)
NO_UPDATE = (
    "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END"
)
NO_DELETE = (
    "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END"
)


def upgrade() -> None:
    """Link the lines that are there, then let SQLite refuse every change of them."""
    for name in ("rule", "wording_version", "hash"):
        op.add_column("journal", sa.Column(name, sa.Text(), nullable=True))
    op.execute(_WRITTEN)
    connection = op.get_bind()
    head = ""
    rows = connection.exec_driver_sql(f"SELECT {', '.join(COLUMNS)} FROM journal ORDER BY id").all()  # noqa: S608
    for row in rows:
        head = link(head, dict(zip(COLUMNS, row, strict=True)))
        connection.exec_driver_sql("UPDATE journal SET hash = ? WHERE id = ?", (head, row[0]))
    op.execute(NO_UPDATE)
    op.execute(NO_DELETE)
