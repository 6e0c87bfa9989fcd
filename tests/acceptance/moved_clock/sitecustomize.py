"""Starts a process at another moment: nothing is sent on a closed day, and tests run on any day.

Python loads this by its name where its folder is on the path. The wall clock is moved and goes on
ticking; the service cannot tell. A reading of the cases may be given less time than ten minutes.
"""

import os

import time_machine

from reminderd.domain import liveness

time_machine.travel(os.environ["CLOCK_STARTS_AT"], tick=True).start()

liveness.READING_LIMIT_S = float(os.environ.get("READING_LIMIT_S", liveness.READING_LIMIT_S))
