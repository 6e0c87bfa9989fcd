"""Moves the wall clock of a Python process by some seconds, the same for each process, and lets it go on.

Nothing is sent on a closed day, and tests run on any day. The service cannot tell; systemd and the journal
keep the real time.
"""

import os
import time

import time_machine

time_machine.travel(time.time() + float(os.environ["CLOCK_SHIFT"]), tick=True).start()
