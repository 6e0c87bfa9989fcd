"""Configuration: two TOML files become checked values, or one message with everything that is wrong.

Promises that whoever holds ``Settings`` and a ``RuleBook`` need not check them again. Knows no
room beside it: nothing here opens a database, a relay or a template.
"""
