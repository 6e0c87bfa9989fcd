"""Lets the disk of a process fail from a moment on: at SIGUSR1 every flush is answered with an I/O error.

Python loads this by its name where its folder is on the path. The kernel itself refuses the call
(seccomp), in every thread and for good; SQLite cannot tell it from a dying disk.
"""

import ctypes
import errno
import os
import platform
import signal
import struct

import time_machine

_CALLS = {
    "x86_64": {"seccomp": 317, "fsync": 74, "fdatasync": 75},
    "aarch64": {"seccomp": 277, "fsync": 82, "fdatasync": 83},
}[platform.machine()]
_LOAD_NUMBER, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # classic BPF
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EIO  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _fail(*_signal: object) -> None:
    steps = [
        (_LOAD_NUMBER, 0, 0, 0),
        (_JUMP_IF_EQUAL, 2, 0, _CALLS["fsync"]),
        (_JUMP_IF_EQUAL, 1, 0, _CALLS["fdatasync"]),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(
        _CALLS["seccomp"], _SET_FILTER, _ALL_THREADS, ctypes.byref(program)
    )
    if refused:
        raise OSError(ctypes.get_errno(), "this kernel takes no filter")


if "CLOCK_STARTS_AT" in os.environ:
    time_machine.travel(os.environ["CLOCK_STARTS_AT"], tick=True).start()
signal.signal(signal.SIGUSR1, _fail)
