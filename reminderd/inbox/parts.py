"""The tree of a mail that the standard library has taken apart."""

from email.message import Message


def children(part: Message) -> list[Message]:
    """Return the parts directly inside a part, in order; none where it holds text."""
    content = part.get_payload()
    return [item for item in content if isinstance(item, Message)] if isinstance(content, list) else []
