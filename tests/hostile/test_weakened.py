"""Proof that the suite can fail: with a layer taken away, programs do harm and are caught at it.

Each layer is also looked at alone, so that one can't rest on another.
"""

import functools
import os
import secrets
import signal
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from autograder.sandbox.inside.lockdown import LAYERS
from autograder.sandbox.measure import measure
from autograder.sandbox.session import Session
from autograder.sandbox.worker import LockedChild, Worker
from tests.hostile import suite

FILES = (
    "open_the_bait open_it_by_the_raw_call load_it_with_numpy map_it_with_memmap "
    "restore_the_usual_importers list_the_folder write_the_bait append_to_it_with_numpy "
    "save_beside_it truncate_by_opening_read_only delete_it rename_it link_to_it hard_link_to_it "
    "make_a_named_pipe"
)
"""What Landlock refuses without help. (Truncating: from ABI 3.)"""
OTHERS = (
    "see_that_it_exists see_that_it_exists_by_statx change_into_the_folder send_by_udp "
    "connect_to_a_unix_socket fork start_a_thread make_a_hidden_file_in_memory change_its_mode "
    "change_its_times double_fork_into_a_daemon outlive_the_grader "
    "make_code_at_run_time set_an_alarm_for_later make_a_pair_of_sockets"
)
"""What only seccomp refuses."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    opened = Worker()
    yield opened
    opened.close()


def problems(worker: Worker, name: str, bait: suite.Bait, layers: Sequence[str]) -> list[str]:
    """What the suite says of a program in children locked by these layers only."""
    start = functools.partial(worker.fork, layers=layers)

    def opened(cells: Sequence[suite.Cell], limits: suite.Limits) -> Session:
        return Session(start, cells, limits)

    before = suite.descendants(os.getpid())
    program = suite.one(name)
    secret = np.random.default_rng(secrets.randbits(64)).standard_normal(suite.SHAPE)
    outcome, wrong = suite.run(opened, program, bait.there)
    found = wrong + suite.judge(program, outcome, secret) + list(bait.harm())
    left = suite.descendants(os.getpid()) - before
    for pid in left:  # this test makes them on purpose
        os.kill(pid, signal.SIGKILL)
    return found + ["processes stayed behind"] * bool(left)


def without(*names: str) -> tuple[str, ...]:
    return tuple(layer for layer in LAYERS if layer not in names)


@pytest.mark.parametrize("name", FILES.split())
def test_landlock_alone_keeps_files(worker: Worker, bait: suite.Bait, name: str) -> None:
    assert problems(worker, name, bait, without("seccomp")) == []


@pytest.mark.parametrize("name", [*FILES.split(), *OTHERS.split()])
def test_seccomp_alone_keeps_everything(worker: Worker, bait: suite.Bait, name: str) -> None:
    assert problems(worker, name, bait, without("landlock")) == []


@pytest.mark.parametrize("name", FILES.split())
def test_a_sandbox_without_both_is_caught(worker: Worker, bait: suite.Bait, name: str) -> None:
    assert problems(worker, name, bait, without("landlock", "seccomp")) != []


@pytest.mark.parametrize("name", OTHERS.split())
def test_a_sandbox_without_seccomp_is_caught(worker: Worker, bait: suite.Bait, name: str) -> None:
    # A limit on processes stops a fork by itself, and another user may not change modes.
    assert problems(worker, name, bait, without("seccomp", "rlimits", "uid")) != []


def test_a_sandbox_without_limits_is_caught(worker: Worker, bait: suite.Bait) -> None:
    name = "a_bit_more_memory_than_allowed"
    assert problems(worker, name, bait, without("rlimits")) != []


def test_what_stays_behind_is_killed_and_told(bait: suite.Bait) -> None:
    opened = Worker()
    try:
        for name in ("fork", "double_fork_into_a_daemon"):
            opened.is_spoilt = False
            found = problems(opened, name, bait, without("seccomp", "rlimits"))
            assert "processes stayed behind" not in found
            assert opened.is_spoilt
    finally:
        opened.close()


class Weakened(Worker):
    """A worker whose children lack a layer, whatever is asked."""

    missing = ""

    def fork(self, limits: suite.Limits, layers: Sequence[str] = LAYERS) -> LockedChild:
        return super().fork(limits, [layer for layer in layers if layer != self.missing])


@pytest.mark.parametrize("layer", LAYERS)
def test_the_probe_catches_a_missing_layer(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if layer == "uid" and os.geteuid() != 0:
        pytest.skip("there is no other user to become")
    monkeypatch.setattr(Weakened, "missing", layer)
    opened = Weakened()
    try:
        measured = measure(opened)
    finally:
        opened.close()
    assert measured.level == "none"
    assert measured.layers is not None
    assert [name for name, holds in measured.layers.items() if not holds] == [layer] or (
        layer == "uid"  # the limits are looked at without root
        and not measured.layers["uid"]
    )
    assert layer in measured.shortfall() or "was not refused" in measured.shortfall()
