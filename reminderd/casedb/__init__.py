"""The read-only door to the case database: contract, SQL, CSV, and invented data to try it with.

The rest of the house comes in through ``source``; what the columns are called stays in here.
"""
