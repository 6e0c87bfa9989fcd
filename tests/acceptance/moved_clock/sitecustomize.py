"""Starts a process at another moment: nothing is sent on a closed day, and tests run on any day.

Python loads this by its name where its folder is on the path. The wall clock is moved and goes on
ticking; the service cannot tell.
"""

import os

import time_machine

time_machine.travel(os.environ["CLOCK_STARTS_AT"], tick=True).start()
