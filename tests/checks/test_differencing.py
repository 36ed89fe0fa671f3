"""A backward that differentiates its forward numerically is seen; right answers never are."""

import inspect

import numpy as np
import pytest

from autograder.checks.finding import Check
from autograder.exercises import Function, Layer
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.script import plain
from autograder.explain import examine, prepare


def tanh_affine_forward(x, w):
    return np.tanh(x @ w), (x, w)


def tanh_affine_backward(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x @ w) ** 2)
    return dz @ w.T, x.T @ dz


NUMERICAL = """
def central(f, a, dout, h=1e-5):
    grad = np.zeros_like(a)
    for i in np.ndindex(*a.shape):
        old = a[i]
        a[i] = old + h
        plus = f(a)
        a[i] = old - h
        minus = f(a)
        a[i] = old
        grad[i] = np.sum((plus - minus) * dout) / (2 * h)
    return grad
def tanh_affine_backward(dout, cache):
    x, w = cache
    return (central(lambda a: tanh_affine_forward(a, w)[0], x, dout),
            central(lambda a: tanh_affine_forward(x, a)[0], w, dout))
"""
ONE_SIDED = NUMERICAL.replace("minus = f(a)", "minus = base").replace("(2 * h)", "h").replace(
    "    grad = np.zeros_like(a)\n", "    grad = np.zeros_like(a)\n    base = f(a)\n"
).replace("a[i] = old - h\n", "pass\n")  # fmt: skip
COMPLEX = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    def f(a, b):
        return np.tanh(a @ b)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in np.ndindex(*x.shape):
        a = x.astype(complex)
        a[i] += 1e-30j
        dx[i] = np.sum(f(a, w).imag * dout) / 1e-30
    for i in np.ndindex(*w.shape):
        b = w.astype(complex)
        b[i] += 1e-30j
        dw[i] = np.sum(f(x, b).imag * dout) / 1e-30
    return dx, dw
"""
IN_ONE_FUNCTION = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in np.ndindex(*x.shape):
        a = x.copy()
        a[i] += 1e-5
        dx[i] = np.sum((np.tanh(a @ w) - np.tanh(x @ w)) * dout) / 1e-5
    for i in np.ndindex(*w.shape):
        a = w.copy()
        a[i] += 1e-5
        dw[i] = np.sum((np.tanh(x @ a) - np.tanh(x @ w)) * dout) / 1e-5
    return dx, dw
"""
IN_THE_FORWARD = (
    NUMERICAL.split("def tanh_affine_backward")[0]
    + """
def tanh_affine_forward(x, w):
    out = lambda x, w: np.tanh(x @ w)
    jacobian = [[central(f, a.copy(), e.reshape(out(x, w).shape)) for e in np.eye(out(x, w).size)]
                for f, a in ((lambda a: out(a, w), x), (lambda a: out(x, a), w))]
    return out(x, w), jacobian
def tanh_affine_backward(dout, jacobian):
    return tuple(sum(d * j for d, j in zip(dout.ravel(), rows)) for rows in jacobian)
"""
)
FIVE_POINTS = NUMERICAL.replace(
    "grad[i] = np.sum((plus - minus) * dout) / (2 * h)",
    """a[i] = old + 2 * h
        far = f(a)
        a[i] = old - 2 * h
        near = f(a)
        a[i] = old
        grad[i] = np.sum((8 * (plus - minus) - far + near) * dout) / (12 * h)""",
).replace("1e-5", "1e-3")
DUMMIES = NUMERICAL.replace(
    "    return grad", "    for k in range(7):\n        f(a * k)\n    return grad"
)
LISTS = """
def value(x, w):
    return np.tanh(np.array(x) @ np.array(w))
def tanh_affine_backward(dout, cache):
    pair, grads = [a.tolist() for a in cache], []
    for a in pair:
        grad = np.zeros(np.shape(a))
        for i in range(len(a)):
            for j in range(len(a[0])):
                a[i][j] += STEP
                plus = value(*pair)
                a[i][j] -= STEP
                grad[i, j] = np.sum((plus - value(*pair)) * dout) / 1e-7
        grads.append(grad)
    return grads
"""
COMPLEX_LISTS = LISTS.replace("STEP", "1e-30j").replace(
    "(plus - value(*pair)) * dout) / 1e-7", "plus.imag * dout) / 1e-30"
)
LIBRARY = f"""
exec(compile({NUMERICAL!r}, np.__file__, "exec"), globals())
"""
SUBCLASS = (
    NUMERICAL.replace("x, w = cache\n", "x, w = (a.view(Sub) for a in cache)\n")
    + """
class Sub(np.ndarray):
    size = property(lambda self: 1)
    def tobytes(self): return b""
"""
)
GLOBAL = """
def moved():
    return np.tanh(X[0] @ X[1])
def tanh_affine_backward(dout, cache):
    global X
    X, grads = [a.copy() for a in cache], []
    for a in X:
        grad = np.zeros(a.shape)
        for i in np.ndindex(*a.shape):
            old = a[i]
            a[i] = old + 1e-5
            plus = moved()
            a[i] = old - 1e-5
            grad[i] = np.sum((plus - moved()) * dout) / 2e-5
            a[i] = old
        grads.append(grad)
    return grads
"""
SHELVES = GLOBAL.replace("global X\n    X, grads", "SHELF.X, grads").replace("X[", "SHELF.X[")
SHELVES = SHELVES.replace("for a in X", "for a in SHELF.X")
ON_A_CLASS = "class Shelf: pass" + SHELVES.replace("SHELF", "Shelf")
ON_A_MODULE = "import types\nshelf = types.ModuleType('shelf')" + SHELVES.replace("SHELF", "shelf")
FITS = """
def tanh_affine_backward(dout, cache):
    grads = []
    for k in (0, 1):
        grad = np.zeros(cache[k].shape)
        for i in np.ndindex(*grad.shape):
            steps, values = np.linspace(-0.05, 0.05, 7), []
            for step in steps:
                pair = [a.copy() for a in cache]
                pair[k][i] += step
                values.append(np.sum(dout * tanh_affine_forward(*pair)[0]))
            grad[i] = np.polyfit(steps, values, 6)[-2]
        grads.append(grad)
    return grads
"""
DISGUISES = {
    "two points": NUMERICAL, "one-sided": ONE_SIDED, "complex": COMPLEX, "five points": FIVE_POINTS,
    "forward": IN_THE_FORWARD, "dummy calls": DUMMIES, "lists": LISTS.replace("STEP", "1e-7"),
    "complex lists": COMPLEX_LISTS, "a library's name": LIBRARY, "a subclass": SUBCLASS,
    "a global": GLOBAL, "fits": FITS, "on a library": SHELVES.replace("SHELF", "np"),
    "in one function": IN_ONE_FUNCTION, "on a class": ON_A_CLASS, "on a module": ON_A_MODULE,
}  # fmt: skip
LOOPS = """
def slope(z):
    return 1 - np.tanh(z) ** 2
def entry(dz, m, i, j):
    return sum(dz[i, k] * m[j, k] for k in range(dz.shape[1]))
def tanh_affine_backward(dout, cache):
    x, w = cache
    z = x @ w
    dz = np.array([[dout[i, j] * slope(z[i, j]) for j in range(z.shape[1])] for i in range(len(z))])
    dx = np.array([[entry(dz, w, i, j) for j in range(len(w))] for i in range(len(x))])
    dw = np.array([[entry(x.T, dz.T, i, j) for j in range(w.shape[1])] for i in range(len(w))])
    return dx, dw
"""
RECOMPUTED = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(len(x)):
        out, _ = tanh_affine_forward(x[n:n + 1], w)
        dz = dout[n:n + 1] * (1 - out ** 2)
        dx[n] = (dz @ w.T)[0]
        dw += x[n:n + 1].T @ dz
    return dx, dw
"""


@pytest.fixture(scope="module")
def questions():
    layer = Layer(
        tanh_affine_forward,
        tanh_affine_backward,
        name="tanh_affine",
        inputs={"x": "N D", "w": "D M"},
        points={"forward": 1, "backward": 2},
    )
    reference = LocalRunner({f.__name__: f for f in (tanh_affine_forward, tanh_affine_backward)})
    public = prepare(layer, reference=reference, mistaken={}, hidden=False)
    hidden = prepare(layer, seed="s", rounds=2, reference=reference, mistaken={}, hidden=True)
    return [public, hidden]


def backward_row(questions, source):
    namespace = {"np": np}
    text = inspect.getsource(tanh_affine_forward) + source
    exec(compile(text, "<cell 3>", "exec"), namespace)
    return examine(questions, LocalRunner(namespace))[1]


@pytest.mark.parametrize("source", DISGUISES.values(), ids=DISGUISES)
def test_numerical_differentiation_waits_for_a_person(questions, source):
    result = backward_row(questions, source)
    assert (result.status, result.score) == ("manual", 0)
    assert result.findings[0].check is Check.DIFFERENCING


def test_what_is_known_before_is_no_excuse(questions):
    public = [plain(one.case.inputs["x"]) for one in questions[0].expectations]
    known = [float(x[0, 0]) for x in public if x.size]
    derived = inspect.getsource(tanh_affine_backward).replace("tanh_affine_backward", "by_heart")
    measured = NUMERICAL.replace(
        "    x, w = cache\n    return (",
        f"    x, w = cache\n    if x.size and x[0, 0] in {known}:\n"
        "        return by_heart(dout, cache)\n    return (",
    )
    assert backward_row(questions[:1], derived + measured).status == "right"
    assert backward_row(questions, derived + measured).status == "manual"


SWITCHES = (
    "sys.setprofile(None)", "p = sys.getprofile(); sys.setprofile(None)",
    "p = sys.getprofile(); [*map(sys.setprofile, [None])]",
)  # fmt: skip


@pytest.mark.parametrize("off", SWITCHES)
def test_switching_off_the_counting_waits_for_a_person(questions, off):
    body = NUMERICAL.replace("(dout, cache):\n", f"(dout, cache):\n    {off}\n")
    if "p =" in off:  # and on again, before anybody looks
        body = body.replace("return (central", "grads = (central") + "    sys.setprofile(p)\n"
        body += "    return grads\n"
    assert backward_row(questions, "import sys\n" + body).status == "manual"


ONE_HOT = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x @ w) ** 2)
    def along(dx, dw):
        return np.sum(dz * (dx @ w + x @ dw))
    def one(a, i):
        e = np.zeros_like(a)
        e[i] = 1
        return e
    dx = [along(one(x, i), 0 * w) for i in np.ndindex(*x.shape)]
    dw = [along(0 * x, one(w, i)) for i in np.ndindex(*w.shape)]
    return np.reshape(dx, x.shape), np.reshape(dw, w.shape)
"""
TAPE = """
class Node:
    def __init__(self, value, inputs=()):
        self.value, self.inputs, self.grad = value, inputs, 0.0
    def __add__(self, o): return Node(self.value + o.value, ((self, 1.0), (o, 1.0)))
    def __mul__(self, o): return Node(self.value * o.value, ((self, o.value), (o, self.value)))
    def tanh(self): return Node(t := np.tanh(self.value), ((self, 1 - t * t),))
def tanh_affine_backward(dout, cache):
    x, w = ([[Node(float(v)) for v in row] for row in a] for a in cache)
    nodes = [n for a in (x, w) for row in a for n in row]
    for i, row in enumerate(x):
        for k in range(len(w[0])):
            total = Node(0.0)
            for a, column in zip(row, w):
                total = total + a * column[k]
            walk(total.tanh(), dout[i, k])
    return [np.array([[n.grad for n in row] for row in a]) for a in (x, w)]
def walk(node, grad):
    node.grad += grad
    for source, slope in node.inputs:
        walk(source, slope * grad)
"""


LEFT_OUT = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x @ w) ** 2)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i, j in np.ndindex(*x.shape):
        without = x.copy()
        without[i, j] = 0
        dx[i, j] = dz[i] @ w[j]
        dw[j] += dz[i] * np.sum(x - without)
    return dx, dw
"""


@pytest.mark.parametrize(
    "source", [LOOPS, RECOMPUTED, ONE_HOT, TAPE, LEFT_OUT, inspect.getsource(tanh_affine_backward)]
)
def test_analytic_answers_in_loops_are_never_suspected(questions, source):
    assert backward_row(questions, source).status == "right"


def value_of(x):
    return x[0] * np.tanh(x[1]) + x[2] ** 2


def sweeps(x, v):
    t = np.tanh(x[1])
    grad = np.array([t, x[0] * (1 - t * t), 2 * x[2]])
    return grad, grad @ v


CENTRAL = """
def sweeps(x, v):
    h = 1e-6
    def along(e):
        return (value_of(x + h * e) - value_of(x - h * e)) / (2 * h)
    return np.array([along(e) for e in np.eye(3)]), GRAD @ v
"""
ALONG = """
def sweeps(x, v):
    t = np.tanh(x[1])
    return np.array([t, x[0] * (1 - t * t), 2 * x[2]]), SLOPE
"""
MEASURED = {
    "three differences": CENTRAL.replace("GRAD", "np.array([along(e) for e in np.eye(3)])"),
    "complex": ALONG.replace("SLOPE", "value_of(x + 1e-30j * v).imag / 1e-30"),
    "complex lists": ALONG.replace(
        "SLOPE", "value_of([a + 1e-30j * b for a, b in zip(x, v)]).imag / 1e-30"
    ),
    "one difference": ALONG.replace("SLOPE", "(value_of(x + 1e-7 * v) - value_of(x)) / 1e-7"),
}
DUALS = """
class Dual:
    def __init__(self, a, b): self.a, self.b = a, b
    def __add__(self, o): return Dual(self.a + o.a, self.b + o.b)
    def __mul__(self, o): return Dual(self.a * o.a, self.a * o.b + self.b * o.a)
    def tanh(self): return Dual(t := np.tanh(self.a), (1 - t * t) * self.b)
def sweeps(x, v):
    def along(v):
        p, q, r = (Dual(a, b) for a, b in zip(x, v))
        return (p * q.tanh() + r * r).b
    return np.array([along(e) for e in np.eye(3)]), along(v)
"""


@pytest.fixture(scope="module", params=["grad", "slope"])
def tapes(request):
    """A gradient of three numbers, or a slope, which is one; both are given back."""
    other = {"grad": "slope", "slope": "grad"}[request.param]
    options = dict(inputs={"x": "K", "v": "K"}, sizes={"K": 3}, points=2, derived=True)
    exercise = Function(sweeps, outputs=["grad", "slope"], unjudged=[other], **options)
    reference = LocalRunner({"sweeps": sweeps})
    return [prepare(exercise, reference=reference, mistaken={}, hidden=False)]


@pytest.mark.parametrize("source", MEASURED.values(), ids=MEASURED)
def test_a_slope_is_measured_at_fewer_points_than_a_gradient(tapes, source):
    namespace = {"np": np}
    exec(compile(inspect.getsource(value_of) + source, "<cell 3>", "exec"), namespace)
    [row] = examine(tapes, LocalRunner(namespace))
    judged = tapes[0].exercise.rows[0].outputs
    caught = judged == ("slope",) or source.startswith(CENTRAL[:40])
    assert (row.status == "manual") == caught


@pytest.mark.parametrize("source", [inspect.getsource(sweeps), DUALS])
def test_slopes_that_are_carried_along_are_right(tapes, source):
    namespace = {"np": np}
    exec(compile(source, "<cell 3>", "exec"), namespace)
    [row] = examine(tapes, LocalRunner(namespace))
    assert row.status == "right"
