"""The way back: mails from the service mailbox as plain facts, each of them a stranger's."""

from reminderd.inbox.reading import read

__all__ = ["read"]
