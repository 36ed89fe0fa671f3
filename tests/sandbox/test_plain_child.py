"""A child without a lock: what one says reaches nobody else."""

import os
import threading
import time

import pytest

from autograder.sandbox import Limits, dialogue
from autograder.sandbox.sandbox import PlainChild


def test_the_listener_of_an_ended_child_hears_nothing_of_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pipes of the next child get the numbers of those that were closed."""
    gates: dict[threading.Thread, threading.Event] = {}
    read = os.read

    def hesitating(fd: int, size: int) -> bytes:
        here = threading.current_thread()
        if here is not threading.main_thread():
            gates.setdefault(here, threading.Event()).wait(30)
        return read(fd, size)

    def a_new_listener(count: int) -> threading.Event:
        while len(gates) < count:
            time.sleep(0.01)
        return list(gates.values())[-1]

    monkeypatch.setattr(os, "read", hesitating)
    monkeypatch.setattr(dialogue, "START_SECONDS", 20.0)
    first = PlainChild(Limits())
    of_first = a_new_listener(1)
    first.end()
    second = PlainChild(Limits())
    of_second = a_new_listener(2)
    of_first.set()
    time.sleep(0.2)  # it reads now, if there is anything for it to read
    of_second.set()
    try:
        dialogue.Dialogue(second, Limits())  # raises when the child's first word got lost
    finally:
        second.end()
