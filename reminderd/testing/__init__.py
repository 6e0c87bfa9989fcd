"""Stand-ins that are shipped and tested themselves: a relay that misbehaves on command, and recorders.

Import the module that is meant (``reminderd.testing.relay``); this package loads none, so that a
service or a test pays only for what it uses. See README.md.
"""
