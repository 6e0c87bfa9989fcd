"""Invented case data in Ballerup's proportions, for the demo, the tests and the bench.

Nobody in it exists. The same arguments give the same data on every machine.
"""

from reminderd.casedb.synthetic.build import DEMO_REFERENCE, Tables, build
from reminderd.casedb.synthetic.life import live
from reminderd.casedb.synthetic.write import refresh_sqlite, write_csv, write_sql, write_sqlite

__all__ = [
    "DEMO_REFERENCE",
    "Tables",
    "build",
    "live",
    "refresh_sqlite",
    "write_csv",
    "write_sql",
    "write_sqlite",
]
