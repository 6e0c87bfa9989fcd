"""A notice becomes bytes: its wording, its calendar part, its mail; figures, a report and a picture.

Pure from end to end: no clock, no ledger, no network, nothing written to disk. The same notice,
instant and revision give the same bytes, on every machine and in every version of the libraries
that the tests accept; a report's picture alone is as the installed drawing library draws it.
"""
