# %% [markdown]
# # 07 · Autograd: let the graph remember
#
# *About two hours and a quarter. 29 points.*
#
# When you are through you will be able to
#
# - build, in under a hundred lines, the thing that every framework has at its heart;
# - say why a backward pass needs a topological order, `+=` at forks, and a clean start;
# - tell differentiation by hand, by finite differences, by symbols and by machine apart, with the price of each;
# - read a framework's training loop line by line, and say what each line hides;
# - write a layer in the form that PyTorch asks for, and check it inside PyTorch, if you have it (without it, those cells politely do nothing).

# %%
import numpy as np

from autograder import check
from autograder.lab import prediction, pytorch
from autograder.lab.circuits import draw_recorded
from autograder.lab.guard import guard
from autograder.lab.scales import draw_lines

# %% [markdown]
# ## A number that remembers
#
# In notebook 01 you wrote the backward pass of a circuit by hand, gate by gate. Each line followed from the forward pass, without any
# thought. So let the forward pass write it down.
#
# A `Value` holds a number, `data`. It also holds where it came from: a tuple `inputs` of pairs *(value, local slope)*. For
# $z = x \cdot y$ the new value gets the pairs $(x, y)$ and $(y, x)$: "I came from $x$, with slope $y$, and from $y$, with slope $x$." For
# numbers that come from nowhere the tuple is empty. In code, $z = x \cdot y$ is
# `Value(x.data * y.data, ((x, y.data), (y, x.data)), "×")`; the third argument is the symbol for the picture.
#
# Then `backward()` is the same few lines for every function in the world:
#
# $$\texttt{input.grad} \mathrel{+}= \text{slope} \cdot \texttt{self.grad}$$
#
# for each pair of each node, in the right order. Which order? A node may hand on its gradient only when all of it has arrived, that
# is, after *every* node that uses it. A **topological order** lists each node after its inputs; walk through it from the end.
#
# Three rules, three classic bugs:
#
# 1. `+=`, as a value may be used more than once.
# 2. Topological order, as a gradient that is handed on too early is handed on incomplete.
# 3. `backward()` first sets the `grad` of every node it will reach to 0, and its own to 1. So a second call gives the
#    same gradients again, not their sum. (PyTorch decided otherwise: there you call `zero_grad()` yourself. Forgetting it is a rite of
#    passage.)
#
# What `backward()` does not reach it leaves alone: a `grad` that another result filled in stays. And nothing may stay on the nodes, or in the
# class, from one call to the next: two results may share their inputs, and each has a `backward()` of its own.
#
# Write the seven methods that are marked: six of them return a new `Value`, and `backward` returns nothing, it fills in `grad`. The
# others are given; they use yours. Plain numbers may stand on either side: `self._value(other)` turns them into a `Value`. You can build it
# step by step: each method has its share of the points, and what is not written yet costs only the expressions that need it.
#
# A topological order is most easily written as a function that visits the inputs of a node by calling itself. Python allows about a
# thousand such calls within each other, which is plenty here; for a graph with thousands of nodes *in a row* you would keep a stack of your
# own, as frameworks do.
#
# The check computes whole expressions with your class, calls `backward()` on the result, and looks at its `data` and at the `grad` of each
# input and of each step that has a name. Among others:
#
# | name | expression |
# |---|---|
# | relu | `(a + b).relu() * c + (a - b).relu() + (c - a).relu() + (b - b).relu()` |
# | a diamond | `d = a * b`, `e = d.tanh()`, then `(d + e) * (e * d + a)` |
# | many paths | `d = a + b`, then 26 times `d = d + d`: 67,108,864 paths, 27 gates |
# | a long chain | 120 operations in a row |
# | backward twice | `d = a * b`, then `d.tanh() * d + c`, and `backward()` twice |
# | two results | `f = a * b`, `h = a + b`, then `f.backward()` and `h.backward()`: now `a.grad` is 1 |

# %%
class Value:
    """A number that remembers how it came about.

    Args:
        data: The number.
        inputs: Pairs (value, local slope) of what it was computed from.
        op: A symbol for pictures.

    Attributes:
        grad: After root.backward(): the derivative of root with respect to this value.
    """

    def __init__(self, data, inputs=(), op=""):
        self.data = data
        self.inputs = inputs
        self.op = op
        self.grad = 0.0

    @staticmethod
    def _value(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        """self + other."""
        other = self._value(other)
        ### BEGIN SOLUTION
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)), "+")
        ### END SOLUTION

    def __mul__(self, other):
        """self * other."""
        other = self._value(other)
        ### BEGIN SOLUTION
        return Value(self.data * other.data, ((self, other.data), (other, self.data)), "×")
        ### END SOLUTION

    def __pow__(self, n):
        """self ** n, for a plain number n."""
        ### BEGIN SOLUTION
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),), f"^{n}")
        ### END SOLUTION

    def exp(self):
        """The exponential."""
        ### BEGIN SOLUTION
        e = np.exp(self.data)
        return Value(e, ((self, e),), "exp")
        ### END SOLUTION

    def tanh(self):
        """The hyperbolic tangent."""
        ### BEGIN SOLUTION
        t = np.tanh(self.data)
        return Value(t, ((self, 1.0 - t**2),), "tanh")
        ### END SOLUTION

    def relu(self):
        """The larger of self and 0."""
        ### BEGIN SOLUTION
        on = 1.0 if self.data > 0 else 0.0
        return Value(on * self.data, ((self, on),), "relu")
        ### END SOLUTION

    def backward(self):
        """Fill in grad for every value that this one was computed from."""
        ### BEGIN SOLUTION
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((source, False) for source, _ in node.inputs)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, slope in node.inputs:
                source.grad += slope * node.grad
        ### END SOLUTION

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-self._value(other))

    def __rsub__(self, other):
        return self._value(other) + (-self)

    def __repr__(self):
        return f"Value({self.data:.4g}, grad={self.grad:.4g})"


# %% tags=["instructor"]
from autograder.exercises import (
    Answer,
    Expressions,
    Function,
    Module,
    Text,
    array,
    choice,
    constant,
    variant,
)

_DATA = [f"data: {method}" for method in ("sum", "product", "power", "exp", "tanh", "relu")]
_CHAIN = "\n".join(["d = a * b", *["d = d + a"] * 60, *["d = d * 1.01"] * 60, "d"])
_DOUBLED = "\n".join(["d = a + b", *["d = d + d"] * 26, "d"])
_BESIDE = ["sum and product", "plain numbers", "difference and power", "exp", "relu", "backward twice"]

value_class = Expressions(
    Value,
    inputs={"a": array("", scale=0.8), "b": array("", scale=0.8), "c": array("", scale=0.8)},
    expressions={
        "data: sum": "a + b",
        "data: product": "a * b",
        "data: power": "(a * a + 1) ** 0.5",
        "data: exp": "a.exp()",
        "data: tanh": "a.tanh()",
        "data: relu": "a.relu() + b.relu()",
        "sum and product": "a * b + c",
        "plain numbers": "3 + 2 * a + b * 3 + 1 + (4 - c)",
        "difference and power": "(a - b) ** 3 - (c * c + 1) ** 0.5 + (a - a) ** 2 + (b - c) ** 2 + (a - c) ** 1 + (b * b + 1) ** -2",
        "exp": "(a * b).exp() + c",
        "tanh": "(a * b + c).tanh()",
        "relu": "(a + b).relu() * c + (a - b).relu() + (c - a).relu() + (b - b).relu()",
        "a fork": "a * a + a * b",
        "a diamond": "d = a * b\ne = d.tanh()\n(d + e) * (e * d + a)",
        "many paths": _DOUBLED,
        "a long chain": _CHAIN,
        "backward twice": "d = a * b\nd.tanh() * d + c",
        "two results": "f = a * b\nh = a + b\nf.backward()\nh",
        "a result goes on": "d = a * b\nf = d.tanh() + a\nf.backward()\nf * d + f * c",
        "back to the first result": "d = a * b\nf = d * c\nh = d + a\nf.backward()\nh.backward()\nf",
        "out of reach": "f = a * b\nf.backward()\na * c + c",
    },
    repeat={"backward twice": 2, **dict.fromkeys(_DATA, 0)},
    weights=dict.fromkeys(_DATA, 0.5),
    apart=["many paths"],
    points=12,
    variants={
        "many paths": variant(judged=["many paths"]),
        "both positive": variant(a=0.5, b=0.75, c=1.5),
        "negative and positive": variant(a=-0.5, b=1.25, c=0.5),
        "a very large summand": variant(a=0.5, b=-0.75, c=1e12, judged=_BESIDE),  # finite differences drown in it
    },
    hints=(
        "Each operation: a new Value with its data and, for every input, the local slope. Backward: order, clean start, walk.",
        "Slopes: of a power n times data to the n - 1, of exp its own output, of tanh one minus its output squared, of relu 1 or 0. If "
        "single operations pass and forks or diamonds fail, look at backward: += or =? Is a node handed on before everything has "
        "arrived? Is every grad reset first?",
        "In backward: collect the nodes so that each comes after its inputs (visit the inputs first, then append the node; skip what "
        "was seen). Set all grads to 0 and your own to 1. Go through the list from its end; for every pair add slope times the node's grad.",
    ),
)

# %% [markdown]
# ### Predict
# $f = (ab + c)\tanh(ab)$, with $a = 2$, $b = -0.5$, $c = 3$. How many gates will the graph have? At which node do two gradients meet? Draw it on
# paper, then let your `Value` draw it.

# %% tags=["experiment"]
with guard():
    a, b, c = Value(2.0), Value(-0.5), Value(3.0)
    d = a * b
    f = (d + c) * d.tanh()
    f.backward()
    draw_recorded(f, names={"a": a, "b": b, "c": c, "f": f},
                  title="What your Value remembered: f = (ab + c) · tanh(ab)")

# %% [markdown]
# Four gates. Two gradients meet behind the first of them, at $ab$: one comes from the sum, the other from the tanh.
#
# ### A network of numbers
#
# That is all it takes to train. The next cell learns XOR, the function that no single neuron can learn, with a network of 3
# hidden units, one `Value` for each of its 13 weights. There is not one backward line in it.
#
# **Predict:** how many `Value`s does one step over the four examples make: tens, hundreds, thousands?

# %% tags=["experiment"]
my_guess = None  # how many values one step makes

with guard():
    rng = np.random.default_rng(2)
    hidden = [[Value(w) for w in rng.normal(size=3)] for _ in range(3)]  # two inputs and a bias
    final = [Value(w) for w in rng.normal(size=4)]
    weights = [w for unit in hidden for w in unit] + final
    examples = [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), -1)]

    def network(x, y):
        units = [(u[0] * x + u[1] * y + u[2]).tanh() for u in hidden]
        return (final[0] * units[0] + final[1] * units[1] + final[2] * units[2] + final[3]).tanh()

    def count(root):
        seen, stack = set(), [root]
        while stack:
            node = stack.pop()
            if id(node) not in seen:
                seen.add(id(node))
                stack.extend(source for source, _ in node.inputs)
        return len(seen)

    losses = []
    for _ in range(200):
        loss = Value(0.0)
        for (x, y), wanted in examples:
            loss = loss + (network(x, y) - wanted) ** 2
        loss.backward()
        for w in weights:
            w.data -= 0.1 * w.grad
        losses.append(loss.data)
    prediction.compare(my_guess, str(count(loss)), "values in the graph of one step")
    print("outputs:", {pair: round(float(network(*pair).data), 2) for pair, _ in examples})
    draw_lines(range(200), {"loss": losses}, xlabel="step", logy=True,
               ylabel="loss, summed over the four examples",
               title="XOR, learnt by numbers that remember")

# %% [markdown]
# ## The same thing as a tape
#
# Objects that point at each other are one way to remember. A list is another: write each operation down as it happens. Slots
# are numbered; the first `len(x)` of them hold the inputs, and each entry of the tape fills the next one:
#
# | entry | the new slot holds |
# |---|---|
# | `("add", i, j)` | slot i + slot j |
# | `("mul", i, j)` | slot i · slot j |
# | `("tanh", i)` | tanh of slot i |
#
# With two inputs, the tape `[("mul", 0, 1), ("add", 2, 0), ("tanh", 3)]` computes $\tanh(x_0 x_1 + x_0)$: slots 0 and 1
# are the inputs, 2 the product, 3 the sum, 4 the result. The result is always the last slot. And a list comes with its topological order
# built in: read it backwards.

# %%
def run_tape(tape, x):
    """Run a tape forwards, then backwards.

    Args:
        tape: A list of entries, as in the table above.
        x: The inputs, shape (K,).

    Returns:
        value: What the last slot holds, a number.
        grad: The derivative of value with respect to each input, shape (K,).
    """
    ### BEGIN SOLUTION
    slots = list(x)
    for op, *where in tape:
        a = slots[where[0]]
        if op == "tanh":
            slots.append(np.tanh(a))
        else:
            b = slots[where[1]]
            slots.append(a + b if op == "add" else a * b)
    grads = np.zeros(len(slots))
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        op, *where = tape[k]
        up = grads[len(x) + k]
        if op == "tanh":
            grads[where[0]] += up * (1 - slots[len(x) + k] ** 2)
        elif op == "add":
            grads[where[0]] += up
            grads[where[1]] += up
        else:
            grads[where[0]] += up * slots[where[1]]
            grads[where[1]] += up * slots[where[0]]
    value, grad = slots[-1], grads[: len(x)]
    ### END SOLUTION
    return value, grad


# %% tags=["instructor"]
_TAPES = (
    [("mul", 0, 1), ("add", 3, 2), ("tanh", 4), ("mul", 5, 0)],
    [("tanh", 0), ("mul", 3, 1), ("mul", 4, 2), ("add", 5, 3), ("add", 6, 1)],
    [("add", 0, 1), ("mul", 3, 3), ("mul", 4, 2), ("tanh", 5), ("add", 6, 4)],
)
_LARGE = [("tanh", 0), ("mul", 3, 1), ("add", 4, 2)]
tape_both_ways = Function(
    run_tape,
    inputs={"tape": choice(*_TAPES), "x": array("K", scale=0.7)},
    sizes={"K": 3},
    outputs=["value", "grad"],
    derived=True,
    points=5,
    large={"x": 3.0},
    variants={
        "the tape of the text": variant(tape=[("mul", 0, 1), ("add", 2, 0), ("tanh", 3)], x=array("2", scale=0.7)),
        "one input, used three times": variant(tape=[("mul", 0, 0), ("mul", 1, 0)], x=array("1")),
        "a diamond": variant(tape=[("mul", 0, 1), ("tanh", 3), ("add", 3, 4), ("mul", 5, 4), ("add", 6, 2)], x=array("3", scale=0.7)),
        "an input that isn't used": variant(tape=[("add", 0, 1), ("tanh", 3)], x=array("3")),
        "summands used again": variant(tape=[("add", 0, 1), ("mul", 2, 1), ("add", 3, 0), ("mul", 4, 2)], x=array("2")),
        "a number added to itself": variant(tape=[("mul", 0, 1), ("add", 2, 2), ("tanh", 3), ("add", 4, 0)], x=array("2", scale=0.7)),
        "factors used again": variant(tape=[("mul", 0, 1), ("add", 2, 1), ("add", 3, 0)], x=array("2")),
        "a very large summand": variant(tape=_LARGE, x=np.array([0.5, -0.75, 1e12])),  # finite differences drown in it
    },
    hints=(
        "Two loops: one down the tape that fills the slots, one up the tape that fills the gradients.",
        "Entry k fills slot len(x) + k. Its gradient is complete when you come to it from the end; hand it on to the slots it was made from.",
        "Start with gradient 1 in the last slot. Backwards, let g be the gradient of the slot that the entry filled: an add gives g to "
        "both its slots, a mul gives each g times the other's number, a tanh gives g times one minus the square of the number it made. "
        "All with +=. The first len(x) gradients are the answer.",
    ),
)

# %% [markdown]
# ## The other direction
#
# The chain rule can be multiplied out from either end. **Forward mode** carries, along with each number, its slope in one
# chosen *direction* $v$ of the inputs: how fast does this slot change when $x$ moves along $v$? The slope of input $i$ is $v_i$; each
# entry of the tape then yields a number and a slope (written with a prime), in one pass from the first entry to the last. Nothing is
# read backwards:
#
# $$(a + b)' = a' + b', \qquad (ab)' = a'b + ab', \qquad \tanh(a)' = (1 - \tanh^2 a)\, a' .$$
#
# One run gives one number, the slope along $v$: $\nabla f \cdot v$. ($v$ need not have length 1.)

# %%
def forward_mode(tape, x, v):
    """Run a tape with slopes alongside.

    Args:
        tape: As in run_tape.
        x: The inputs, shape (K,).
        v: The direction in which the inputs move, shape (K,).

    Returns:
        value: What the last slot holds.
        slope: How fast it changes along v, a number.
    """
    ### BEGIN SOLUTION
    slots, slopes = list(x), list(v)
    for op, *where in tape:
        a, da = slots[where[0]], slopes[where[0]]
        if op == "tanh":
            t = np.tanh(a)
            slots.append(t)
            slopes.append((1 - t**2) * da)
        else:
            b, db = slots[where[1]], slopes[where[1]]
            slots.append(a + b if op == "add" else a * b)
            slopes.append(da + db if op == "add" else da * b + a * db)
    value, slope = slots[-1], slopes[-1]
    ### END SOLUTION
    return value, slope


# %% tags=["instructor"]
tape_forwards = Function(
    forward_mode,
    inputs={"tape": choice(*_TAPES), "x": array("K", scale=0.7), "v": "K"},
    sizes={"K": 3},
    outputs=["value", "slope"],
    points=3,
    large={"x": 3.0},
    variants={
        "the tape of the text": variant(tape=[("mul", 0, 1), ("add", 2, 0), ("tanh", 3)], x=array("2", scale=0.7), v=array("2")),
        "one input, used three times": variant(tape=[("mul", 0, 0), ("mul", 1, 0)], x=array("1"), v=array("1")),
        "a sum": variant(tape=[("add", 0, 1), ("add", 2, 3), ("add", 4, 4)], x=array("3"), v=array("3")),
        "a very large summand": variant(tape=_LARGE, x=np.array([0.5, -0.75, 1e12]), v=np.array([1.0, -0.5, 0.25])),
    },
    hints=(
        "Two lists that grow side by side: numbers and slopes.",
        "Start the slopes with v. Each entry of the tape appends one number and, by its rule, one slope.",
        "For a product: first slope times second number, plus first number times second slope. The answer is the end of both lists.",
    ),
)

# %% [markdown]
# **Question.** A loss depends on 1,000 weights. How many runs of *forward* mode does its whole gradient take? (Reverse mode takes
# one forward and one backward.)

# %%
answer_forward_runs = None  # a whole number
### BEGIN SOLUTION
answer_forward_runs = 1000
### END SOLUTION

# %% [markdown]
# **Question.** A function has 1,000 inputs and 10 outputs. How many *backward* sweeps does the whole table of its $10 \times 1000$ derivatives take?

# %%
answer_sweeps = None  # a whole number
### BEGIN SOLUTION
answer_sweeps = 10
### END SOLUTION

# %% tags=["instructor"]
forward_runs = Answer(
    "answer_forward_runs", points=1, form="integer",
    hints=("One run, one direction.", "The gradient has one entry a weight.", "One run for each weight's own direction."),
)
sweeps = Answer(
    "answer_sweeps", points=1, form="integer",
    hints=("A backward sweep starts from one output.", "It yields that output's derivative with respect to all inputs.",
           "One sweep for each output."),
)

# %% [markdown]
# ### Four ways to differentiate
#
# Take $l_0 = x$ and $l_{k+1} = 4\, l_k (1 - l_k)$, a dozen times over. By hand nobody would. By **finite differences**: two runs, and half of the
# digits. By **symbols**: the product rule doubles the formula at each level. **Automatically**: the program itself, run once, with its slopes.
#
# **Predict:** the formula for the derivative after 12 levels, written out by the rules and not simplified, has how many symbols? And how
# many operations does your tape need?

# %% tags=["experiment"]
my_guess = None  # symbols in the written-out derivative after 12 levels

with guard():
    def symbols(levels):
        """Symbols in the derivative dl of the formula l, by the rules of calculus."""
        size, derivative = 1, 1
        for _ in range(levels):
            # l' = 4 l (1 - l);   dl' = 4 dl (1 - l) + 4 l (0 - dl)
            size, derivative = 2 * size + 6, 2 * derivative + 2 * size + 12
        return derivative

    def logistic(levels):
        """A tape with the inputs x, 4, 1 and -1."""
        tape, last = [], 0
        for _ in range(levels):
            slot = 4 + len(tape)
            tape += [("mul", last, 3), ("add", slot, 2),
                     ("mul", last, slot + 1), ("mul", slot + 2, 1)]
            last = slot + 3
        return tape

    def f(x, n):
        for _ in range(n):
            x = 4 * x * (1 - x)
        return x

    x, rows = 0.3, []
    for n in (1, 4, 8, 12):
        automatic = run_tape(logistic(n), np.array([x, 4.0, 1.0, -1.0]))[1][0]
        finite = (f(x + 1e-6, n) - f(x - 1e-6, n)) / 2e-6
        digits = -np.log10(abs(finite / automatic - 1))
        rows.append(f"{n:6d}{automatic:17.6f}{finite:21.6f}{digits:20.1f}")

    levels = range(1, 13)
    written_out = [symbols(n) for n in levels]
    on_tape = [2 * len(logistic(n)) for n in levels]
    prediction.compare(my_guess, str(written_out[-1]), "symbols after 12 levels")
    print("operations of your tape, both ways:", on_tape[-1])
    print("\nlevels        automatic   finite differences   digits that agree", *rows, sep="\n")
    draw_lines(
        levels,
        {"symbols in the written-out derivative": written_out,
         "operations of the tape, both ways": on_tape},
        xlabel="levels", ylabel="size", logy=True, title="Formulas swell; tapes don't",
    )

# %% [markdown]
# | | exact? | cost of a gradient with $P$ entries | what it needs |
# |---|---|---|---|
# | by hand | yes, if you are | your afternoon | a formula, and care |
# | finite differences | about half of the digits | $2P$ runs | nothing but the function |
# | symbols | yes | formulas may swell exponentially | a formula: no loops, no branches |
# | automatic, forward | yes | $P$ runs with slopes | the program |
# | automatic, reverse | yes | a few runs, and memory for the tape | the program |

# %% [markdown]
# ## Five lines of magic, taken apart
#
# ```python
# optimizer.zero_grad()
# outputs = model(inputs)
# loss = criterion(outputs, labels)
# loss.backward()
# optimizer.step()
# ```
#
# | line | what it hides | what you wrote |
# |---|---|---|
# | `zero_grad()` | sets `grad` of every weight to 0: here gradients *accumulate* from call to call | rule 3 of `backward` |
# | `model(inputs)` | runs the forward pass and writes the tape; keeps every cache until the backward pass | each `Value`, each `cache` |
# | `criterion(...)` | the loss; takes the mean, so the division by $N$ is in here | `softmax_loss` (02) |
# | `backward()` | topological order, upstream times local, `+=` | `backward` |
# | `step()` | reads each `grad`, moves each weight, keeps momentum and the like | `adam` (04) |
#
# And the frameworks? They differ in *when* the graph is made.
#
# | style | the graph is … | for example | good for | price |
# |---|---|---|---|---|
# | define-by-run | written anew in each forward pass | PyTorch, your `Value` | loops, branches, a debugger | overhead in every step |
# | traced | recorded once with stand-ins, then compiled | `jax.jit`, `torch.compile`, `tf.function` | speed, fusion | branches on values; a new trace for each new shape |
# | functional | never seen: a function goes in, its gradient function comes out | `jax.grad`, HIPS autograd | composition, higher derivatives | pure functions only |
# | source to source | a new program: the compiler writes the backward pass | Julia's Zygote, under Flux | loops and branches at full speed | a younger compiler; no writing into arrays |
# | distributed | one tape on every machine, each with its part of the batch; the gradients are *added up* between them before the step | PyTorch's DistributedDataParallel, `jax.pmap` | large batches | waiting for the slowest; a mean over uneven parts is no mean (11) |

# %% [markdown]
# And your own engine, does it differentiate rightly? Ask for a number that isn't in any exercise: hand over a function and what your
# `backward` says about it.

# %% tags=["experiment"]
from autograder import gradcheck

with guard():
    def energy(x):
        """A function of three numbers, written once for numbers and for Values."""
        a, b, c = x
        return (a * b + c).tanh() * a if isinstance(a, Value) else np.tanh(a * b + c) * a

    def energy_gradient(x):
        nodes = [Value(float(v)) for v in x]
        energy(nodes).backward()
        return np.array([node.grad for node in nodes])

    print(gradcheck(energy, energy_gradient, np.array([0.5, -1.2, 0.3])))

# %% [markdown]
# ## A layer of your own, as PyTorch wants it
#
# A framework lets you add an operation of your own, as a class with two static methods:
#
# - `forward(ctx, ...)` computes the result. What the way back will need goes into `ctx.save_for_backward(...)`: your cache.
# - `backward(ctx, dout)` takes it out of `ctx.saved_tensors` and returns **one gradient for each input of `forward`** after `ctx`, in the same order.
#
# Two things are new. An input may be missing: a layer without a bias gets `bias=None`. And not every gradient is wanted: a frozen weight needs none, the data at the bottom never do. `ctx.needs_input_grad` is a tuple of
# three booleans, for `x`, `weight` and `bias`; where it says False, return `None` in that place and save the work. (It says False for a bias that is None.)
#
# The layer is $\text{out} = x\,W^\top + b$, with $x$ of shape $(N, D)$. PyTorch keeps its weights as $(M, D)$, **transposed** against those of notebook 02, so the formulas that you know don't fit letter by letter.
#
# The next cell stands in for PyTorch, in NumPy, so that nobody needs to install it. It calls your methods just as PyTorch would. Use operators and methods that arrays and PyTorch's tensors have in common (`@`, `.T`, `.sum(0)`), and the same class will run in both.

# %% tags=["provided"]
class Tensor(np.ndarray):
    """An array that also answers to some of PyTorch's names."""

    def t(self):
        return self.T

    def mm(self, other):
        return self @ other

    def unsqueeze(self, dim):
        return np.expand_dims(self, dim)

    def expand_as(self, other):
        return np.broadcast_to(self, other.shape)

    def sum(self, *axis, dim=None, keepdim=False, **options):
        given = {"axis": dim} if dim is not None else {}
        return super().sum(*axis, **given, **({"keepdims": True} if keepdim else {}), **options)


class Context:
    """What `ctx` is: a place for the cache, and which gradients are wanted."""

    def __init__(self, needs):
        self.needs_input_grad, self.saved_tensors = tuple(needs), ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors


class TorchFunction:
    """Stands in for torch.autograd.Function; the check calls `run` and `pull`, you call neither."""

    def run(self, x, weight, bias, needs):
        self.ctx = Context(needs)
        given = (None if value is None else np.asarray(value).view(Tensor) for value in (x, weight, bias))
        return type(self).forward(self.ctx, *given)

    def pull(self, dout):
        grads = type(self).backward(self.ctx, np.asarray(dout).view(Tensor))
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        if len(grads) != 3:
            raise RuntimeError(f"backward returned {len(grads)} gradient(s), but forward has 3 inputs after ctx")
        return dict(zip(("x", "weight", "bias"), grads))

# %%
class MyLinear(TorchFunction):
    """out = x @ weight.T + bias, in the form of a torch.autograd.Function."""

    @staticmethod
    def forward(ctx, x, weight, bias=None):
        """Compute the layer, and keep what backward needs.

        Args:
            ctx: Has save_for_backward(...).
            x: Shape (N, D).
            weight: Shape (M, D).
            bias: Shape (M,), or None.

        Returns:
            out: Shape (N, M).
        """
        ### BEGIN SOLUTION
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        if bias is not None:
            out = out + bias
        return out
        ### END SOLUTION

    @staticmethod
    def backward(ctx, dout):
        """Send the gradient back to the inputs that need one.

        Args:
            ctx: Has saved_tensors, and needs_input_grad: three booleans.
            dout: Upstream gradient, shape (N, M).

        Returns:
            dx, dweight, dbias: In the shapes of the inputs; None for each that needs no gradient.
        """
        ### BEGIN SOLUTION
        x, weight = ctx.saved_tensors
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = dout @ weight
        if ctx.needs_input_grad[1]:
            dweight = dout.T @ x
        if ctx.needs_input_grad[2]:
            dbias = dout.sum(0)
        return dx, dweight, dbias
        ### END SOLUTION


# %% tags=["instructor"]
my_linear = Module(
    MyLinear,
    inputs={
        "x": "N D", "weight": "M D", "bias": "M", "dout": "N M", "none": constant(None),
        "all": constant((True, True, True)), "no_bias": constant((True, True, False)),
        "some": choice((False, True, True), (True, False, True), (True, False, False)),
    },
    init=[],
    steps=[
        ("out", "run", "x", "weight", "bias", "all"), ("gradients", "pull", "dout"),
        ("without_bias", "run", "x", "weight", "none", "no_bias"), ("without_bias", "pull", "dout"),
        ("", "run", "x", "weight", "bias", "some"), ("only_what_is_needed", "pull", "dout"),
    ],
    weights={"gradients": 2},
    points=4,
    variants={
        "only the weight": variant(some=(False, True, False)),
        "only the bias": variant(some=(False, False, True)),
        "everything square": variant(sizes={"N": 4, "D": 4, "M": 4}),
    },
    hints=(
        "It is the affine layer of notebook 02 with its weight transposed, and two questions: is there a bias, and who wants a gradient?",
        "`bias is None` asks for a missing bias (the truth of an array cannot be asked). Backward: start all three with None, and fill in those that needs_input_grad asks for.",
        "dx is dout times weight; dweight is the transposed dout times x; dbias the sum of dout over the examples. Three ifs, for places 0, 1 and 2 of needs_input_grad; return all three, in the order of the inputs.",
    ),
)

# %% [markdown]
# ### In PyTorch itself
#
# *Only if PyTorch is installed; no points. The student guide says how to get its small CPU build. Without it, these cells say so and end.*
#
# Your class becomes a real `torch.autograd.Function`, and PyTorch's own `gradcheck` judges it, by central differences with the step `eps`. A difference up to `atol` passes, and so does a relative one up to `rtol` (0.001 if you say nothing). All in `float64`.
#
# **Predict:** the bias gradient is now made seven times too large. Does a check that varies only `x` and `weight` notice? One that varies `bias` as well? And that one with an `atol` of 100?

# %% tags=["experiment"]
class SevenTimes(MyLinear):
    @staticmethod
    def backward(ctx, dout):
        dx, dweight, dbias = MyLinear.backward(ctx, dout)
        return dx, dweight, None if dbias is None else 7 * dbias

class Sigmoid:
    @staticmethod
    def forward(ctx, x):
        s = 1 / (1 + (-x).exp())
        ctx.save_for_backward(s)
        return s

    @staticmethod
    def backward(ctx, dout):
        (s,) = ctx.saved_tensors
        return dout * s * (1 - s)

with guard():
    if pytorch.there():
        x, weight, bias = pytorch.tensors((4, 3), (2, 3), (2,))
        tight = {"eps": 1e-6, "atol": 1e-7}
        passes = pytorch.passes
        print("yours:                         ", passes(MyLinear, x, weight, bias, **tight))
        print("yours, without a bias:         ", passes(MyLinear, x, weight, None, **tight))
        print("yours, the weight alone:       ", passes(MyLinear, x.detach(), weight, bias.detach(), **tight))
        print("a sigmoid:                     ", passes(Sigmoid, x, **tight))
        print("seven times, bias not varied:  ", passes(SevenTimes, x, weight, bias.detach(), **tight))
        print("seven times, bias varied:      ", passes(SevenTimes, x, weight, bias, **tight))
        print("seven times, an atol of 100:   ", passes(SevenTimes, x, weight, bias, eps=1e-6, atol=100.0))
        print("yours, in float32:             ", passes(MyLinear, x.float(), weight.float(), bias.float(), **tight))

# %% [markdown]
# The bias gradient passes where the bias stands still, and where the tolerance is larger than the error. And in `float32` the right layer *fails*: differences over a step of a millionth drown in the rounding (00). A check judges what it varies, as finely as it looks, and nothing else.

# %% [markdown] tags=["text:explain_zero_grad"]
# **Explain.** In PyTorch gradients accumulate from one `backward()` to the next; in your `Value` they start afresh. Name one use for which
# accumulation is handy, one bug that it invites, and say which numbers you would see in each case. Three or four sentences, with a number from a
# run of your own. (Double-click here to write; a person will read it. It is worth 3 points.)
#
# ### BEGIN SOLUTION
# Accumulation is handy for large batches on a small memory: several backward passes add up before one step (notebook 04). It invites the bug
# of a forgotten zero_grad: the second step uses the sum of the old and the new gradient. With f = a·b, a = 2, b = -0.5, my Value gives a.grad = -0.5
# after one backward and -0.5 again after a second; an accumulating one would show -1.0.
# ### END SOLUTION

# %% tags=["instructor"]
zero_grad = Text(
    "explain_zero_grad", points=3,
    rubric=(
        "Claim: handy for gradient accumulation (or several losses); the bug is a forgotten reset.",
        "Mechanism: the gradients of several backward passes are added up; a step then moves by the sum.",
        "A number from the own run, once and twice backward.",
    ),
)

# %% [markdown]
# ## Looking back
#
# Some forty lines: a number, where it came from, an order, `+=`, a clean start. Everything else in a framework makes it fast: arrays in place of numbers,
# kernels on accelerators, memory that is freed in time.
#
# **Where it matters today.** Reverse mode needs the tape, so memory, not time, limits the length of what can be trained; *checkpointing*
# throws part of the tape away and runs those pieces again. Forward mode has come back for derivatives along single
# directions (Hessian-vector products, physics, diffusion models). And the frameworks move towards tracing, for speed: knowing
# what is in the graph, and when it was made, is half of debugging.
#
# *Sources.* S. Linnainmaa (1970) and B. Speelpenning (1980) for reverse mode; A. Griewank and A. Walther, "Evaluating Derivatives" (2008); A. G. Baydin et al.,
# "Automatic differentiation in machine learning: a survey" (2018). A class of this kind was made popular by A. Karpathy's micrograd (2020).
