# ruff: noqa
"""What every hostile program finds ready: it runs before the program, in the same submission."""

import builtins
import ctypes
import gc
import mmap
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import numpy as np

libc = ctypes.CDLL(None, use_errno=True)
COLUMN = 1 if platform.machine() == "aarch64" else 0


def honest(x):
    """The student's one honest answer; it must stay right whatever an attack did."""
    return x * 2


def system_call(numbers, *arguments):
    """Make a raw system call (its numbers on x86_64 and aarch64); raise what the kernel says."""
    result = libc.syscall(
        ctypes.c_long(numbers[COLUMN]),
        *[a if isinstance(a, (bytes, ctypes.Array)) else ctypes.c_long(a) for a in arguments],
    )
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def frames():
    """Every frame below this one, the grader's side of the process included."""
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
