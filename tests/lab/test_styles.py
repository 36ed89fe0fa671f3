"""Right answers in other styles than the reference's earn everything."""

import pytest

from autograder.course.questions import public_questions
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from autograder.feedback.say import in_full

STYLES = {
    ("00_start", "relative_error", "one line"): """
def relative_error(x, y):
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))
""",
    ("00_start", "relative_error", "a loop"): """
def relative_error(x, y):
    worst = 0
    for a, b in zip(x.ravel().tolist(), y.ravel().tolist()):
        worst = max(worst, abs(a - b) / max(1e-8, abs(a) + abs(b)))
    return worst
""",
    ("01_gates", "max_gate_forward max_gate_backward", "a mask, halved at ties"): """
def max_gate_forward(x, y):
    return np.maximum(x, y), {"x": x, "y": y}
def max_gate_backward(dz, cache):
    share = np.heaviside(cache["x"] - cache["y"], 0.5)
    return [dz * share, dz * (1 - share)]
""",
    ("01_gates", "neuron_forward neuron_backward", "vectors"): """
def neuron_forward(w, x):
    x = np.append(x, 1.0)
    f = 1 / (1 + np.exp(-w @ x))
    return f, (w, x, f)
def neuron_backward(df, cache):
    w, x, f = cache
    d = df * (1 - f) * f
    return d * x, (d * w)[:2]
""",
    ("01_gates", "staged_backward", "the quotient rule"): """
def staged_backward(x, y):
    s = lambda t: 1 / (1 + np.exp(-t))
    top, bottom = x + s(y), s(x) + (x + y) ** 2
    dx = (bottom - top * (s(x) * (1 - s(x)) + 2 * (x + y))) / bottom**2
    dy = (s(y) * (1 - s(y)) * bottom - top * 2 * (x + y)) / bottom**2
    return dx, dy
""",
    ("01_gates", "numeric_gradient", "an iterator, adding and taking away"): """
def numeric_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        i = it.multi_index
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        down = f(x)
        x[i] += h
        grad[i] = (up - down) / 2 / h
        it.iternext()
    return grad
""",
    ("01_gates", "numeric_gradient", "copies"): """
def numeric_gradient(f, x, h=1e-5):
    basis = np.eye(x.size).reshape((-1,) + x.shape)
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in basis]).reshape(x.shape)
""",
    ("01_gates", "matmul_backward", "einsum"): """
def matmul_backward(dout, x, w):
    return [np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout)]
""",
    ("03_leaky", "dead_units", "no activation is positive"): """
def dead_units(acts):
    return ~(acts > 0).any(0)
""",
    ("03_leaky", "dead_units", "the maximum"): """
def dead_units(acts):
    return acts.max(axis=0) == 0
""",
    ("03_leaky", "q_acted", "take along"): """
def q_acted(Q, a):
    return np.take_along_axis(Q, a[:, None], axis=1)[:, 0]
""",
    ("03_leaky", "q_acted", "one-hot"): """
def q_acted(Q, a):
    return np.sum(Q * (np.arange(Q.shape[1]) == a[:, None]), axis=1)
""",
    ("03_leaky", "td_target", "where"): """
def td_target(r, q_next, done, gamma):
    return np.where(done, r, r + gamma * np.max(q_next, 1))
""",
    ("03_leaky", "saturation_report", "by the input"): """
def saturation_report(W, x):
    z = x.dot(W)
    s = 0.5 * (1 + np.tanh(z / 2))
    dz = np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))) ** 2 / x.shape[0]
    dW, dx = x.T.dot(dz), dz.dot(W.T)
    share = ((s < 0.01).sum() + (s > 0.99).sum()) / s.size
    return [share, np.sqrt((dW**2).sum()), np.sqrt((dx**2).sum())]
""",
    ("03_leaky", "huber_forward huber_backward", "loops, dout in place"): """
def huber_forward(x, delta):
    out = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        r = abs(x[i])
        out[i] = x[i] ** 2 / 2 if r < delta else delta * r - delta**2 / 2
    return out, [x, delta]
def huber_backward(dout, cache):
    x, delta = cache
    dout *= np.where(np.abs(x) < delta, x, delta * np.sign(x))
    return dout
""",
    ("04_training", "xavier_init", "uniform"): """
def xavier_init(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_in, fan_out))
""",
    ("04_training", "he_init", "scaled"): """
def he_init(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * (2 / fan_in) ** 0.5
""",
    ("04_training", "sgd_momentum", "setdefault"): """
def sgd_momentum(w, dw, config=None):
    config.setdefault("velocity", np.zeros_like(w))
    v = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    w += v
    config["velocity"] = v
    return w, config
""",
    ("04_training", "adam", "a new config, in place"): """
def adam(w, dw, config):
    c = {"m": 0.0, "v": 0.0, "t": 0, **config}
    c["t"] += 1
    c["m"] = c["m"] + (1 - c["beta1"]) * (dw - c["m"])
    c["v"] = c["v"] + (1 - c["beta2"]) * (dw * dw - c["v"])
    mt = c["m"] / (1 - c["beta1"] ** c["t"])
    vt = c["v"] / (1 - c["beta2"] ** c["t"])
    return w - c["learning_rate"] * mt / (vt**0.5 + c["epsilon"]), c
""",
    ("04_training", "cosine_lr", "math"): """
def cosine_lr(t, T, hi, lo):
    import math
    return (hi + lo) / 2 + (hi - lo) / 2 * math.cos(math.pi * (t / T))
""",
    ("04_training", "warm_restart_lr", "recursion"): """
def warm_restart_lr(t, T0, mult, hi, lo):
    if t >= T0:
        return warm_restart_lr(t - T0, T0 * mult, mult, hi, lo)
    return lo + (hi - lo) * np.cos(np.pi * t / T0 / 2) ** 2
""",
    ("04_training", "plateau_lr", "from the best's place"): """
def plateau_lr(losses, lr, factor, patience):
    best, last = float("inf"), -1
    for i, loss in enumerate(losses):
        if loss < best:
            best, last = loss, i
        elif i - last >= patience:
            lr, last = lr * factor, i
    return lr
""",
    ("04_training", "EarlyStopping", "None and a counter"): """
class EarlyStopping:
    def __init__(self, patience=5, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.counter = None, 0
    def step(self, val):
        if self.best is None or val + self.min_delta < self.best:
            self.best, self.counter = val, 0
            return False
        self.counter += 1
        return np.bool_(self.counter >= self.patience)
""",
    ("04_training", "accumulate_grads", "split, and weights"): """
def accumulate_grads(grad_fn, X, y, sizes):
    cuts = np.cumsum(sizes)[:-1]
    parts = zip(np.split(X, cuts), np.split(y, cuts))
    return sum(len(b) / len(y) * grad_fn(a, b) for a, b in parts)
""",
    ("04_training", "GradientInspector", "defaultdict, a small floor"): """
class GradientInspector:
    def __init__(self, low, high):
        from collections import defaultdict
        self.range, self.history = (low, high), defaultdict(list)
    def check(self, name, w, dw):
        r = np.sqrt(np.sum(dw**2)) / (np.sqrt(np.sum(w**2)) + 1e-8)
        self.history[name].append(r)
        for word, ill in (("nan", np.isnan(dw)), ("inf", np.isinf(dw))):
            if np.any(ill):
                return word
        low, high = self.range
        return "vanishing" if r < low else "exploding" if r > high else "ok"
    def dead_share(self, acts):
        return np.mean(acts.max(0) <= 0)
""",
    ("07_autograd", "Value", "closures and recursion"): """
class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data, self.grad, self.inputs, self.op = data, 0, inputs, op
        self._back = lambda: None
    def _new(self, data, *slopes):
        out = Value(data, slopes)
        def back():
            for node, slope in slopes:
                node.grad += slope * out.grad
        out._back = back
        return out
    def __add__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return self._new(self.data + o.data, (self, 1), (o, 1))
    def __mul__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return self._new(self.data * o.data, (self, o.data), (o, self.data))
    def __pow__(self, n): return self._new(self.data**n, (self, n * self.data ** (n - 1)))
    def exp(self): return self._new(np.exp(self.data), (self, np.exp(self.data)))
    def tanh(self): return self._new(np.tanh(self.data), (self, 1 - np.tanh(self.data) ** 2))
    def relu(self): return self._new(max(0, self.data), (self, float(self.data > 0)))
    __radd__, __rmul__ = __add__, __mul__
    def __neg__(self): return self * -1
    def __sub__(self, o): return self + -1 * o
    def __rsub__(self, o): return o + -self
    def backward(self):
        order, seen = [], set()
        def build(v):
            if v not in seen:
                seen.add(v)
                v.grad = 0
                for c, _ in v.inputs:
                    build(c)
                order.append(v)
        build(self)
        self.grad = 1
        for v in order[::-1]:
            v._back()
""",
    ("07_autograd", "run_tape", "forward mode, once an input"): """
def run_tape(tape, x):
    runs = [forward_mode(tape, x, e) for e in np.eye(len(x))]
    return runs[0][0], [slope for _, slope in runs]
""",
    ("07_autograd", "forward_mode", "pairs"): """
def forward_mode(tape, x, v):
    s = [(a, b) for a, b in zip(x, v)]
    for entry in tape:
        if entry[0] == "tanh":
            a, da = s[entry[1]]
            s.append((np.tanh(a), da / np.cosh(a) ** 2))
        else:
            (a, da), (b, db) = s[entry[1]], s[entry[2]]
            s.append((a + b, da + db) if entry[0] == "add" else (a * b, a * db + b * da))
    return s[-1]
""",
    ("08_clinic", "my_check", "directions and allclose"): """
def my_check(forward, backward):
    rng = np.random.default_rng(1)
    for n in (1, 5):
        x, w = rng.normal(size=(n, 4)), rng.normal(size=(4, 3))
        out, cache = forward(x.copy(), w.copy())
        dout = rng.normal(size=out.shape)
        dx, dw = backward(dout.copy(), cache)
        if dx.shape != x.shape or dw.shape != w.shape:
            return False
        f = lambda x, w: (forward(x, w)[0] * dout).sum()
        for _ in range(5):
            vx, vw = rng.normal(size=x.shape), rng.normal(size=w.shape)
            for got, up, down in (
                ((dx * vx).sum(), f(x + 1e-5 * vx, w), f(x - 1e-5 * vx, w)),
                ((dw * vw).sum(), f(x, w + 1e-5 * vw), f(x, w - 1e-5 * vw)),
            ):
                slope = (up - down) / 2e-5
                if abs(got - slope) > 1e-5 * (abs(got) + abs(slope)) + 1e-13:
                    return False
    return True
""",
    ("08_clinic", "expose_outer", "lists"): """
def expose_outer():
    return [[1, 2], [3, -4]], [[1], [1]], [[1], [1]]
""",
    ("08_clinic", "softplus_backward", "in place"): """
def softplus_backward(dout, cache):
    dout /= 1 + np.exp(-cache)
    return (dout,)
""",
}


@pytest.mark.parametrize("style", STYLES, ids=" · ".join)
def test_another_style_earns_everything(notebook, style):
    assignment, rows, _ = style
    book = notebook(assignment)
    own = dict(book.reference().namespace)
    exec(STYLES[style], own)
    runner = LocalRunner(own)
    exercise = book.exercise(rows.split()[0])
    (public,) = (q for q in public_questions(book) if q[0].exercise.name == exercise.name)
    hidden = prepare(
        exercise, seed="styles", rounds=3, reference=book.reference(), mistaken={}, hidden=True
    )
    for result in examine([*public, hidden], runner):
        wrong = [in_full(finding, result.id) for finding in result.findings if finding.costs]
        assert result.score == result.points, wrong
