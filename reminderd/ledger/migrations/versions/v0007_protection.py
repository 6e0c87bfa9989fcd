"""What protected the line of each attempt: TLS version, cipher, and the relay's certificate.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of attempts made before nothing is known."""
    for name in ("tls_version", "tls_cipher", "tls_certificate", "tls_expires"):
        op.add_column("attempt", sa.Column(name, sa.Text(), nullable=True))
