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
