"""What notebooks import and use besides NumPy, in a locked child and in a plain one."""

import math
import textwrap

import numpy as np
import pytest

from autograder.exercises.script import Call, Outcome, Script
from autograder.sandbox import Cell, CellOutcome, Sandbox
from autograder.sandbox.inside.standins import erf

HARMLESS = {
    "pictures": """
        import matplotlib.pyplot as plt
        from mpl_toolkits.mplot3d import Axes3D
        plt.rcParams["figure.figsize"] = (10, 8)
        plt.style.use("seaborn")
        fig, ax = plt.subplots()
        fig, axes = plt.subplots(2, 2, figsize=(3, 3))
        axes[0, 1].imshow([[1]], cmap=plt.cm.gray)
        for a in axes.flat:
            a.axis("off")
        with plt.style.context("dark"):
            plt.plot([1, 2], label="x")
        fig, (left, right) = plt.subplots(1, 2)
        left.plot([1]); right.set_title("x")
        fig, ((a, b), (c, d)) = plt.subplots(nrows=2, ncols=2)
        for row in plt.subplots(3, 4)[1]:
            for ax in row:
                ax.axis("off")
        assert len(list(plt.subplots(3, 4)[1].flat)) == 12
        counts, bins, patches = plt.hist([1, 2])
        line, = plt.plot([1])
        plt.gcf().set_size_inches(3, 3)
        plt.show()
    """,
    "progress bars": """
        from tqdm import tqdm
        from tqdm.auto import trange
        assert sum(tqdm(range(4), desc="x")) + sum(trange(3)) == 9
        with tqdm(total=3) as bar:
            bar.update(1)
            bar.set_description("x")
    """,
    "ipython": """
        from IPython.display import HTML, clear_output, display as show
        get_ipython().run_line_magic("matplotlib", "inline")
        get_ipython().system("pip install torch")
        assert get_ipython().getoutput("ls") == []
        display(HTML("<b>x</b>")); show(1); clear_output()
        assert input("name? ") == ""
    """,
    "cell magics": """
        get_ipython().run_cell_magic("time", "", "timed = 1")
        get_ipython().run_cell_magic("capture", "out", "captured = timed + 1")
        get_ipython().run_cell_magic("bash", "", "echo not_python")
        assert captured == 2
    """,
    "the kit": """
        from autograder import check, progress
        from autograder.lab import anything, erf
        import autograder.lab as lab
        value = check(print)
        assert float(value) == 0.0
        lab.train(lab.load_digits())
        progress()
    """,
    "a network in torch": """
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        from torch.utils.data import DataLoader
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(3, 4)
            def forward(self, x):
                return F.relu(self.fc(x))
        net = Net()
        with torch.no_grad():
            net.forward(torch.zeros(2, 3))
        assert not isinstance(1.0, torch.Tensor)
    """,
    "decorators": """
        from numba import njit
        import numba
        @njit
        def f(x): return x + 1
        @numba.jit(nopython=True)
        def g(x): return f(x) + 1
        assert g(1) == 3
    """,
    "scipy's erf": """
        from scipy.special import erf
        import scipy.special
        assert erf(0.0) == 0.0 and scipy.special.erf(1.0) > 0.84
    """,
    "star imports": """
        from cs231n.layers import *
        from cs231n.gradient_check import eval_numerical_gradient as numeric
    """,
    "the standard library": """
        import abc, argparse, asyncio, bisect, collections, concurrent.futures, copy, csv
        import ctypes, dataclasses, datetime, decimal, enum, fractions, functools, glob, gzip
        import hashlib, heapq, inspect, io, itertools, json, logging, math, multiprocessing
        import numbers, operator, os, pathlib, pickle, pprint, queue, random, re, secrets, shutil
        import socket, statistics, string, subprocess, sys, tempfile, textwrap, threading, time
        import timeit, traceback, types, typing, unittest, urllib.request, uuid, warnings
        import weakref, xml.etree.ElementTree, zipfile
        assert json.loads(json.dumps({"a": [1]})) == {"a": [1]}
        assert statistics.mean([1, 2, 3]) == 2
        assert time.strftime("%Y", time.localtime(0)) in ("1970", "1969")
    """,
    "numpy's corners": """
        import numpy.ma, numpy.fft, numpy.polynomial, numpy.testing as npt
        from numpy.lib.stride_tricks import as_strided, sliding_window_view
        import numpy as np
        npt.assert_allclose(np.fft.ifft(np.fft.fft(np.ones(4))).real, 1)
        np.random.default_rng(0).normal(size=3); np.random.RandomState(1).rand()
        np.einsum("ij,jk", np.eye(2), np.eye(2)); np.polyfit([1, 2, 3], [1, 2, 3], 1)
        np.set_printoptions(precision=3); print(np.array([1.0]), np.float64(2))
        np.ma.array([1, 2], mask=[0, 1]).sum(); np.datetime64("2020-01-01"); np.info
        np.save, np.load, np.linalg.svd(np.eye(3)), np.vectorize(lambda x: x)(np.ones(2))
    """,
    "getsource": """
        import inspect
        def f(x):
            return x  # mine
        assert "# mine" in inspect.getsource(f)
    """,
}

NEEDED_FOR_A_VALUE = {
    "float": "import torch\nfloat(torch.tensor(1.0))",
    "array": "import torch, numpy as np\nnp.asarray(torch.ones(3))",
    "operator": "import jax.numpy as jnp, numpy as np\nnp.ones(3) * jnp.ones(3)",
    "loop": "import torch\nfor x in torch.ones(3): pass",
    "truth": "import tensorflow as tf\nif tf.constant(1): pass",
    "item": "import torch\ntorch.ones(3)[0]",
    "comparison": "import sklearn\nsklearn.f() > 1",
}


def run(sandbox: Sandbox, source: str, *calls: Call) -> tuple[CellOutcome, list[Outcome]]:
    with sandbox.open([Cell(textwrap.dedent(source), "cell 1")]) as session:
        return session.cells[0], session.run(Script(0, calls)) if calls else []


@pytest.mark.parametrize("name", HARMLESS)
def test_it_is_harmless(sandbox: Sandbox, name: str) -> None:
    cell, _ = run(sandbox, HARMLESS[name])
    assert cell.failure is None


@pytest.mark.parametrize("name", NEEDED_FOR_A_VALUE)
def test_it_raises_when_its_value_is_needed(sandbox: Sandbox, name: str) -> None:
    cell, _ = run(sandbox, NEEDED_FOR_A_VALUE[name])
    assert cell.failure is not None
    assert cell.failure.type_name == "NotProvided"
    assert "use NumPy" in cell.failure.message


def test_a_misspelt_module_is_the_students_error(sandbox: Sandbox) -> None:
    for source in ("import numpy.linalgg", "import json.decoderr"):
        cell, _ = run(sandbox, source)
        assert cell.failure is not None
        assert cell.failure.type_name == "ModuleNotFoundError"


def test_a_stand_in_returned_is_no_value(sandbox: Sandbox) -> None:
    _, [outcome] = run(sandbox, "import torch\ndef f(): return torch.ones(3)", Call("f"))
    assert type(outcome.value).__name__ == "Opaque"


def test_the_kit_itself_is_out_of_reach(sandbox: Sandbox) -> None:
    source = """
        import sys
        import autograder.sandbox.inside.wire as w
        import msgspec
        ours = ("msgspec", "autograder.sandbox.inside.wire")
        seen = [type(sys.modules[name]).__name__ for name in ours]
        names = [n for n, m in sys.modules.items() if "autograder" in n and hasattr(m, "__file__")]
    """
    cell, [seen, names] = run(
        sandbox, source, Call("seen", kind="read"), Call("names", kind="read")
    )
    assert cell.failure is None
    assert seen.value == ["StandInModule", "StandInModule"]
    assert names.value == []


def test_erf_is_as_good_as_the_c_library() -> None:
    x = np.linspace(-6, 6, 1001).reshape(7, 143)
    expected = [[math.erf(v) for v in row] for row in x]
    np.testing.assert_array_equal(erf(x), expected)
    assert erf(np.float32([0.5])).dtype == np.float32
    assert erf(2) == math.erf(2) and np.isnan(erf(np.nan))
    with pytest.raises(TypeError, match="real numbers"):
        erf(1j)


def test_a_name_bound_to_a_stand_in_keeps_its_real_value(sandbox):
    cells = [
        Cell("def flat(a):\n    return a + 1", "cell 1"),
        Cell("from autograder.lab import Network\nflat = Network().train()", "cell 2"),
    ]
    with sandbox.open(cells) as session:
        (outcome,) = session.run(Script(0, (Call("flat", (1,)),)))
    assert outcome.value == 2
