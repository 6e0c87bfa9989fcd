"""What counts as the address of one mailbox: plain, ASCII, and nothing around it.

One grammar for the door, the plan and the mail. Names, comments, groups, quoted local parts, address
literals and letters beyond ASCII are refused: relays read them differently, or not at all.
"""

import re

_LONGEST_LOCAL_PART = 64
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


def is_plain_address(address: str) -> bool:
    """Tell whether this is one mailbox in plain ASCII, which every relay takes and no header breaks on."""
    return _ADDRESS.fullmatch(address) is not None and len(address.partition("@")[0]) <= _LONGEST_LOCAL_PART


def ascii_address(address: str) -> str:
    """Return an address with its domain as relays know it (IDNA); what has no such form stays as it is.

    The local part is left alone: letters beyond ASCII in it are another mailbox, or none.
    """
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
