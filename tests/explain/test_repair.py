"""The line: one change of the student's own code, told only where it is sure; never a score."""

import ast
import itertools
import linecache
import re
import textwrap
from dataclasses import replace

import attrs
import numpy as np
import pytest

from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.exercises import Function, Layer, constant
from autograder.exercises.fact import fact
from autograder.exercises.interpreter import LocalRunner, execute
from autograder.exercises.script import Call, Failure, Ref, Script
from autograder.explain import examine, may_be_repaired, prepare
from autograder.explain.repair import repairs_of, search, told, trying
from autograder.explain.repair.candidates import candidates, feeding
from autograder.explain.repair.echoes import echoes, made_at
from autograder.explain.repair.places import applied, places
from autograder.explain.repair.raising import known_in
from autograder.explain.repair.units import only_computes, units_of

FORWARD = """
def dense_forward(x, w, b):
    out = x @ w + b
    return out, (x, w, b)
"""
RIGHT = """
def dense_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = np.zeros(w.shape)
    for n in range(x.shape[0]):
        dw += np.outer(x[n], dout[n])
    db = np.sum(dout, axis=0)
    return dx, dw, db
"""
ONE_CHANGE = [
    ("dout @ w.T", "dout @ w", 3, "transpose"),  # it raises
    ("dout @ w.T", "-dout @ w.T", 3, "sign"),
    ("dw += np", "dw = np", 6, "overwritten"),
    ("range(x.shape[0])", "range(x.shape[0] - 1)", 5, ""),
    ("np.sum(dout, axis=0)", "np.mean(dout, axis=0)", 7, "mean_for_sum"),
    ("np.sum(dout, axis=0)", "np.sum(dout, axis=1)", 7, "axis"),
    ("np.sum(dout, axis=0)", "dout.sum(axis=0, keepdims=True) @ np.eye(dout.shape[1])", 7, ""),
    ("        dw += np.outer(x[n], dout[n])", "        dw += np.outer(x[n], dout[n])\n"
     "        return dx, dw, np.sum(dout, axis=0)", 7, "return_in_loop"),
    ("dx = dout @ w.T", "dx = np.zeros(x.shape)\n    for n in range(len(x)):\n"
     "        dx = w @ dout[n]", 5, "index"),
]  # fmt: skip


def namespace_of(*cells):
    namespace = {"np": np}
    for number, cell in enumerate(cells):
        name, text = f"<cell {number}, {hash(cell)}>", textwrap.dedent(cell)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        exec(compile(text, name, "exec"), namespace)
    return namespace


@pytest.fixture(scope="module")
def question():
    reference = namespace_of(FORWARD, RIGHT)
    exercise = Layer(
        "dense_forward", "dense_backward",
        inputs={"x": "N D", "w": "D M", "b": "M"}, points={"forward": 1, "backward": 3},
    )  # fmt: skip
    exercise = attrs.evolve(exercise, name="dense")
    return prepare(exercise, reference=LocalRunner(reference), mistaken={}, hidden=False)


def found(question, *cells, row="dense_backward", **options):
    namespace = namespace_of(*cells)
    return repairs_of(question.exercise, row, question.expectations, namespace, **options)


@pytest.mark.parametrize(("old", "new", "line", "kind"), ONE_CHANGE)
def test_the_line_of_one_mistake_is_told(question, old, new, line, kind):
    assert old in RIGHT
    repairs = found(question, FORWARD, RIGHT.replace(old, new), seconds=20)
    assert [(r.function, r.line) for r in repairs] == [("dense_backward", line)]
    assert kind in ("", repairs[0].kind)
    assert repairs[0].before in new or new.splitlines()[-1].strip() in repairs[0].before


def test_where_two_lines_fit_only_what_they_have_in_common_is_told(question):
    # What is kept and what is taken out are in another order: either of the two may be changed.
    wrong = RIGHT.replace("x, w, b = cache", "w, x, b = cache")
    (repair,) = found(question, FORWARD, wrong, seconds=20)
    assert (repair.line, repair.function, repair.kind) == (0, "", "order")


BLEND = """
def blend(x, settings):
    share, eps = settings["share"], settings["eps"]
    out = share * x + (1 - share) * np.roll(x, 1, axis=1)
    if len(x) > 3:
        return out / np.sqrt(x.var(axis=1, keepdims=True) + eps)
    return out / np.sqrt(x.var(axis=1, keepdims=True) + eps) * 3
"""


@pytest.mark.parametrize(
    ("changes", "line", "kind"),
    [
        ({"share *": "0.9 *", "(1 - share)": "0.1", "share, eps": "_, eps",
          'settings["share"]': "1"}, 3, "hard_coded"),
        ({"+ eps)": "+ 1e-5)"}, 5, "hard_coded"),
        ({" + eps": "", ", eps =": ", _ =", 'settings["eps"]': "1"}, 5, "missing_term"),
    ],
)  # fmt: skip
def test_one_mistake_at_several_places_is_one(changes, line, kind):
    right = namespace_of(BLEND)
    exercise = Function(
        right["blend"], points=1,
        inputs={"x": "N D", "settings": constant({"share": 0.7, "eps": 0.3})},
    )  # fmt: skip
    asked = prepare(exercise, reference=LocalRunner(right), mistaken={}, hidden=False)
    wrong = BLEND
    for old, new in changes.items():
        assert old in wrong
        wrong = wrong.replace(old, new)
    (repair,) = found(asked, wrong, row="blend", seconds=20)
    assert (repair.line, repair.kind) == (line, kind)


@pytest.mark.parametrize(
    "lines",
    ["back = w\n    dx = dout @ back", "size = 1 / len(x)\n    dx = dout @ w.T * size"],
)
def test_what_may_be_mended_in_either_of_two_lines_is_told_with_both(question, lines):
    (repair,) = found(question, FORWARD, RIGHT.replace("dx = dout @ w.T", lines), seconds=20)
    assert {repair.line, repair.also} == {3, 4}


def test_a_factor_may_be_missing_where_a_value_is_only_looked_up():
    text = "def hump(x):\n    s = 1 / (1 + np.exp(-x))\n    slope = s - s**2\n    return x * slope"
    right = namespace_of(text)
    exercise = Function(right["hump"], points=1, inputs={"x": "N D"})
    asked = prepare(exercise, reference=LocalRunner(right), mistaken={}, hidden=False)
    (repair,) = found(asked, text.replace("s - s**2", "s"), row="hump", seconds=20)
    assert {repair.line, repair.also} == {3, 4}


RAISES = [
    ("dx = dout @ w.T", "dx = np.einsum('nm,md->nd', dout, w)", 3, "index"),
    ("dx = dout @ w.T", "both = {'rows': dout, 'wt': w.T}\n    dx = both['rows'] @ both['w']",
     4, "wrong_name"),
    ("dx = dout @ w.T", "both = dict(rows=dout, wt=w.T)\n    dx = both.rows @ both['wt']",
     4, "index"),
    ("dx = dout @ w.T", "dx = dout @ w.swapaxes(0, 1).reshape(w.shape[::-1]).swapaxes(0, 1)",
     3, None),
    ("dx = dout @ w.T", "def back(d):\n        return d @ w.T\n    dx = back()",
     5, "missing_argument"),
    ("dx = dout @ w.T", "def back():\n        return d @ w.T\n    dx = back(dout)",
     3, "missing_argument"),
    ("dx = dout @ w.T", "turn = lambda a: a.T\n    dx = np.zeros(*x.shape) + dout @ turn(w)",
     4, None),
    ("x, w, b = cache", "x, w = cache", 2, "packing"),
    ("db = np.sum(dout, axis=0)", "full = np.zeros(len(b) + 3)\n"
     "    full += dout.sum(axis=0)\n    db = full[: len(b)]", 8, None),
    ("+= np.outer(x[n], dout[n])", "+= np.outer(x[n : n + 1], dout)", 6, "index"),
    ("range(x.shape[0])", "range(x.shape)", 5, "index"),
    ("range(x.shape[0])", "range(x)", 5, "loop"),
    ("range(x.shape[0])", "len(x)", 5, "loop"),
    ("range(x.shape[0])", "range(x.size / x.shape[1])", 5, "operator"),
    ("return dx, dw, db", "return dx, dw", 8, None),
    ("dw = np.zeros(w.shape)", "dw = np.zeros(w.shape[0], w.shape[1])", 4, "shape"),
    ("np.sum(dout, axis=0)", "np.array([max(d, -99) for d in (dout, dout)]).sum((0, 1)) / 2",
     7, "function"),
    ("db = np.sum(dout, axis=0)", "rows = []\n    rows = rows.append(np.sum(dout, axis=0))\n"
     "    db = rows[0]", 8, "function"),
    ("x, w, b = cache", "x, (w, b) = cache", 2, "packing"),
    ("dx = dout @ w.T", "kept = []\n    kept.add(dout)\n    dx = kept[0] @ w.T", 4, "function"),
    ("dx = dout @ w.T", "kept = w.T if w.ndim < 2 else None\n    dx = dout @ w.T\n"
     "    dx = dx @ kept", 5, None),
    ("dw = np.zeros(w.shape)", "dw = []", 4, "initial"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "kind"), RAISES)
def test_the_line_of_what_raises_is_told(question, old, new, line, kind):
    assert old in RIGHT
    (repair,) = found(question, FORWARD, RIGHT.replace(old, new), seconds=20)
    assert line in (repair.line, repair.also)
    assert kind in (None, repair.kind)


COUNTER = """
class Counter:
    def __init__(self, limit):
        {}
        self.count = 0
    def step(self, x):
        self.count += 1
        return min(float(x), self.limit) + self.count
def counted(x, limit):
    return Counter(limit).step(x.sum())
"""


@pytest.mark.parametrize("wrong", ["limit = limit", "self.limits = limit", "pass"])
def test_an_attribute_that_is_stored_otherwise_is_found_where_it_is_stored(wrong):
    reference = namespace_of(COUNTER.format("self.limit = limit"))
    inputs = {"x": "N D", "limit": constant(0.2)}
    exercise = Function(reference["counted"], points=1, inputs=inputs)
    asked = prepare(exercise, reference=LocalRunner(reference), mistaken={}, hidden=False)
    (repair,) = found(asked, COUNTER.format(wrong), row="counted", seconds=20)
    line = 7 if wrong == "pass" else 3  # where nothing is stored, that it is read is told as well
    assert (repair.function, line in (repair.line, repair.also)) == ("Counter", True)


PAIR = """
def paired(dz):
    return (dz,)
def pair(x, dz):
    return {}
"""


def test_a_pair_is_not_made_by_doubling():
    """`(dz,) * 2` would be right by chance, and no factor is missing."""
    reference = {"np": np}
    exec(PAIR.format("(dz, dz)"), reference)
    exercise = Function(
        reference["pair"], points=1, inputs={"x": "N", "dz": "N"}, outputs=["dx", "dy"]
    )
    asked = prepare(exercise, reference=LocalRunner(reference), mistaken={}, hidden=False)
    repairs = found(asked, PAIR.format("paired(dz)"), row="pair", seconds=20)
    assert not [r for r in repairs if r.kind == "missing_factor"]


def test_a_product_that_is_turned_may_be_turned_where_it_is_used():
    tree = units_of("f", ("f",), namespace_of("def f(a, b):\n    c = a @ b\n    return 2 * c"))[0]
    found = places(tree.tree)
    made = (change for _, change in candidates(tree, None) if change.kind == "transpose")
    [turned] = [c for c in made if ast.unparse(c.new) == "b.T @ a.T"]
    assert [ast.unparse(c.new) for c in echoes(turned, found, [])] == ["c.T"]


BEGUN = """
def begun(x):
    d = {"a": 0.0}
    d["b"] += x.sum(axis=1)
    d["a"] += 2 * d["b"]
    return d["a"]
"""
SLIDE = """
def slide(share, hi, lo):
    height = (np.cos(np.pi * share) + 1) / 2
    return hi + (hi - lo) * height
"""
KEPT = """
def kept(x, state):
    m, v = state["m"], state["v"]
    m = m / 2 + x
    v = v / 2 + x**2
    state = dict(m=m, v=v)
    return state["m"] / state["v"]
"""
COUNTED = """
def counted(x, state):
    m, t = state["m"], state.get("t", 0)
    m = m + x
    t += 1
    share = 1 - 0.5**t
    return m / share + t
"""
RISEN = """
def risen(x, state):
    best, bad, most = -9.0, 0, 0
    for value in x.ravel():
        if value > best:
            best = value
            bad = 0
        else:
            bad += 1
        most = most + bad * best
    return most
"""
GROWN = """
def grown(x, state):
    size, jump = 1, 1
    for k in x[0]:
        {}
        {}
    return size + 0 * jump
"""
ADDED = ("size += k * jump", "jump *= k")
CALLER = """
def doubled(x):
    s = summed(x)
    return s * 2
def summed(a):
    return a.sum(axis=0)
"""
CALLED = """
def ends(x):
    return joined(x.sum())
def joined(a):
    return np.concatenate([[0], a])
"""
SPREAD = """
def spread(x, scale):
    d = x - x.mean()
    d = d - d.mean(axis=0)
    out = (d * scale).reshape(-1)
    return out
"""
FILLED = """
def three(x):
    low = x.min()
    out = np.zeros(3)
    out[0] = x.sum()
    out[1] = x.max()
    return out
"""

CARRIED = """
def carried(x):
    d = np.ones(x.shape[1]) / np.sqrt(x.shape[1])
    norms = []
    for row in x:
        d = row * d
        norms.append(np.sqrt(d @ d))
    return np.array(norms)
"""
THROUGH = """
def through(x, scale):
    a = scale[:, None] * x.T
    d = bent(a).T
    return d
def bent(a):
    return a - a.sum(axis=1, keepdims=True)
"""
CHAIN = """
def chain(x):
    s = np.sum(x**2, axis=0)
    t = 3 * s
    u = 2 * t / x.shape[0]
    return u + x
"""
LISTED = """
def listed(x, y):
    args = [x]
    args.append(y)
    return apart(*args)
def apart(a, b):
    return a - b * b
"""
TOTAL = """
def total(x, shift):
    t = shift
    for row in x:
        t = t + row.sum()
    power = np.exp(-t)
    return 1 / (1 + power)
"""
NORMED = """
def normed(x, scale):
    low = x.min()
    hat = x * 2
    d = hat.copy()
    d -= hat.sum(axis=0) / 4
    d -= x * (hat * x).sum(axis=0) / 4
    d *= scale
    return d, low
"""
PULLED = """
def pulled(x, scale):
    low, high = times(ends(x), scale)
    return low
def ends(x):
    return (x**2).min(axis=0), (x**2).max(axis=0)
def times(pair, scale):
    return tuple(scale * one for one in pair)
"""
SHARED = """
def shared(x):
    return plus(x, (1.0, 2.0))
def plus(a, slopes):
    return sum(a + a * slope for slope in slopes)
"""


@pytest.mark.parametrize(
    ("wrong", "right", "inputs", "told"),
    [
        # A factor may as well be missing where a loop began, or before a function of one's own.
        (CARRIED.replace(" / np.sqrt(x.shape[1])", ""), CARRIED, {"x": "N D"}, (0, None)),
        (THROUGH.replace("scale[:, None] * x.T", "x.T"), THROUGH, {"x": "N D", "scale": "D"},
         (0, None)),
        # A mean, a factor one line later and one in the line below that: three lines fit.
        (CHAIN.replace(" / x.shape[0]", ""), CHAIN, {"x": "N D"}, (0, None)),
        # What a call lacks may be missing in the list that it is given.
        (LISTED.replace("[x]", "[]"), LISTED, {"x": "N D", "y": "N D"}, (2, 4)),
        # The sum may have begun with the shift.
        (TOTAL.replace("t = shift", "t = 0.0"), TOTAL, {"x": "N D", "shift": constant(0.7)},
         (2, 5)),
        # What is returned may be wrong where it was unpacked.
        (PULLED.replace("times(ends(x), scale)", "ends(x)"), PULLED,
         {"x": "N D", "scale": constant(0.3)}, (2, 3)),
        # In a function for several callers nothing is to be left unread for the sake of one.
        (SHARED.replace("(1.0, 2.0)", "(x, x)"),
         SHARED.replace("(1.0, 2.0)", "(1.0, 1.0)"), {"x": "N D"}, (0, None)),
        # `lo + ...` was written with `hi`; a minus in the line above is as good, and more likely.
        (SLIDE, SLIDE.replace("return hi", "return lo"),
         {"share": "N", "hi": constant(0.9), "lo": constant(0.2)}, (2, 3)),
        # `out[2] = low` was left out: that `out` begins with it is true, and not what was meant.
        (FILLED, FILLED.replace("    return", "    out[2] = low\n    return"),
         {"x": "N D"}, (0, None)),
        # The numbers would be right with `v, m` read in the second line, too: names speak for one.
        (KEPT.replace("m=m, v=v", "m=v, v=m"), KEPT,
         {"x": "N D", "state": constant({"m": 0.3, "v": 0.2})}, (5, None)),
        # `t += 1` was left out: it begins with 0, and is read in the line below.
        (COUNTED.replace("    t += 1\n", ""), COUNTED,
         {"x": "N D", "state": constant({"m": 0.3, "t": 2})}, (2, 4)),
        # An entry may as well be missing where the dict begins.
        (BEGUN, BEGUN.replace('0.0}', '0.0, "b": 0.0}'), {"x": "N D"}, (2, 3)),
        # The line is missing below the last of its block.
        (RISEN.replace("            bad = 0\n        else", "        else"), RISEN,
         {"x": "N D", "state": constant({"m": 0.3})}, (5, 6)),
        (GROWN.format(*ADDED[::-1]), GROWN.format(*ADDED),
         {"x": "N D", "state": constant({"m": 0.3})}, (4, 5)),
        # The caller is not blamed alone for what the function that it calls does.
        (CALLER, CALLER.replace("axis=0", "axis=1"), {"x": "N D"}, (0, None)),
        # It raises in what is called, and another shape there is as good as one in the call.
        (CALLED, CALLED.replace("[0], a]", "[0], [a]]"), {"x": "N D"},
         (0, None)),
        # The factor was left out, and fits at any of three lines: all that is sure is that
        # `scale` is never used.
        (SPREAD.replace("(d * scale)", "d"), SPREAD, {"x": "N D", "scale": constant(0.3)},
         (0, None)),
    ],
)  # fmt: skip
def test_what_fits_nearly_as_well_elsewhere_is_told_too_or_no_line(wrong, right, inputs, told):
    name = wrong.split("def ")[1].partition("(")[0]
    reference = namespace_of(right)
    exercise = Function(reference[name], points=1, inputs=inputs)
    asked = prepare(exercise, reference=LocalRunner(reference), mistaken={}, hidden=False)
    (repair,) = found(asked, wrong, row=name, seconds=20)
    assert tuple(sorted([repair.line, repair.also], key=lambda n: n or 99)) in (told, told[::-1])


def test_a_factor_that_is_left_out_may_be_missing_at_the_end_of_the_way():
    exercise = Function(
        namespace_of(NORMED)["normed"],
        points=1, inputs={"x": "N D", "scale": constant(0.3)}, outputs=["d", "low"],
    )  # fmt: skip
    reference = LocalRunner(namespace_of(NORMED))
    asked = prepare(exercise, reference=reference, mistaken={}, hidden=False)
    (repair,) = found(asked, NORMED.replace("    d *= scale\n", ""), row="normed", seconds=20)
    assert (repair.line, repair.also) == (3, 7)


MASK = """
def half_forward(x, y):
    return np.where(x > 0, x, 0) + y, {"on": x > 0}
def half_backward(dout, cache):
    return np.where(cache["on"], dout, 0), dout.copy()
"""
STORED = """
def half_forward(x, y):
    return np.where(x > 0, x, 0) + y, x > 0
def half_backward(dout, on):
    dx = dout.copy()
    dx[~on] = 0
    return dx, dout.copy()
"""
CLOSURE = """
def half_forward(x, y):
    def back(d):
        return d, d
    return x + y, back
def half_backward(dout, cache):
    return cache(dout)
"""


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (MASK, '"on": x > 0', '"on": x < 0'),
        (CLOSURE, "return d, d", "return d / 2, d / 2"),
        (STORED, "dx[~on]", "dx[on]"),
    ],
)
def test_what_is_kept_the_wrong_way_round_is_not_told_where_it_is_used(right, old, new):
    points = {"forward": 1, "backward": 1}
    inputs = {"x": "N D", "y": "N D"}
    layer = Layer("half_forward", "half_backward", inputs=inputs, points=points)
    layer, reference = attrs.evolve(layer, name="half"), LocalRunner(namespace_of(right))
    asked = prepare(layer, reference=reference, mistaken={}, hidden=False)
    repairs = found(asked, right.replace(old, new), row="half_backward", seconds=20)
    assert [r.line for r in repairs] == [0]


GATE = """
def gate_forward(x, y):
    return x * y, {"x": y, "y": x}


def gate_backward(dout, cache):
    dx = cache["x"] * dout
    dy = cache["y"] * dout
    return dx, dy
"""


def test_no_line_is_told_where_what_is_returned_has_the_right_names():
    """Two are exchanged in what the forward keeps: to return them the other way round fits, too."""
    reference = namespace_of(GATE)
    of = {"inputs": {"x": "N D", "y": "N D"}, "points": {"forward": 1, "backward": 1}}
    layer = Layer(reference["gate_forward"], reference["gate_backward"], **of)
    asked = prepare(layer, reference=LocalRunner(reference), mistaken={}, hidden=False)
    wrong = GATE.replace('{"x": y, "y": x}', '{"x": x, "y": y}')
    (repair,) = found(asked, wrong, row="gate_backward", seconds=20)
    assert (repair.line, repair.kind) == (0, "order")


def test_a_parameter_that_is_never_used_is_told_where_no_change_fits():
    text = "def limited(x, delta):\n    return {}"
    right = namespace_of(text.format("delta * np.clip(x, -delta, delta)"))
    exercise = Function(right["limited"], points=1, inputs={"x": "N D", "delta": constant(0.7)})
    asked = prepare(exercise, reference=LocalRunner(right), mistaken={}, hidden=False)
    wrong = text.format("np.exp(-abs(x))")
    (repair,) = found(asked, wrong, row="limited", seconds=20)
    assert (repair.kind, repair.target, repair.line) == ("unread", "delta", 0)
    (row,) = examine([asked], LocalRunner(namespace_of(wrong)), ["limited"])
    facts = {f.explanation.fact.name for f in told(row, (repair,)).findings if f.costs}
    assert facts == {"repair.unread"}
    elsewhere = "def limited(x, d):\n    return np.exp(-abs(x)) - np.cos(d)"
    assert found(asked, elsewhere, row="limited", seconds=20) == ()  # whose name is delta?


def test_code_that_is_slow_by_itself_is_left_alone_at_once(question, monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(search, "CLOCK", lambda: 0.15 * next(ticks))
    judged = []
    lost = search.Workbench.lost
    monkeypatch.setattr(
        search.Workbench, "lost", lambda *a, **k: judged.append(a[1]) or lost(*a, **k)
    )
    assert found(question, FORWARD, RIGHT.replace("dout @ w.T", "dout @ w + 17")) == ()
    assert len(judged) == 1 < len(question.expectations)


def test_no_change_is_told_that_makes_another_row_wrong(question):
    forward = FORWARD.replace("    out =", "    w = w * 1\n    out =")  # 2 w would suit half of dx
    wrong = RIGHT.replace("dout @ w.T", "dout @ w.T / 2")
    (repair,) = found(question, forward, wrong, seconds=20)
    assert (repair.function, repair.line) == ("dense_backward", 3)


def test_of_two_mistakes_each_output_gets_its_own_line(question):
    wrong = RIGHT.replace("dout @ w.T", "2 * dout @ w.T").replace("np.sum(dout", "np.mean(dout")
    repairs = found(question, FORWARD, wrong, seconds=20)
    assert [(r.outputs, r.line, r.whole) for r in repairs] == [
        (("dx",), 3, False),
        (("db",), 7, False),
    ]


SHARED = """
def sum_forward(x, y):
    return (x + 7 * y) ** 2, x + 7 * y

def sum_backward(dout, total):
    d = {"x": np.zeros_like(dout), "y": np.zeros_like(dout)}
    tx = 2 * dout * total
    ty = 14 * dout * total
    d["x"] += tx
    d["y"] += ty
    return d["x"], d["y"]
"""


def test_what_takes_from_one_output_what_it_gives_to_another_is_no_repair(monkeypatch):
    """Without its 2 dx would be right, too, if d["x"] got what belongs to d["y"]."""
    points, inputs = {"forward": 1, "backward": 1}, {"x": "N D", "y": "N D"}
    layer = Layer("sum_forward", "sum_backward", inputs=inputs, points=points)
    layer, reference = attrs.evolve(layer, name="sum"), LocalRunner(namespace_of(SHARED))
    asked = prepare(layer, reference=reference, mistaken={}, hidden=False)
    wrong = SHARED.replace("14 * dout", "dout").replace("2 * dout", "dout")
    fits, told_of = [], search._Search.told
    monkeypatch.setattr(search._Search, "told", lambda s: fits.extend(s.fits) or told_of(s))
    found(asked, wrong, row="sum_backward", seconds=20)
    assert fits and all(f.gained == {"dx"} and f.kind not in search.AGREED for f in fits)


def test_a_right_answer_and_one_beyond_repair_have_no_line(question):
    assert found(question, FORWARD, RIGHT) == ()
    other = "def dense_backward(dout, cache):\n    return np.ones(2), np.ones(3), np.ones(4)"
    assert found(question, FORWARD, other, seconds=20) == ()


def test_a_loop_without_an_end_ends(question):
    wrong = RIGHT.replace("for n in range(x.shape[0]):", "n = 0\n    while n < x.shape[0]:")
    (repair,) = found(question, FORWARD, wrong, seconds=20)
    assert (repair.kind, repair.line, repair.also) == ("lost_line", 7, 8)  # n += 1


def test_a_comprehension_without_an_end_ends(question):
    wrong = RIGHT.replace("    dx", "    seen = [n for n in iter(int, 1)]\n    dx", 1)
    (repair,) = found(question, FORWARD, wrong, seconds=20)
    assert repair.line == 3


@pytest.mark.parametrize(("start", "grows"), [(3, lambda x: x * x), ([1], lambda x: x + x)])
def test_what_doubles_from_call_to_call_ends(start, grows):
    """No alarm stops one call of Python's own arithmetic."""
    calls = [Call("grows", (start,)), *(Call("grows", (Ref(n),)) for n in range(22))]
    outcomes = execute(Script(0, tuple(calls)), {"grows": grows}, limit=trying.bounded)
    assert outcomes[5].failure is None and outcomes[-1].failure is not None


def test_the_verdict_gains_a_line_and_nothing_else(question):
    wrong = RIGHT.replace("np.sum(dout", "np.mean(dout")
    (before,) = examine([question], LocalRunner(namespace_of(FORWARD, wrong)), ["dense_backward"])
    after = told(before, found(question, FORWARD, wrong, seconds=20), cell=4)
    assert (after.score, after.outputs, after.status) == (
        before.score, before.outputs, before.status,
    )  # fmt: skip
    lost = [f.explanation for f in after.findings if f.costs]
    assert {(e.where.function, e.where.line, e.where.cell, e.kind) for e in lost} == {
        ("dense_backward", 7, 4, "mean_for_sum")
    }
    hidden = replace(before, findings=tuple(replace(f, hidden=True) for f in before.findings))
    assert told(hidden, found(question, FORWARD, wrong)) == hidden


def test_a_line_of_the_students_own_code_says_more_than_a_slip_of_the_reference(question):
    wrong = RIGHT.replace("np.sum(dout", "np.mean(dout")
    (row,) = examine([question], LocalRunner(namespace_of(FORWARD, wrong)), ["dense_backward"])
    for slip, said in (("slip:lost_term", "repair.whole"), ("divided_by_n", "like.divided_by_n")):
        explained = Explanation(Source.LIKE, slip, fact=fact(f"like.{slip}"))
        lost = replace(row, findings=tuple(replace(f, explanation=explained) for f in row.findings))
        after = told(lost, found(question, FORWARD, wrong, seconds=20))
        seen = {(f.explanation.name, f.explanation.fact.name) for f in after.findings if f.costs}
        assert seen == {(slip, said)}


def test_what_never_ran_is_not_searched():
    failures = [Failure(kind, "") for kind in ("exception", "skipped")]
    found = [Finding(Check.FAILURE, failure=failure) for failure in failures]
    rows = [RowResult("f", 0.0, 1.0, "error", {"out": False}, (one,)) for one in found]
    assert [may_be_repaired(row) for row in rows] == [True, False]


@pytest.mark.parametrize(
    "line",
    [
        "open('kept.txt', 'a').write('x')",
        "input()",
        "global seen; seen = 1",
        "SEEN['x'] = 1",
        "import shutil",
        "np.save('kept', dout)",
        "np.seterr(all='raise')",
        "dout.__class__.__base__",
        "with open('x') as f: pass",
        "exec('x = 1')",
        "view(dout, (2, 2), (8, 8))",  # other strides end the kernel
        "np.lib.stride_tricks.as_strided(dout, (2, 2), (8, 8))",
        "from numpy.lib.stride_tricks import as_strided as seen",
    ],
)
def test_what_reaches_beyond_its_arguments_is_left_alone(question, line):
    wrong = RIGHT.replace("    dx =", f"    {line}\n    dx =").replace("np.sum(d", "np.mean(d")
    first = "from numpy.lib.stride_tricks import as_strided as view\nSEEN = {}"
    namespace = namespace_of(first, FORWARD, wrong)
    assert units_of("dense_backward", question.exercise.functions, namespace) == []


def test_nothing_of_the_student_changes_and_nothing_is_printed(question, capfd):
    wrong = RIGHT.replace("np.sum(d", "np.mean(d").replace("    dx", "    print('!')\n    dx", 1)
    namespace = namespace_of(FORWARD, wrong)
    before, state = dict(namespace), np.random.get_state()[1].copy()
    assert repairs_of(question.exercise, "dense_backward", question.expectations, namespace, 20)
    assert namespace == before
    assert np.array_equal(np.random.get_state()[1], state)
    assert capfd.readouterr() == ("", "")


def test_code_in_other_styles_has_a_text(question):
    helper = "def total(a):\n    return np.mean(a, axis=0)"
    wrong = RIGHT.replace("np.sum(dout, axis=0)", "total(dout)")
    (repair,) = found(question, helper, FORWARD, wrong, seconds=20)
    assert (repair.function, repair.line, repair.kind) == ("total", 2, "mean_for_sum")
    alias = "class Dense:\n" + textwrap.indent(
        RIGHT.replace("(dout, cache)", "(self, dout, cache)").replace("np.sum(d", "np.mean(d"),
        "    ",
    )
    alias += "\ndense_backward = Dense().dense_backward\n"
    (repair,) = found(question, FORWARD, alias, seconds=20)
    assert (repair.function, repair.kind) == ("Dense", "mean_for_sum")


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("return 0 if len(x) > 9 else x", [True]),
        ("scale = 2\n    return scale * x", [True, True]),
        ("settings['b'] = 1\n    out = x\n    return out, settings", [False, True, True]),
        ("if len(x) > 9:\n        return x, 1\n    return x * x, 2", [True, True]),
    ],
)
def test_what_leads_to_an_output_is_known(body, given):
    tree = ast.parse(f"def f(x, settings):\n    {body}").body[0]
    outputs = ("a", "b") if "," in body else ("a",)
    feeds = feeding(tree, outputs, {"a"})
    simple = [n for n in ast.walk(tree) if isinstance(n, (ast.Assign, ast.Return))]
    assert [feeds.of(n) for n in sorted(simple, key=lambda n: n.lineno)] == given


def test_lines_that_never_run_are_not_changed(question):
    wrong = RIGHT.replace("    return", "    if dw.size > 999:\n        db = dx\n    return")
    namespace = namespace_of(FORWARD, wrong)
    unit = units_of("dense_backward", question.exercise.functions, namespace)[0]
    made = candidates(unit, None, ran={2, 3, 4, 5, 6, 7, 8, 9, 11})  # lines of the cell
    lines = {unit.line_of(c.place.node) for _, c in made if not c.block}
    assert lines == {2, 3, 4, 5, 6, 7, 8, 10}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("x[1:n + 1]", "x[1 - 1:n + 1 - 1]"),
        ("{'b1': n, 'b2': x}", "{'b1': x, 'b2': n}"),
        (
            "(np.clip(x, -1, 1).sum(axis=1), delta)",
            "(np.clip(x, -delta, delta).sum(axis=1), delta)",
        ),
        ("np.zeros(n, dtype=int)", "np.zeros(n)"),
        ("n * x + 1 * x", "n * x + (1 - n) * x"),
        ("x[n - 1 - delta, 0]", "x[delta, 0]"),
        ("x[n]", "x[-1 - n]"),
        ("n - x * delta", "delta - x * n"),
        ("dict(a=n, b=x)", "dict(a=x, b=n)"),
        ("(1 - n) * x + n * delta", "n * x + (1 - n) * delta"),
        ("x + n", "x if n is None else x + n"),
        ("x.reshape(0, 2)", "x.reshape(n, 2)"),
        ("x.mean(axis=0) - x.min(axis=0)", "x.mean(axis=1) - x.min(axis=1)"),
        (
            "x.sum(axis=1) - x.min(axis=1)",
            "x.sum(axis=1, keepdims=True) - x.min(axis=1, keepdims=True)",
        ),
        ("x(n)", "x[n]"),
        ("x[n]", "x(n)"),
        ("x[n]", "x[:, n]"),
        ("x['n']", "x.setdefault('n', np.zeros_like(delta))"),
        ("x.add(n)", "x.append(n)"),
        ("x.sort()", "np.sort(x)"),
        ("np.flatten(x)", "x.flatten()"),
        ("np.expp(x)", "np.exp(x)"),
        ("np.argmax(x)", "np.unravel_index(np.argmax(x), x.shape)"),
        ("(n, x, delta)", "(n, (x, delta))"),
        ("f(x[0], delta)", "f(x[0], n[0], delta)"),
        ("f(x, (n, delta))", "f(x, n, delta)"),
        ("f(x)", "f(*x)"),
        ("f(x - n)", "f(x, n)"),
        ("[f(a) for a, b, c, d, e, g, h in x]", "[f(a, h) for a, b, c, d, e, g, h in x]"),
        ("x.transpose(2, 0)", "x.transpose(2, 1, 0)"),
        ("[v for v in x]", "[v for v in x.values()]"),
        ("x", "(x, n)"),
        ("x[:n]", "x[-n:]"),
        ("np.sum(x) ** 2", "np.sum(x ** 2)"),
        ("np.sqrt(x / n)", "np.sqrt(x) / n"),
        ("np.maximum(x, n)", "x + n"),
        ("x * (1 - x)", "n * (1 - n)"),
        ("list(x)", "tuple(x)"),
        ("enumerate(x)", "np.ndenumerate(x)"),
        ("len(x)", "x.shape"),
        ("[n]", "[n, x]"),
        ("x.get('n')", "x.get('n', {})"),
    ],
)
def test_there_is_a_change_that_gives_the_right_code(wrong, right):
    def unit(text):
        namespace = namespace_of(f"def f(x, n, delta):\n    return {text}")
        return units_of("f", ("f",), namespace)[0]

    one, other = unit(wrong), ast.unparse(unit(right).tree)
    known = known_in([one.tree])
    made = [change for _, change in candidates(one, None, parameters=["delta"], known=known)]
    texts = []
    for change in made:
        with applied(change):
            texts.append(ast.unparse(one.tree))
    assert other in texts


def test_no_shape_is_made_larger():
    """Twice (100, 100) asks for a hundred million numbers."""
    text = """def f(x, n):
    m = [n, 2]
    np.ones(m[0])
    out = np.zeros(x.shape)
    np.random.standard_normal((n, n))
    return out + np.random.random(size=n)"""
    unit = units_of("f", ("f",), namespace_of(text))[0]
    for far in (False, True):
        for _, change in candidates(unit, None, far=far):
            with applied(change):
                made = ast.unparse(unit.tree)
            assert not re.search(r"shape [-+*/]|(zeros|size=)\(?[^()]* [*+] ", made), made
            assert not re.search(r"m = \[n( \*\* [23]| \* [a-z]+,)", made), made
            assert not re.search(r"normal\(\((n, )?n (\*\* [23]|\* [nx][,)])", made), made


def test_what_a_class_is_given_is_not_squared():
    """Its array is made in another function."""
    text = """class Net:
    def __init__(self, width, depth):
        self.w = drawn(width, depth)"""
    unit = units_of("Net", ("Net",), namespace_of(text))[0]
    for far in (False, True):
        for _, change in candidates(unit, None, far=far):
            with applied(change):
                made = ast.unparse(unit.tree)
            assert not re.search(r"(drawn\(|, )\w+ (\*\* [23]|\* (width|depth))", made), made


def test_no_line_is_told_where_nothing_else_could_be_tried(question, monkeypatch):
    monkeypatch.setattr(search, "_found", {})
    monkeypatch.setattr(search, "AFTERWARDS", 0.0)  # the code is so slow
    wrong = RIGHT.replace("dout @ w.T", "-dout @ w.T")
    (repair,) = found(question, FORWARD, wrong, seconds=20)
    assert (repair.line, repair.kind) == (0, "sign")


def test_no_changes_are_made_once_the_time_is_over():
    (unit,) = units_of("f", ("f",), namespace_of("def f(x, n):\n" + "    x = x + n\n" * 50))
    ticks = itertools.count()
    every = len(candidates(unit, None))
    assert len(candidates(unit, None, late=lambda: next(ticks) > 9)) < every / 5


@pytest.mark.parametrize("kept", ["ctx.save_for_backward(a, b, c)", "ctx.saved_tensors = a, b, c"])
def test_what_is_unpacked_may_be_wrong_where_it_was_kept(kept):
    text = f"class F:\n    def to(ctx, a, b, c):\n        {kept}\n"
    text += "    def back(ctx):\n        a, b = ctx.saved_tensors\n        return a * b"
    unit = units_of("F", ("F",), namespace_of(text))[0]
    where = places(unit.tree)
    made = candidates(unit, None, known=known_in([unit.tree]))
    packed = [c for _, c in made if c.kind == "packing" and unit.line_of(c.place.node) == 5]
    assert packed
    assert {unit.line_of(made_at(c, where).node) for c in packed} == {3}


def test_no_list_is_made_to_hold_itself():
    namespace = namespace_of("def f(x):\n    kept = []\n    kept.append(x)\n    return kept")
    unit = units_of("f", ("f",), namespace)[0]
    for _, change in candidates(unit, None):
        with applied(change):
            assert "kept.append(kept" not in ast.unparse(unit.tree)


def test_names_of_actions_are_known_in_every_spelling():
    for text in ("def f(): np.random.seed(0)", "def f(x): del x", "def f(x): vars(x)"):
        assert not only_computes(ast.parse(text).body[0], {"np": np}), text
