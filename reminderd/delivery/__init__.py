"""One message in, one outcome out: SMTP, and a folder of .eml files for rehearsals.

Alone in knowing SMTP. It knows no notice, no ledger and no retry; see README.md for what each
outcome means and which reply leads to it.
"""

from reminderd.delivery.open import open_transport
from reminderd.delivery.transport import BeforeData, Envelope, Session, Transport

__all__ = ["BeforeData", "Envelope", "Session", "Transport", "open_transport"]
