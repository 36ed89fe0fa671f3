# %% [markdown]
# # 01 · Gates: the chain rule on a wire
#
# *About an hour and three quarters. 38 points.*
#
# When you are through you will be able to
#
# - write the backward pass of any small gate, and say in a word what it does to a gradient;
# - read a circuit from right to left, and say what the number on each wire means;
# - take a formula that looks frightening apart into stages and send a gradient back through it;
# - check every gradient you will ever write against two evaluations of the function;
# - differentiate a matrix product without looking it up;
# - say what a Jacobian is, and why nobody builds one.
#
# **How to work.** Each exercise is a cell that you fill in, followed by a locked cell that checks it.
# Run the check as often as you like; it tells you what is wrong, and hints cost nothing:
# `check(add_gate_backward, hint=1)`, then `hint=2`, then `hint=3`, in a cell of your own (press B).

# %%
from decimal import Decimal

import numpy as np

from autograder import check
from autograder.lab import prediction, transformers
from autograder.lab.circuits import draw_circuit
from autograder.lab.guard import guard
from autograder.lab.scales import draw_bars, draw_lines

# %% [markdown]
# ## One gate, two jobs
#
# A gate takes numbers in and gives a number out. On the way *forward* it computes. On the way *back*
# it is told one thing, the **upstream** gradient: how much the final result $L$ of the whole circuit would
# change if the gate's output $z$ changed,
#
# $$\text{dz} = \frac{\partial L}{\partial z},$$
#
# and it must pass on the same news about each of its inputs:
#
# $$\frac{\partial L}{\partial x} = \underbrace{\frac{\partial L}{\partial z}}_{\text{upstream}} \cdot
#   \underbrace{\frac{\partial z}{\partial x}}_{\text{local}} .$$
#
# *Upstream times local*: that is the whole of backpropagation. Everything else is bookkeeping.
#
# Note what the gate does **not** need: it knows nothing of the rest of the circuit. It needs its own
# inputs, which the forward pass puts aside in a `cache`, and the one number from above. This is why a
# layer can be written once and used in any network.

# %% [markdown]
# ### The add gate
#
# $z = x + y$. If $x$ grows by a little, $z$ grows by exactly as much, whatever $y$ is. So both local
# derivatives are 1.
#
# All values in this part are plain numbers. The forward returns two things, the result and a cache. The cache may be
# anything you like, `None` included: only your own backward reads it.

# %%
def add_gate_forward(x, y):
    """Add two numbers.

    Args:
        x, y: The inputs, numbers.

    Returns:
        z: Their sum.
        cache: Whatever add_gate_backward needs.
    """
    ### BEGIN SOLUTION
    z = x + y
    cache = None
    ### END SOLUTION
    return z, cache


# %%
def add_gate_backward(dz, cache):
    """Send the gradient back through z = x + y.

    Args:
        dz: Upstream gradient dL/dz, a number.
        cache: What add_gate_forward returned.

    Returns:
        dx, dy: dL/dx and dL/dy.
    """
    ### BEGIN SOLUTION
    dx = dz
    dy = dz
    ### END SOLUTION
    return dx, dy


# %% tags=["instructor"]
from autograder.exercises import (
    Answer,
    Function,
    Layer,
    Text,
    array,
    constant,
    edit,
    provided,
    variant,
)

add_gate = Layer(
    add_gate_forward, add_gate_backward,
    inputs={"x": "", "y": ""},
    outputs=["z"],
    points={"forward": 1, "backward": 2},
    variants={"both negative": variant(x=-3.0, y=-0.5), "one zero": variant(x=0.0, y=2.0),
              "millions": variant(x=3e8, y=-7e8)},  # in which finite differences drown
    hints={
        "forward": (
            "The gate adds, and need not remember anything: what would its backward pass do with the inputs?",
            "Look at the formula above the cell: one operator.",
            "z is the two inputs with a plus between them; cache may be None.",
        ),
        "backward": (
            "Nudge x by 0.01. By how much does x + y move? That number is the local derivative.",
            "Upstream times local, and the local derivative is the same for both inputs.",
            "Both inputs get dz itself: the add gate hands every input the whole of it.",
        ),
    },
)

# %% [markdown]
# ### The multiply gate
#
# $z = x\,y$. Nudge $x$ by a little: $z$ moves by $y$ times as much. The local derivative of one input is
# the *other* input, so the backward pass needs both of them: here the cache earns its keep.

# %%
def mul_gate_forward(x, y):
    """Multiply two numbers.

    Args:
        x, y: The inputs, numbers.

    Returns:
        z: Their product.
        cache: Whatever mul_gate_backward needs.
    """
    ### BEGIN SOLUTION
    z = x * y
    cache = (x, y)
    ### END SOLUTION
    return z, cache


# %%
def mul_gate_backward(dz, cache):
    """Send the gradient back through z = x * y.

    Args:
        dz: Upstream gradient dL/dz, a number.
        cache: What mul_gate_forward returned.

    Returns:
        dx, dy: dL/dx and dL/dy.
    """
    ### BEGIN SOLUTION
    x, y = cache
    dx = dz * y
    dy = dz * x
    ### END SOLUTION
    return dx, dy


# %% tags=["instructor"]
mul_gate = Layer(
    mul_gate_forward, mul_gate_backward,
    inputs={"x": "", "y": ""},
    outputs=["z"],
    points={"forward": 1, "backward": 2},
    variants={"both negative": variant(x=-3.0, y=-0.5), "one zero": variant(x=0.0, y=2.0),
              "millions": variant(x=3e8, y=-7e8)},  # in which finite differences drown
    hints={
        "forward": (
            "A product, and something to remember for the way back.",
            "What will the backward pass need that it isn't given? Put that into the cache.",
            "z is x times y; the cache holds both of them, as a pair.",
        ),
        "backward": (
            "Nudge x by 0.01 while y stays at 5. By how much does the product move?",
            "The local derivative for x is y, and the other way round.",
            "Take x and y out of the cache; each gradient is dz times the input that it is not about.",
        ),
    },
)

# %% [markdown]
# ### The max gate
#
# $z = \max(x, y)$. Only the larger input has a say; the smaller one may wiggle and nobody notices. So the
# gate *routes*: all of the gradient goes to the winner, none to the loser.
#
# And when both are equal? Then $z$ has a kink: it rises with either input, but does not fall unless both
# do. There is no one derivative; `dx` may be anything between 0 and `dz`, if `dy` gets the rest: together they are `dz`, no more and no less.

# %%
def max_gate_forward(x, y):
    """Take the larger of two numbers.

    Args:
        x, y: The inputs, numbers.

    Returns:
        z: The larger one.
        cache: Whatever max_gate_backward needs.
    """
    ### BEGIN SOLUTION
    z = max(x, y)
    cache = (x, y)
    ### END SOLUTION
    return z, cache


# %%
def max_gate_backward(dz, cache):
    """Send the gradient back through z = max(x, y).

    Args:
        dz: Upstream gradient dL/dz, a number.
        cache: What max_gate_forward returned.

    Returns:
        dx, dy: dL/dx and dL/dy. At a tie any two shares of dz that add up to it are right.
    """
    ### BEGIN SOLUTION
    x, y = cache
    dx = dz if x >= y else 0.0
    dy = dz if x < y else 0.0
    ### END SOLUTION
    return dx, dy


# %% tags=["instructor"]
max_gate = Layer(
    max_gate_forward, max_gate_backward,
    inputs={"x": "", "y": ""},
    outputs=["z"],
    points={"forward": 1, "backward": 2},
    ties=("x", "y"),
    variants={
        "x is larger": variant(x=1.25, y=-0.5),
        "y is larger": variant(x=0.75, y=2.5),
        "both negative": variant(x=-3.0, y=-0.5),
        "millions": variant(x=3e8, y=-7e8),
    },
    hints={
        "forward": (
            "One of the inputs is the output.",
            "Which of the two won must be known on the way back.",
            "Python's own max does the choosing; the cache holds both inputs.",
        ),
        "backward": (
            "Nudge the smaller input: does the output move at all?",
            "Compare the two inputs from the cache. The winner gets everything.",
            "For each input: dz if it is the larger one, otherwise zero.",
        ),
    },
)

# %% [markdown]
# ## A circuit
#
# Wire three gates together:
#
# $$q = x + y, \qquad m = \max(y, z), \qquad f = q \cdot m .$$
#
# The wire $y$ forks: it feeds two gates. On the way back two gradients arrive at $y$, one along each
# branch. What is $\partial f/\partial y$? If $y$ moves, *both* branches move, and their effects add:
#
# $$\frac{\partial f}{\partial y} =
#   \underbrace{\frac{\partial f}{\partial q}\frac{\partial q}{\partial y}}_{\text{through } q}
# + \underbrace{\frac{\partial f}{\partial m}\frac{\partial m}{\partial y}}_{\text{through } m} .$$
#
# The chain rule is a **sum over all paths** from the result to the input, and along each path a product
# of local derivatives. At a fork gradients are *added*, never overwritten. Remember this rule: a single
# `=` where `+=` belongs breaks it, and nothing complains.
#
# ### Predict
# Take $x = 2$, $y = 3$, $z = -1$. Before you run the next cell, write down on paper: $f$, the gradient on
# every wire, and which of the three inputs gets no gradient at all.

# %% tags=["experiment"]
with guard():
    x, y, z = 2.0, 3.0, -1.0
    q, add_cache = add_gate_forward(x, y)
    m, max_cache = max_gate_forward(y, z)
    f, mul_cache = mul_gate_forward(q, m)

    dq, dm = mul_gate_backward(1.0, mul_cache)
    dx, dy_through_q = add_gate_backward(dq, add_cache)
    dy_through_m, dz = max_gate_backward(dm, max_cache)

    draw_circuit(
        {"q": ("+", "x", "y"), "m": ("max", "y", "z"), "f": ("×", "q", "m")},
        values={"x": x, "y": y, "z": z, "q": q, "m": m, "f": f},
        grads={"f": 1.0, "q": dq, "m": dm, "x": dx, "z": dz, ("y", "q"): dy_through_q,
               ("y", "m"): dy_through_m, "y": dy_through_q + dy_through_m},
        title="f = (x + y) · max(y, z): values above the wires, gradients below",
    )

# %% [markdown]
# Above each wire stands what flowed forward, below it what flows back. Read the picture from right to left:
# add gates hand the gradient on, the multiply gate swaps, the max gate routes, and at the fork the two
# branches meet again.
#
# A gradient is a *signal*, with a sign and a force. The sign says in which direction to push the input
# for $f$ to grow; the size says how hard $f$ reacts.

# %% [markdown]
# **Question.** In this circuit $y$ is raised from 3 to 3.01. By how much does $f$ grow, to first order?
# Assign a number, not a computation with the gates.

# %%
answer_force = None  # a number
### BEGIN SOLUTION
answer_force = 0.08
### END SOLUTION

# %% tags=["instructor"]
force = Answer(
    "answer_force", points=1, form="number", tolerance=0.02,
    hints=(
        "A gradient is a rate: change of the output per change of the input.",
        "Read the total gradient at the wire y in the picture: both branches together.",
        "That total, times the step of one hundredth.",
    ),
)

# %% [markdown]
# ### Why nobody adds up the paths one by one
#
# A sum over paths looks innocent. Take a little diamond: $x$ goes into two multiply gates and comes out as $a\,x + b\,x$, so
# there are two ways through. Chain $n$ of them, the end of one being the start of the next: there are $2^n$
# paths. Yet backpropagation visits each gate once. It gathers everything that arrives at a wire *before*
# it goes on, so what lies behind the wire is worked out once and not again for each path. That is why the
# order of the backward pass matters: a wire may only be passed on when everything above it has arrived.
# A stack (the *tape*) does it: push the gates in the order in which they ran, pop them on the way back.
#
# There is a middle way, finite differences: nudge each input and run the circuit again. Its cost grows with
# the number of inputs. For a million weights that is a million runs or more, where backpropagation costs about as much as two.
#
# This is *credit assignment*: one number at the end, and a fair share of praise or blame for everyone
# who had a hand in it, at about the price of a second look.
#
# ### Predict
# The next cell walks through chains of 1 to 12 diamonds in two ways, with your gates, and counts the multiply gates
# that it visits. One way tries every path, as a tree that branches at each diamond (paths that begin alike walk their common beginning once); the
# other visits each diamond once. How many visits for 12 diamonds, with the tree of paths? How many with one visit each?

# %% tags=["experiment"]
my_guess = None  # multiply gates visited for 12 diamonds, in the tree of paths

with guard():
    def diamonds(slopes, count):
        """df/dx of a chain of diamonds x -> a x + b x, along the tree of all paths."""
        if not slopes:
            return 1.0
        total = 0.0
        for slope in slopes[-1]:  # two ways through the last diamond
            upstream = diamonds(slopes[:-1], count)
            total += mul_gate_backward(upstream, mul_gate_forward(slope, 1.0)[1])[1]
            count.append(1)
        return total

    def swept(slopes, count):
        """The same, backwards, each diamond once."""
        gradient = 1.0
        for a, b in reversed(slopes):
            through_a = mul_gate_backward(gradient, mul_gate_forward(a, 1.0)[1])[1]
            through_b = mul_gate_backward(gradient, mul_gate_forward(b, 1.0)[1])[1]
            gradient = through_a + through_b
            count.extend([1, 1])
        return gradient

    lengths = list(range(1, 13))
    by_path, by_sweep, by_nudges = [], [], []
    for n in lengths:
        slopes = [(0.5 + 0.01 * k, 0.5) for k in range(n)]
        count, once = [], []
        one, other = diamonds(slopes, count), swept(slopes, once)
        assert abs(one - other) < 1e-12 * abs(one), "the two ways disagree"
        by_path.append(len(count))
        by_sweep.append(len(once))
        by_nudges.append(2 * (2 * n) * (2 * n))  # two runs for each of 2n slopes, 2n products a run

    prediction.compare(my_guess, by_path[-1], "visits for 12 diamonds, tree of paths")
    draw_lines(
        lengths,
        {"tree of all paths": by_path, "finite differences, all 2n slopes": by_nudges,
         "backpropagation": by_sweep},
        xlabel="diamonds in a row", ylabel="multiply gates visited", logy=True,
        title="The same number, at three prices",
    )

# %% [markdown]
# **Question.** How many paths lead through a chain of 20 diamonds?

# %%
answer_paths = None  # a whole number
### BEGIN SOLUTION
answer_paths = 1048576
### END SOLUTION

# %% tags=["instructor"]
paths = Answer(
    "answer_paths", points=1, form="integer",
    hints=(
        "Each diamond is a choice between two ways.",
        "The choices multiply.",
        "Two to the power of the number of diamonds.",
    ),
)

# %% [markdown]
# ## The sigmoid, one gate at a time
#
# The sigmoid squashes any number into $(0, 1)$. It is four tiny gates in a row:
#
# $$z \;\xrightarrow{\;\times(-1)\;}\; a \;\xrightarrow{\;\exp\;}\; e \;\xrightarrow{\;1+\;}\; s
#   \;\xrightarrow{\;1/\cdot\;}\; f = \frac{1}{1+e^{-z}}$$
#
# | gate | forward | local derivative |
# |---|---|---|
# | scale | $a\,x$ | $a$ |
# | exponential | $e^x$ | $e^x$ |
# | shift | $c + x$ | $1$ |
# | reciprocal | $1/x$ | $-1/x^2$ |
#
# Walk forward through the four, keep what you meet, and walk back with an upstream gradient of 1.
# (The famous short cut comes next; here the point is that you don't need one.)

# %%
def sigmoid_by_gates(z):
    """The sigmoid and its derivative, gate by gate.

    Args:
        z: A number.

    Returns:
        f: The sigmoid of z.
        dz: The derivative df/dz.
    """
    ### BEGIN SOLUTION
    a = -1.0 * z
    e = np.exp(a)
    s = 1.0 + e
    f = 1.0 / s
    ds = -1.0 / s**2
    de = ds
    da = de * e
    dz = da * -1.0
    ### END SOLUTION
    return f, dz


# %% tags=["instructor"]
sigmoid_gates = Function(
    sigmoid_by_gates,
    inputs={"z": array("", scale=1.5)},
    outputs=["f", "dz"],
    gradient_of="1 / (1 + np.exp(-z))",
    points=3,
    large={"z": 10.0},
    variants={"positive": variant(z=2.5), "negative": variant(z=-1.75), "zero": variant(z=0.0),
              "far out": variant(z=19.875, magnitude=1e-9)},  # finite differences drown in the 1 that f is there
    hints=(
        "Four gates forward, the same four in reverse order on the way back; each multiplies by its own slope.",
        "Begin at the right: the reciprocal's slope, taken at its own input, which is the number after the shift.",
        "The reciprocal gives minus one over its squared input; the shift leaves that alone; the exponential "
        "multiplies by its own output; the scale gate flips the sign.",
    ),
)

# %% [markdown]
# ## A neuron
#
# $$f = \sigma(w_0 x_0 + w_1 x_1 + w_2)$$
#
# with weights $w$ of shape `(3,)`, the last of them the bias, and inputs $x$ of shape `(2,)`.
# Lump the four gates into one: with $f = \sigma(z)$ the slope of the sigmoid is
#
# $$\sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr),$$
#
# which costs nothing, as the forward pass has $f$ already. Then two multiply gates and their adds.
#
# *Numbers to compare with:* take `w = [2, -3, -3]`, `x = [-1, -2]` and an upstream gradient of 1. Then
#
# | | |
# |---|---|
# | the sum in the brackets | 1 |
# | `f` | 0.731059 |
# | the gradient that reaches the sum | 0.196612 |
# | `dw` | [-0.196612, -0.393224, 0.196612] |
# | `dx` | [0.393224, -0.589836] |

# %%
def neuron_forward(w, x):
    """A sigmoid neuron with two inputs and a bias.

    Args:
        w: Weights of the two inputs and, last, the bias, shape (3,).
        x: Inputs, shape (2,).

    Returns:
        f: The neuron's output, a number.
        cache: Whatever neuron_backward needs.
    """
    ### BEGIN SOLUTION
    dot = w[0] * x[0] + w[1] * x[1] + w[2]
    f = 1.0 / (1.0 + np.exp(-dot))
    cache = (w, x, f)
    ### END SOLUTION
    return f, cache


# %%
def neuron_backward(df, cache):
    """Send the gradient back through the neuron.

    Args:
        df: Upstream gradient dL/df, a number.
        cache: What neuron_forward returned.

    Returns:
        dw: dL/dw, shape (3,).
        dx: dL/dx, shape (2,).
    """
    ### BEGIN SOLUTION
    w, x, f = cache
    ddot = df * f * (1 - f)
    dw = np.array([ddot * x[0], ddot * x[1], ddot])
    dx = np.array([ddot * w[0], ddot * w[1]])
    ### END SOLUTION
    return dw, dx


# %% tags=["instructor"]
neuron = Layer(
    neuron_forward, neuron_backward,
    inputs={"w": "3", "x": "2"},
    outputs=["f"],
    points={"forward": 2, "backward": 3},
    large={"w": 5.0},
    variants={"the numbers of the text": variant(w=np.array([2.0, -3.0, -3.0]), x=np.array([-1.0, -2.0]))},
    hints={
        "forward": (
            "A dot product, a bias, and the squashing function.",
            "The bias is the third entry of w; no input belongs to it.",
            "First the dot product with the bias added, then one over one plus exp of minus that; keep w, x and f.",
        ),
        "backward": (
            "First through the sigmoid, to the dot product; from there through multiply gates.",
            "The slope of the sigmoid can be written with f alone. The bias is an input of an add gate.",
            "Call what reaches the dot product ddot: df times the sigmoid's slope. Then each weight gets ddot "
            "times its input, the bias gets ddot, and each input gets ddot times its weight.",
        ),
    },
)

# %% [markdown]
# Two ways, one result: through the four small gates, and through the short cut. The picture shows the
# long way, every number on its wire. **Predict:** on its way from $f$ back to the sum in the brackets, at which two gates does the
# gradient change its sign? And which of the five inputs gets the largest one, its sign aside?

# %% tags=["experiment"]
with guard():
    w, x = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0])

    # forward, gate by gate
    p0, cache_p0 = mul_gate_forward(w[0], x[0])
    p1, cache_p1 = mul_gate_forward(w[1], x[1])
    s, cache_s = add_gate_forward(p0, p1)
    dot, cache_dot = add_gate_forward(s, w[2])
    a = -1.0 * dot
    e = np.exp(a)
    d = 1.0 + e
    f = 1.0 / d

    # backward: the four unary gates as numbers, the others by your own functions
    grads = {"f": 1.0, "d": -1.0 / d**2}
    grads["e"] = grads["d"]
    grads["a"] = grads["e"] * e
    grads["dot"] = -grads["a"]
    grads["s"], grads["w2"] = add_gate_backward(grads["dot"], cache_dot)
    grads["p0"], grads["p1"] = add_gate_backward(grads["s"], cache_s)
    grads["w0"], grads["x0"] = mul_gate_backward(grads["p0"], cache_p0)
    grads["w1"], grads["x1"] = mul_gate_backward(grads["p1"], cache_p1)

    draw_circuit(
        {"p0": ("×", "w0", "x0"), "p1": ("×", "w1", "x1"), "s": ("+", "p0", "p1"),
         "dot": ("+", "s", "w2"), "a": ("×−1", "dot"), "e": ("exp", "a"), "d": ("1+", "e"),
         "f": ("1/·", "d")},
        values={"w0": w[0], "x0": x[0], "w1": w[1], "x1": x[1], "w2": w[2], "p0": p0, "p1": p1,
                "s": s, "dot": dot, "a": a, "e": e, "d": d, "f": f},
        grads=grads, title="A neuron, the long way", scale=0.8,
    )
    dw, dx = neuron_backward(1.0, neuron_forward(w, x)[1])
    long_way = np.array([grads[name] for name in ("w0", "w1", "w2", "x0", "x1")])
    print("the long way :", np.round(long_way, 6))
    print("the short cut:", np.round([*dw, *dx], 6))

# %% [markdown]
# ## A formula that looks frightening
#
# $$f(x, y) = \frac{x + \sigma(y)}{\sigma(x) + (x + y)^2}$$
#
# Nobody would differentiate this on paper without a slip. You needn't: write the forward pass in small
# stages, each with a derivative you know, and answer each of them by a line of the backward pass, in
# reverse order. For a variable `t` of the forward pass, call its gradient `dt`.
#
# Both `x` and `y` are used more than once. Every use adds to the gradient: write `+=`.
#
# Your function returns the two derivatives only; $\sigma$ is the sigmoid, and you may define it within the function.
#
# The next cell draws the map: all stages forward, at $(x, y) = (3, -4)$. **Predict** before you start, from the map
# alone: along how many paths does $f$ depend on $x$, and along how many on $y$?

# %% tags=["experiment"]
with guard():
    x, y = 3.0, -4.0
    s = lambda t: 1 / (1 + np.exp(-t))
    bottom = s(x) + (x + y) ** 2
    draw_circuit(
        {"sigy": ("σ", "y"), "num": ("+", "x", "sigy"), "sigx": ("σ", "x"), "xpy": ("+", "x", "y"),
         "xpysqr": ("( )²", "xpy"), "den": ("+", "sigx", "xpysqr"), "invden": ("1/·", "den"),
         "f": ("×", "num", "invden")},
        values={"x": x, "y": y, "sigy": s(y), "num": x + s(y), "sigx": s(x), "xpy": x + y,
                "xpysqr": (x + y) ** 2, "den": bottom, "invden": 1 / bottom,
                "f": (x + s(y)) / bottom},
        title="f = (x + σ(y)) / (σ(x) + (x + y)²), stage by stage", scale=0.85,
    )

# %% [markdown]
# Three paths lead from $f$ to $x$, two to $y$: so many terms has each gradient.
#
# *Numbers to compare with:* at $(x, y) = (3, -4)$: $f = 1.545645$, $\partial f/\partial x = 2.059570$,
# $\partial f/\partial y = 1.592233$. Overwriting at the forks gives $0.512144$ and $0.009046$: the
# right signs, no error message, and wrong.

# %%
def staged_backward(x, y):
    """The gradient of f(x, y) = (x + s(y)) / (s(x) + (x + y)**2), with the sigmoid s.

    Args:
        x, y: Numbers.

    Returns:
        dx, dy: The derivatives df/dx and df/dy.
    """
    ### BEGIN SOLUTION
    sigy = 1.0 / (1.0 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1.0 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den

    dnum = invden
    dinvden = num
    dden = -1.0 / den**2 * dinvden
    dsigx = dden
    dxpysqr = dden
    dxpy = 2 * xpy * dxpysqr
    dx = dxpy
    dy = dxpy
    dx += (1 - sigx) * sigx * dsigx
    dx += dnum
    dsigy = dnum
    dy += (1 - sigy) * sigy * dsigy
    ### END SOLUTION
    return dx, dy


# %% tags=["instructor"]
staged = Function(
    staged_backward,
    inputs={"x": array("", scale=1.5), "y": array("", scale=1.5)},
    outputs=["dx", "dy"],
    gradient_of="(x + 1 / (1 + np.exp(-y))) / (1 / (1 + np.exp(-x)) + (x + y) ** 2)",
    points=5,
    large={"x": 10.0},
    variants={
        "the numbers of the text": variant(x=3.0, y=-4.0),
        "both positive": variant(x=0.5, y=1.25),
        "both negative": variant(x=-0.75, y=-2.0),
        "a sharp peak": variant(x=-23.0, y=23.000003),  # finite differences step across it
    },
    hints=(
        "One line back for each line forward, in reverse order; at each use of x or y add to its gradient.",
        "How many times does x occur in the forward pass? So many contributions has dx: from the numerator, "
        "from the sigmoid, and from the sum that is squared.",
        "Stages: both sigmoids, numerator, sum, its square, denominator, its inverse. On the way back the "
        "inverse's slope is minus one over its squared input, the square's is twice its input, "
        "the sigmoid's is s(1-s); start dx and dy with what the sum gives, then += the others.",
    ),
)

# %% [markdown]
# ## Trust, but check: the numerical gradient
#
# You have just checked your work against numbers that someone printed. For your own functions nobody
# prints any. But a derivative can always be measured: nudge one entry up, nudge it down, look at the difference.
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h\,e_i) - f(x - h\,e_i)}{2h}$$
#
# with $e_i$ all zeros but for a one at place $i$. Going both ways pays: the error of this *central* difference
# falls with $h^2$, that of the one-sided one only with $h$. Here `x` is an array of any shape, `f` takes such
# an array and returns a number, and the result has the shape of `x`.
#
# Mind three traps. Put each entry back before you nudge the next one. `x[i] -= h` does not always undo
# `x[i] += h`: floating point rounds, so keep the old value and put *that* back. And `y = x` makes no copy of an array, only a
# second name for it; `x.copy()` does.
#
# The next two cells are given: functions that the check measures with yours.

# %% tags=["provided"]
def bowl(x):
    """A bowl whose axes are tilted: every entry of x pulls at every other."""
    flat = np.ravel(x)
    order = np.arange(1.0, flat.size + 1.0)
    neighbours = flat[:-1] * flat[1:] * order[:-1]
    return float(np.sum(order * flat**2) + np.sum(flat) ** 2 + np.sum(neighbours))


# %% tags=["provided"]
def waves(x):
    """A smooth landscape of sines and a product."""
    return float(np.sum(np.sin(x)) + np.sum(np.cos(x[:-1] * x[1:])))


# %%
def numeric_gradient(f, x, h=1e-5):
    """The gradient of f at x by central differences.

    Args:
        f: A function of an array like x that returns a number.
        x: Where, an array of any shape; it must be the same afterwards.
        h: The step.

    Returns:
        The gradient, shaped like x.
    """
    ### BEGIN SOLUTION
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        x[i] = old
        grad[i] = (above - below) / (2 * h)
    ### END SOLUTION
    return grad


# %% tags=["instructor"]
numerical = Function(
    numeric_gradient,
    inputs={"f": provided("bowl"), "x": "N D", "h": constant(1e-2)},
    outputs=["gradient"],
    points=4,
    large={"x": 10.0}, small={},
    variants={
        "a vector": variant(x=array("7"), h=1e-2),
        "a coarse step": variant(h=0.25),
        "sines, the default step": variant(f=provided("waves"), h=1e-5),
        "sines, a coarse step": variant(f=provided("waves"), h=0.25),
        "three axes": variant(x=array("2 3 2"), h=1e-2),
    },
    hints=(
        "One entry at a time: up, look, down, look, back again.",
        "np.ndindex(x.shape) walks through the places of an array of any shape. Is every entry back at its old value?",
        "Inside the loop: keep the old entry; set it to old plus h and call f; set it to old minus h and call f; "
        "put the old one back; the slope is the difference over twice h.",
    ),
)

# %% [markdown]
# Now you own an independent judge. Let it judge your own gates, and one wrong answer: a max gate that hands
# its gradient to both inputs. **Predict:** to how many digits will the right ones agree with the measurement? And
# by how much will the wrong one be off, with an upstream gradient of 1?

# %% tags=["experiment"]
with guard():
    rng = np.random.default_rng(1)
    gates = {
        "add": (add_gate_forward, add_gate_backward),
        "multiply": (mul_gate_forward, mul_gate_backward),
        "max": (max_gate_forward, max_gate_backward),
    }
    errors = {}
    for name, (forward, backward) in gates.items():
        point = rng.normal(size=2)
        analytic = np.array(backward(1.0, forward(*point)[1]))
        numeric = numeric_gradient(lambda p, gate=forward: gate(p[0], p[1])[0], point)
        errors[name] = np.abs(analytic - numeric).max()
    w, x = rng.normal(size=3), rng.normal(size=2)
    dw, dx = neuron_backward(1.0, neuron_forward(w, x)[1])
    errors["neuron, dw"] = np.abs(dw - numeric_gradient(lambda v: neuron_forward(v, x)[0], w)).max()
    errors["neuron, dx"] = np.abs(dx - numeric_gradient(lambda v: neuron_forward(w, v)[0], x)).max()
    measured = numeric_gradient(lambda p: max_gate_forward(p[0], p[1])[0], rng.normal(size=2))
    errors["max, as an add gate"] = np.abs(np.array([1.0, 1.0]) - measured).max()

    draw_bars(
        {name: max(error, 1e-17) for name, error in errors.items()},
        xlabel="largest difference between your gradient and the measured one", logx=True,
        title="Right gradients agree to ten digits; a wrong one doesn't agree at all",
    )

# %% [markdown]
# The kit has a judge of this kind, too: `gradcheck(forward, backward, *arrays)`. It goes along a few random directions instead of one
# entry after the other, so it costs the same for two numbers as for a million, and it says how sure it is. You will use it on every layer
# that you invent. **Predict:** on the curve below, where is a step too long, and where too short? And `dy` is a tenth too large: what will its curve look like?

# %% tags=["experiment"]
from autograder import gradcheck

with guard():
    a, b = np.array(1.5), np.array(-0.7)
    right = gradcheck(mul_gate_forward, mul_gate_backward, a, b)
    print(right)
    print(gradcheck(mul_gate_forward, lambda dout, cache: (dout, dout), a, b))
    x, y = np.array([0.3, -1.2, 0.8]), np.array([1.0, 2.0, -0.5])
    gradcheck(lambda x, y: np.sum(np.sin(x) * y**3), lambda x, y: (np.cos(x) * y**3, 3.3 * np.sin(x) * y**2), x, y).plot()

# %% [markdown]
# ## The gate that runs the world: a matrix product
#
# $$Y = X W, \qquad X: (N, D), \quad W: (D, M), \quad Y: (N, M).$$
#
# Most of the time that a large network spends, it spends in this gate. Its backward pass is two more matrix
# products:
#
# $$\text{dX} = \text{dY}\,W^\top \;\; (N, D), \qquad \text{dW} = X^\top\,\text{dY} \;\; (D, M).$$
#
# Where does that come from? $Y_{ij} = \sum_k X_{ik} W_{kj}$ is a row of multiply gates and an add. $X_{ik}$ is
# used in every entry of row $i$ of $Y$, each time multiplied by $W_{kj}$. Uses add up, and a multiply
# gate swaps: $\text{dX}_{ik} = \sum_j \text{dY}_{ij} W_{kj}$. That is it.
#
# And if you forget: the shapes tell you. With $X$ of $(5, 10)$ and $W$ of $(10, 3)$ there is only one
# order of factors that gives $\text{dX}$ its $(5, 10)$. But with *square* matrices every order runs, silently.
# The check tries both.

# %%
def matmul_backward(dout, x, w):
    """Send the gradient back through out = x @ w.

    Args:
        dout: Upstream gradient, shape (N, M).
        x: The left factor, shape (N, D).
        w: The right factor, shape (D, M).

    Returns:
        dx: Gradient with respect to x, shape (N, D).
        dw: Gradient with respect to w, shape (D, M).
    """
    ### BEGIN SOLUTION
    dx = dout @ w.T
    dw = x.T @ dout
    ### END SOLUTION
    return dx, dw


# %% tags=["instructor"]
matmul = Function(
    matmul_backward,
    inputs={"dout": "N M", "x": "N D", "w": "D M"},
    outputs=["dx", "dw"],
    derived=True,
    gradient_of="x @ w",
    points=4,
    variants={"the shapes of the text": variant(sizes={"N": 5, "D": 10, "M": 3},
                                                dout=array("N M"), x=array("N D"), w=array("D M"))},
    hints=(
        "A multiply gate swaps: the gradient of one factor holds the other factor.",
        "Write the shapes under each symbol; one order of factors fits, with one transpose.",
        "For dx: dout stands on the left, w transposed on the right. For dw: x transposed on the left.",
    ),
)

# %% [markdown]
# ## The Jacobian: a matrix that nobody builds
#
# A function of $n$ numbers that returns $m$ numbers has $m \times n$ slopes: its **Jacobian**, $J_{ij} = \partial f_i / \partial x_j$. You can measure it as you measured a gradient, one input at a time: each input gives a *column*.
# (Have a copy of `x` as floats to change, and leave `x` itself alone. Both `f(x)` and `x` may be of any length.)

# %% tags=["provided"]
def mix(x):
    """Two numbers out of any x: the sum of its squares, and its first times its last."""
    return np.array([np.sum(x**2), x[0] * x[-1]])


def squash(x):
    """As many numbers as came in: each depends on itself and on the sum."""
    return np.tanh(x) + 0.1 * np.arange(1, len(x) + 1) * np.sum(x) ** 2


# %%
def local_jacobian(f, x, h=1e-5):
    """Measure all slopes of f at x by central differences.

    Args:
        f: A function from an array of shape (n,) to one of shape (m,).
        x: Where to measure, shape (n,); not modified.
        h: The step.

    Returns:
        J: Shape (m, n); J[i, j] is the slope of f(x)[i] along x[j].
    """
    ### BEGIN SOLUTION
    columns = []
    for j in range(len(x)):
        above, below = np.array(x, float), np.array(x, float)
        above[j] += h
        below[j] -= h
        columns.append((f(above) - f(below)) / (2 * h))
    J = np.stack(columns, axis=1)
    ### END SOLUTION
    return J


# %% [markdown]
# Gates in a row are Jacobians in a row. Along a chain $x \to h \to y$ the slopes multiply, $J = J_2 J_1$, and where two *paths* lead from $x$ to $y$, their products add up: that is the sum over paths again, with matrices on the edges.
#
# Backpropagation never forms $J$. It has one vector, `dout`, and asks for $J^\top\,\text{dout}$, the **vector-Jacobian product** (VJP). From the right, one matrix after the other: $J_1^\top (J_2^\top\,\text{dout})$, always a matrix times a *vector*.

# %%
def vjp_path(jacobians, dout):
    """Send an upstream gradient back along a chain.

    Args:
        jacobians: List of the local Jacobians, in forward order: the first has shape (m1, n), the next (m2, m1) …
        dout: Upstream gradient of the last output, a vector.

    Returns:
        dx: Gradient with respect to the first input, shape (n,).
    """
    ### BEGIN SOLUTION
    dx = dout
    for J in reversed(jacobians):
        dx = J.T @ dx
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
slopes = Function(
    local_jacobian,
    inputs={"f": provided("mix"), "x": "4", "h": constant(1e-5)},
    outputs=["J"],
    points=1,
    large={}, small={},
    variants={
        "as many out as in": variant(f=provided("squash"), x=array("3")),
        "one input": variant(f=provided("squash"), x=array("1")),
        "a large step": variant(h=0.1),
        "a large step, as many out as in": variant(f=provided("squash"), x=array("3"), h=0.2),
        "whole numbers": variant(x=np.array([1, -2, 3, 2])),
    },
    hints=(
        "Move one entry of x up and down, and see how all outputs move.",
        "Each entry of x gives a column. Two fresh copies of x for each entry: nothing has to be put back.",
        "For each j: f with x[j] + h minus f with x[j] - h, over 2h; np.stack of these along axis 1.",
    ),
)
chain = Function(
    vjp_path,
    inputs={"jacobians": constant([array("A B"), array("C A"), array("D C")]), "dout": "D"},
    outputs=["dx"],
    points=1,
    variants={
        "one gate": variant(jacobians=constant([array("D B")])),
        "all square": variant(jacobians=constant([array("4 4"), array("4 4"), array("4 4")]), dout=array("4")),
        "through a single number": variant(jacobians=constant([array("1 B"), array("D 1")])),
        "five gates": variant(jacobians=constant([array("3 4"), array("2 3"), array("5 2"), array("4 5"), array("3 4")]), dout=array("3")),
        "no gate": variant(jacobians=constant([])),
    },
    hints=(
        "Where does the gradient start, at the first gate or at the last?",
        "At each gate, from the last to the first, the transposed Jacobian times what has arrived.",
        "Start with dout; loop over reversed(jacobians); the new vector is J.T @ the old one.",
    ),
)

# %% [markdown]
# **Predict first.** Three layers of 256 tanh units, and their three Jacobians. Multiplying the matrices first, and then by `dout`, gives the same numbers. How many times slower is it?

# %% tags=["experiment"]
my_guess = None  # how many times slower, at 256

def matrices_first(Js, dout):
    return (Js[2] @ Js[1] @ Js[0]).T @ dout


with guard():
    rng = np.random.default_rng(0)
    for n in (16, 64, 256):
        Js = list(rng.normal(size=(3, n, n)) / np.sqrt(n))
        dout = rng.normal(size=n)
        dense, product = (transformers.best_time(way, Js, dout) for way in (matrices_first, vjp_path))
        gap = np.abs(matrices_first(Js, dout) - vjp_path(Js, dout)).max()
        print(f"n = {n:3}: {dense / product:6.1f} times slower, largest difference {gap:.0e}")
    prediction.compare(my_guess, dense / product, "times slower at 256")

# %% [markdown]
# Matrix times matrix takes $n^3$ multiplications, matrix times vector $n^2$. And in a real layer even one Jacobian is too much: an affine layer from (64, 100) to (64, 50) numbers has one of $3200 \times 6400$ entries, 164 MB, of which 63 in 64 are zero. Its VJP is `dout @ w.T`.
#
# ## Where to cut
#
# What counts as one gate is your choice, and it matters. Take a sigmoid output $p = \sigma(z)$ whose right answer is 1, with the loss $L = -\ln p$. As **two gates** its gradient is $-\frac1p$ times
# $p\,(1 - p)$; as **one gate** something cancels before it is computed: $\frac{dL}{dz} = p - 1 = -\frac{1}{1 + e^z}$. On paper both are the same.
#
# And since $-\frac1p$ looks dangerous, many keep $p$ away from zero "to be safe": $-1/\max(p, 10^{-7})$.
#
# **Predict first.** At $z = -20$ the answer is as wrong as it can be. What share of its gradient is left with the safe $p$? And which way has no digits left at $z = 37$?

# %% tags=["experiment"]
my_guess = None  # share of the gradient that is left at z = -20, from 0 to 1

with guard():
    z = np.linspace(-40, 40, 161)
    p = 1 / (1 + np.exp(-z))
    exact = np.array([float(-1 / (1 + Decimal(float(v)).exp())) for v in z])
    ways = {
        "two gates": -1 / p * p * (1 - p),
        "two gates, p at least 1e-7": -1 / np.maximum(p, 1e-7) * p * (1 - p),
        "one gate": -1 / (1 + np.exp(z)),
    }
    left = (ways["two gates, p at least 1e-7"] / exact)[z == -20][0]
    prediction.compare(my_guess, float(left), "share that is left at z = -20")
    errors = {name: np.maximum(np.abs(way / exact - 1), 1e-17) for name, way in ways.items()}
    draw_lines(z, errors, xlabel="z (the right answer is 1)", ylabel="relative error of dL/dz", logy=True,
               title="Three ways to write one gradient")

# %% [markdown]
# Far out on the *right* side two gates lose all their digits, as $1 - p$ cancels: at 20 the error is $4\cdot10^{-8}$, from 37 on the gradient is exactly 0. That hardly hurts, for it should be next to nothing there. On the *wrong* side they are fine,
# until $e^{-z}$ overflows beyond 709. The cure is the leak: with $p$ kept above $10^{-7}$ the gradient loses 59 per cent at $z = -17$ and 98 per cent at $-20$: the example that is most wrong teaches nothing.
#
# So cut where the local slope can be written with the *output* (sigmoid, tanh, exp), or where something cancels (a sigmoid with its loss, softmax with its loss in notebook 02). A gate whose slope divides by a number that may be zero is cut in the wrong place.
#
# **Question.** Sigmoid and $-\ln p$ as one gate, the right answer is 1, $z = -20$. What is $dL/dz$, to two digits after the point? Assign a number.

# %%
answer_one_gate = None  # a number
### BEGIN SOLUTION
answer_one_gate = -1.00
### END SOLUTION

# %% tags=["instructor"]
one_gate = Answer(
    "answer_one_gate", points=1, form="number", tolerance=5e-3,
    hints=(
        "Use the formula of the one gate, not the picture.",
        "What is the sigmoid at -20, to two digits? And minus one?",
        "p - 1, with a p of about two billionths.",
    ),
)

# %% [markdown] tags=["text:explain_locality"]
# **Explain.** A friend says: "My max gate can't do its backward pass, it doesn't know what function the rest of
# the network computes." In three or four sentences: what does a gate need to know, where does it get it from, and
# what does your own run of the circuit above show? Quote a number from it. (Double-click here to write; a person will read it. It is worth 3 points.)
#
# ### BEGIN SOLUTION
# A gate needs its local derivatives, which depend only on its own inputs, and one number from above. The rest of
# the network is summed up in that upstream gradient; the forward pass put the inputs into the cache. In my run the
# max gate saw y = 3 and z = -1 and got 5 from the multiply gate; it gave 5 to y and 0 to z, without knowing that
# the 5 was x + y.
# ### END SOLUTION

# %% tags=["instructor"]
locality = Text(
    "explain_locality", points=3,
    rubric=(
        "Claim: a gate needs only its own inputs (or output) and the upstream gradient.",
        "Mechanism: upstream sums up everything after the gate; the cache holds what came before; times local.",
        "A number from the own run, such as the 5 that reaches the max gate and goes to y alone.",
    ),
)

# %% [markdown]
# ## Looking back
#
# | gate | on the way back it is a … |
# |---|---|
# | add | distributor: everyone gets the whole gradient |
# | multiply | swapper: scaled by the other input |
# | max | router: all to the winner |
# | a fork (one wire, several uses) | adder |
#
# You have differentiated a formula that nobody would touch on paper, and measured a gradient without
# any calculus at all. From here on nothing new happens: layers are gates on arrays.
#
# **Where it matters today.** Residual connections, in every transformer, are an add gate around a block: a
# distributor, so the gradient reaches the early layers undiminished. Attention and gated units multiply, so each
# side's gradient scales with the *other* side: why one dead side starves its partner. Mixtures of experts route,
# like your max gate: an expert that is never chosen never learns.
#
# *Sources.* The circuits and the staged example follow the approach of the CS231n notes on backpropagation
# (Stanford); the history: Linnainmaa 1970, Werbos 1982, Rumelhart, Hinton and Williams 1986.
