# %% [markdown]
# # 02 · Layers, a loss, and a network that trains
#
# *Two sittings of an hour and a half. 48 points.*
#
# When you are through you will be able to
#
# - write the forward and the backward pass of the layers that every network is made of;
# - say what a `cache` is for, and why a backward pass never needs anything else;
# - turn scores into a loss whose gradient fits in one line;
# - put your pieces together into a network that reads digits, and fool it with its own gradient;
# - name three things from which a correct gradient does not protect you.
#
# The pattern is the same all the way down. A *forward* pass computes a result and keeps what it will need
# later. A *backward* pass receives $\frac{\partial L}{\partial \text{out}}$, the **upstream gradient** `dout`,
# and hands on the gradient of the loss $L$ with respect to each of its own inputs:
#
# ```python
# out, cache = layer_forward(inputs)
# d_inputs = layer_backward(dout, cache)
# ```
#
# Below every function that you write stands a cell with `check(...)`. Run it as often as you like.
# `check(affine_backward, hint=1)` gives a first hint, `hint=2` and `hint=3` say more. Hints cost nothing.

# %%
import numpy as np

from autograder import check, progress
from autograder.lab import (
    activations,
    adversarial,
    costs,
    data,
    network,
    plots_layers,
    prediction,
    training,
)
from autograder.lab.guard import guard

# %% [markdown]
# ## The affine layer
#
# Every input is connected to every output. An example may have any shape, such as the rows and columns of a
# picture; the layer first lays it out as one long row of $D = d_1 \cdots d_k$ numbers. The `N` rows together
# form a matrix $X$:
#
# $$
# \underset{(N,\,M)}{\text{out}} \;=\; \underset{(N,\,D)}{X}\;\underset{(D,\,M)}{w} \;+\; \underset{(M,)}{b}
# $$
#
# The bias is added to every row: NumPy's broadcasting does that by itself.

# %%
def affine_forward(x, w, b):
    """Map every example linearly to M numbers, and add a bias.

    Args:
        x: Examples, shape (N, d_1, ..., d_k).
        w: Weights, shape (D, M), where D = d_1 * ... * d_k.
        b: Bias, shape (M,).

    Returns:
        out: Shape (N, M).
        cache: Whatever `affine_backward` will need; it is yours to choose.
    """
    ### BEGIN SOLUTION
    rows = x.reshape(x.shape[0], -1)
    out = rows @ w + b
    cache = (x, w, b)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Its backward pass
#
# Shapes almost write this one for you. The gradient of an array has the shape of that array: always.
#
# | gradient | shape | made from |
# |---|---|---|
# | `dx` | like `x` | `dout` $(N, M)$ and `w` $(D, M)$ |
# | `dw` | $(D, M)$ | $X$ $(N, D)$ and `dout` $(N, M)$ |
# | `db` | $(M,)$ | `dout` $(N, M)$ |
#
# Why a *sum* over the examples in `db`? Each of the `N` rows uses the same bias. A small step of `b` moves all
# rows at once, and their effects on the loss add up. (Where a mean over the examples is wanted, the loss has
# taken it already.) The same is true of `dw`: the matrix product adds over the examples.

# %%
def affine_backward(dout, cache):
    """Send the gradient back through the affine layer.

    Args:
        dout: Upstream gradient dL/dout, shape (N, M).
        cache: What `affine_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x: (N, d_1, ..., d_k).
        dw: dL/dw, shape (D, M).
        db: dL/db, shape (M,).
    """
    ### BEGIN SOLUTION
    x, w, b = cache
    rows = x.reshape(x.shape[0], -1)
    dx = (dout @ w.T).reshape(x.shape)
    dw = rows.T @ dout
    db = dout.sum(axis=0)
    ### END SOLUTION
    return dx, dw, db


# %% tags=["instructor"]
from autograder.exercises import Layer, Loss, array, labels, variant

affine = Layer(
    affine_forward,
    affine_backward,
    inputs={"x": "N d1 d2", "w": "d1*d2 M", "b": "M"},
    points={"forward": 2, "backward": 4},
    variants={
        "flat examples": variant(x=array("N d1*d2")),
        "everything square": variant(sizes={"N": 4, "d1": 2, "d2": 2, "M": 4}),
    },
    hints={
        "forward": (
            "Lay every example out as one row; then the whole batch is one matrix product.",
            "`reshape` with the number of examples first and -1 second keeps each example together.",
            "Multiply the (N, D) rows with w and add b. Keep x in its own shape: backward has to return that shape.",
        ),
        "backward": (
            "Match shapes: only one product of the given matrices has the shape that each gradient needs.",
            "dx needs w transposed, dw needs the rows transposed, and db has lost the axis of the examples.",
            "dx: dout times the transpose of w, put back into the shape of x. dw: transpose of the (N, D) rows times dout. db: add dout over axis 0.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## ReLU
#
# $$\text{out} = \max(0, x) \qquad \frac{\partial\,\text{out}}{\partial x} = \begin{cases}1 & x > 0\\ 0 & x < 0\end{cases}$$
#
# A gate: where the input was positive the gradient passes untouched, elsewhere it stops. What decides is the
# *input of the forward pass*, never the gradient that comes back. At exactly $0$ there is a kink, and any
# slope from 0 to 1 is accepted.

# %%
def relu_forward(x):
    """Cut off what is negative.

    Args:
        x: Any shape.

    Returns:
        out: max(0, x), in the shape of x.
        cache: Whatever `relu_backward` will need.
    """
    ### BEGIN SOLUTION
    out = np.maximum(x, 0)
    cache = x
    ### END SOLUTION
    return out, cache


# %%
def relu_backward(dout, cache):
    """Send the gradient back through ReLU.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `relu_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    x = cache
    dx = dout * (x > 0)
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
relu = Layer(
    relu_forward,
    relu_backward,
    inputs={"x": "N D"},
    ties=["x"],
    variants={
        "three axes": variant(x=array("3 2 4")),
        "millions": variant(x=array("N D", scale=1e8)),  # in which finite differences drown
    },
    points={"forward": 1, "backward": 2},
    hints={
        "forward": (
            "Compare every number with zero and keep the larger one.",
            "NumPy has two functions with similar names: one compares two arrays entry by entry, the other looks for the largest entry along an axis.",
            "`np.maximum` of x and 0; the cache needs x (or where x is positive).",
        ),
        "backward": (
            "The derivative is 1 or 0, entry by entry.",
            "A comparison gives an array of True and False; in a product they count as 1 and 0.",
            "Multiply dout by the mask that says where the input of the forward pass was positive.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} \qquad \sigma'(x) = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)$$
#
# Two things to look out for. In the *forward* pass, $e^{-x}$ overflows for $x = -1000$, and other ways of
# writing the fraction turn into $\infty/\infty$ at the other end, which is `nan`. Never let a positive number into
# `np.exp`. (At $-400$ the sigmoid is tiny, $1.9\cdot10^{-174}$, and not zero; at $+400$ it is exactly 1, since the nearest number below 1 is too far away.
# An overflow that still ends in the right number brings a warning and costs nothing; `nan` does.)
# In the *backward* pass, the derivative is cheapest when written in terms of the **output**.

# %%
def sigmoid_forward(x):
    """Squash every number into (0, 1), without overflow.

    Args:
        x: Any shape.

    Returns:
        out: 1 / (1 + exp(-x)), in the shape of x.
        cache: Whatever `sigmoid_backward` will need.
    """
    ### BEGIN SOLUTION
    z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1, z) / (1 + z)
    cache = out
    ### END SOLUTION
    return out, cache


# %%
def sigmoid_backward(dout, cache):
    """Send the gradient back through the sigmoid.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `sigmoid_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    out = cache
    dx = dout * out * (1 - out)
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
sigmoid = Layer(
    sigmoid_forward,
    sigmoid_backward,
    inputs={"x": "N D"},
    large={"x": 500},
    variants={
        "three axes": variant(x=array("3 2 4")),
        "far out": variant(sizes={"N": 2, "D": 3}, x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 0.0, -0.25]])),
        "nearly one": variant(x=array("N D", low=17.0, scale=0.5), magnitude=1e-8),  # finite differences drown in it
    },
    points={"forward": 2, "backward": 2},
    hints={
        "forward": (
            "Write the fraction in two ways, one for each sign of x, so that the exponent is never positive.",
            "With z = exp(-|x|), which is at most 1: what is the sigmoid for x ≥ 0, and what for x < 0? `np.where` chooses.",
            "For x ≥ 0 it is 1 / (1 + z), for x < 0 it is z / (1 + z). The cache needs only the result.",
        ),
        "backward": (
            "Local derivative times upstream gradient.",
            "The formula for σ′ contains σ, and that is what the forward pass returned.",
            "With s for the output of the forward pass: s times (1 - s), times dout.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Tanh
#
# $$t = \tanh(x) \qquad \frac{\partial t}{\partial x} = 1 - t^2$$
#
# The sigmoid's sibling, from $-1$ to $1$ and centred on zero: $\tanh(x) = 2\,\sigma(2x) - 1$. NumPy's `np.tanh` is
# safe at both ends; the quotient of exponentials is not.

# %%
def tanh_forward(x):
    """Squash every number into (-1, 1).

    Args:
        x: Any shape.

    Returns:
        out: tanh(x), in the shape of x.
        cache: Whatever `tanh_backward` will need.
    """
    ### BEGIN SOLUTION
    out = np.tanh(x)
    cache = out
    ### END SOLUTION
    return out, cache


# %%
def tanh_backward(dout, cache):
    """Send the gradient back through tanh.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `tanh_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    out = cache
    dx = dout * (1 - out**2)
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
tanh = Layer(
    tanh_forward,
    tanh_backward,
    inputs={"x": "N D"},
    large={"x": 500},
    variants={
        "three axes": variant(x=array("3 2 4")),
        "far out": variant(sizes={"N": 2, "D": 3}, x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 0.0, -0.25]])),
        "nearly one": variant(x=array("N D", low=8.0, scale=0.4), magnitude=1e-8),
    },
    points={"forward": 1, "backward": 2},
    hints={
        "forward": (
            "There is a NumPy function for it that never overflows.",
            "Think of what backward will need: the derivative is written in terms of the output.",
            "`np.tanh`, and keep its result in the cache.",
        ),
        "backward": (
            "Local derivative times upstream gradient.",
            "The derivative is one minus the square of the output.",
            "With t for the output of the forward pass: dout times (1 - t·t).",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Softmax and cross-entropy
#
# The last layer gives each example a *score* for every class, any real number. Softmax makes probabilities of
# them, and the loss asks how surprised we are by the right class, on average over the batch:
#
# $$
# p_{ij} = \frac{e^{x_{ij}}}{\sum_k e^{x_{ik}}}
# \qquad
# L = -\frac{1}{N} \sum_{i=1}^{N} \log p_{i,\,y_i}
# \qquad
# \frac{\partial L}{\partial x_{ij}} = \frac{p_{ij} - [\,j = y_i\,]}{N}
# $$
#
# with $x$ and $p$ of shape $(N, C)$ and $y$ of shape $(N,)$. The gradient is a pleasure to read: *what you said,
# minus what is true*.
#
# **Shift first.** $e^{1000}$ overflows. Adding the same number to all scores of a row changes no probability, so
# subtract from each row its own largest score. One maximum for the whole batch is not enough: a row far below
# it would turn into $0/0$.
#
# **Then the logarithm.** A probability of $e^{-800}$ is stored as 0, and $\log 0 = -\infty$. With shifted scores $s$ there is
# no need to go through $p$: $\log p_{ij} = s_{ij} - \log \sum_k e^{s_{ik}}$. (A small number added inside the logarithm is
# no cure: with $10^{-8}$ no loss can exceed about 18.4, however wrong the scores.) The check tries scores that lie
# thousands apart: a loss by way of $p$, infinite or padded, loses its half of the points there; `dx` may be made from $p$.
#
# Softmax and logarithm are one gate here for the reason that you measured in 01. As two, with $p$ kept above $10^{-12}$ for safety, a right class that lies 40 below the best one would get a gradient of $-4\cdot10^{-6}$
# in place of $-1$.

# %%
def softmax_loss(x, y):
    """Cross-entropy of the softmax of the scores, averaged over the batch.

    Args:
        x: Scores, shape (N, C).
        y: Right classes, integers from 0 to C - 1, shape (N,).

    Returns:
        loss: A single number.
        dx: dL/dx, shape (N, C).
    """
    ### BEGIN SOLUTION
    n = len(x)
    shifted = x - x.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    log_p = shifted - np.log(sums)
    loss = -log_p[np.arange(n), y].mean()
    dx = exps / sums
    dx[np.arange(n), y] -= 1
    dx = dx / n
    ### END SOLUTION
    return loss, dx


# %% tags=["instructor"]
softmax = Loss(
    softmax_loss,
    inputs={"x": "N C", "y": labels("N", "C")},
    points=5,
    variants={
        "scores near 1000": variant(x=array("N C", offset=1000)),
        "scores near -1000": variant(x=array("N C", offset=-1000)),
        "scores near ten million": variant(x=array("N C", offset=1e7), judged=["dx"]),  # finite differences drown
        "rows far apart": variant(
            sizes={"N": 4, "C": 3},
            x=np.array([[1.0, 2.0, 0.5], [1001.0, 1000.0, 1002.5], [-998.0, -1000.0, -999.5], [3.0, -1.0, 2.0]]),
        ),
        "scores far apart": variant(x=array("N C", scale=1000)),
    },
    hints=(
        "Three steps: shift each row, make probabilities, then pick the right class of each row.",
        "`max` and `sum` along axis 1 with keepdims=True broadcast back onto the rows. To pick one entry of each row, index with two integer arrays: the row numbers and y.",
        "A log-probability is the shifted score minus the logarithm of its row's sum of exponentials. The loss is minus the mean of the picked ones. For dx take the probabilities, subtract 1 at the picked places, and divide by N.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Half-time
#
# A layer, three activations, a loss: with these you could build a network now. If you have been at it for an hour or more, this is a good place to stop. The next cell checks everything so far at once (the rows below are not written yet, of course).
# When you come back, run the cells above once more (*Run → Run All Above Selected Cell*).

# %% tags=["experiment"]
progress()

# %% [markdown]
# ## Smooth activations: GELU and Swish
#
# ReLU decides with a hard switch. Newer activations multiply $x$ by a *soft* one. GELU asks how likely a standard
# normal number is to lie below $x$ (its distribution function $\Phi$), Swish takes the sigmoid:
#
# $$
# \operatorname{gelu}(x) = x\,\Phi(x) = \frac{x}{2}\Bigl(1 + \operatorname{erf}\frac{x}{\sqrt2}\Bigr)
# \qquad\qquad
# \operatorname{swish}(x) = x\,\sigma(x)
# $$
#
# Both are products in which $x$ occurs twice, so the product rule gives the derivative two terms:
#
# $$
# \operatorname{gelu}'(x) = \Phi(x) + x\,\varphi(x), \quad \varphi(x) = \frac{e^{-x^2/2}}{\sqrt{2\pi}}
# \qquad\qquad
# \operatorname{swish}'(x) = \sigma(x) + x\,\sigma(x)\bigl(1-\sigma(x)\bigr)
# $$
#
# NumPy has no error function; the next cell provides `erf` for arrays. We want the exact GELU, not the popular approximation
# with tanh.

# %% tags=["provided"]
import math

erf = np.vectorize(math.erf, otypes=[float])

# %%
def gelu_forward(x):
    """Weigh every number by the probability that a standard normal one is smaller.

    Args:
        x: Any shape.

    Returns:
        out: x * Phi(x), in the shape of x.
        cache: Whatever `gelu_backward` will need.
    """
    ### BEGIN SOLUTION
    below = 0.5 * (1 + erf(x / np.sqrt(2)))
    out = x * below
    cache = (x, below)
    ### END SOLUTION
    return out, cache


# %%
def gelu_backward(dout, cache):
    """Send the gradient back through GELU.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `gelu_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    x, below = cache
    density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    dx = dout * (below + x * density)
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
gelu = Layer(
    gelu_forward,
    gelu_backward,
    inputs={"x": "N D"},
    variants={
        "three axes": variant(x=array("3 2 4")),
        "far out": variant(x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 0.0, -0.25]])),
        "millions": variant(x=array("N D", scale=1e8)),
    },
    points={"forward": 2, "backward": 3},
    hints={
        "forward": (
            "The normal distribution function can be written with the error function `erf`.",
            "Inside erf stands x over the root of two; outside, one is added and the sum is halved.",
            "Compute Φ first, multiply by x, and keep both x and Φ for the way back.",
        ),
        "backward": (
            "x occurs twice in the product, so the derivative has two terms.",
            "The derivative of Φ is the bell curve φ. It is 0.3989 high at zero.",
            "dout times the sum of Φ and x·φ, with φ the exponential of minus half of x squared, over the root of 2π.",
        ),
    },
)  # fmt: skip

# %%
def swish_forward(x):
    """Weigh every number by its own sigmoid. You may call `sigmoid_forward`: it returns a pair.

    Args:
        x: Any shape.

    Returns:
        out: x * sigmoid(x), in the shape of x.
        cache: Whatever `swish_backward` will need.
    """
    ### BEGIN SOLUTION
    s, _ = sigmoid_forward(x)
    out = x * s
    cache = (x, s)
    ### END SOLUTION
    return out, cache


# %%
def swish_backward(dout, cache):
    """Send the gradient back through Swish.

    Args:
        dout: Upstream gradient, in the shape of x.
        cache: What `swish_forward` returned.

    Returns:
        dx: dL/dx, in the shape of x.
    """
    ### BEGIN SOLUTION
    x, s = cache
    dx = dout * (s + x * s * (1 - s))
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
swish = Layer(
    swish_forward,
    swish_backward,
    inputs={"x": "N D"},
    variants={
        "three axes": variant(x=array("3 2 4")),
        "far out": variant(x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 0.0, -0.25]])),
        "millions": variant(x=array("N D", scale=1e8)),
    },
    points={"forward": 1, "backward": 2},
    hints={
        "forward": (
            "A product of x and its sigmoid.",
            "You have written a sigmoid that does not overflow; use it.",
            "Call sigmoid_forward, multiply the first thing that it returns by x, and keep x and the sigmoid.",
        ),
        "backward": (
            "x occurs twice in the product, so the derivative has two terms.",
            "The second term contains the derivative of the sigmoid, which you know from its output.",
            "With s for the sigmoid: dout times the sum of s and x·s·(1 - s).",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Five activations side by side
#
# What matters about an activation is less its value than its slope: backwards, the signal is multiplied by it once per
# layer. The picture takes your forward functions for the solid lines and your backward functions, with
# an upstream gradient of ones, for the dashed ones.
#
# **Predict first.** Which of the five lets the *largest* slope through, and how large is it?

# %% tags=["experiment"]
my_guess = None  # such as ("tanh", 1.0)

with guard():
    functions = {
        "sigmoid": (sigmoid_forward, sigmoid_backward),
        "tanh": (tanh_forward, tanh_backward),
        "ReLU": (relu_forward, relu_backward),
        "GELU": (gelu_forward, gelu_backward),
        "Swish": (swish_forward, swish_backward),
    }
    table = activations.measure(functions)
    steepest = max(table, key=lambda row: row.highest)
    prediction.compare(
        my_guess, f"{steepest.name}, {steepest.highest:.4f}", "largest slope"
    )
    for row in table:
        print(
            f"{row.name:8}  slope from {row.lowest:7.4f} to {row.highest:6.4f}, "
            f"below 0.01 on {row.flat:4.0%} of [-10, 10], {row.nanoseconds:6.1f} ns per number"
        )
    activations.draw(table)

# %% [markdown]
# | activation | value | slope | range of the slope | saturates | price |
# |---|---|---|---|---|---|
# | sigmoid | $\sigma = 1/(1+e^{-x})$ | $\sigma(1-\sigma)$ | 0 to 0.25 | at both ends | an exponential |
# | tanh | $t = \tanh x$ | $1-t^2$ | 0 to 1 | at both ends | an exponential |
# | ReLU | $\max(0, x)$ | 1 where $x>0$, else 0 | 0 or 1 | below zero, entirely | a comparison |
# | GELU | $x\,\Phi(x)$ | $\Phi + x\varphi$ | −0.1289 to 1.1289 | below zero, softly | an error function |
# | Swish | $x\,\sigma(x)$ | $\sigma + x\sigma(1-\sigma)$ | −0.0998 to 1.0998 | below zero, softly | an exponential |
# | SwiGLU (next) | $\operatorname{swish}(g)\,u$ | to $g$: $u\,\operatorname{swish}'(g)$; to $u$: $\operatorname{swish}(g)$ | without bound | where its gate is shut | an exponential and a third matrix |
#
# Even at its best point the sigmoid hands on a quarter of the signal. (The `erf` of this notebook is a loop in Python, hence its
# price in the picture.)
#
# ## SwiGLU: a gate that is learnt
#
# In many transformers today, the two matrices around an activation have become three. One branch makes values,
# the other decides, number by number, how much of them passes:
#
# $$
# \text{out} \;=\; \Bigl(\underset{(N,\,H)}{\operatorname{swish}(x\,W_g)} \odot \underset{(N,\,H)}{x\,W_u}\Bigr)\,\underset{(H,\,M)}{W_d}
# \qquad x: (N, D), \quad W_g, W_u: (D, H)
# $$
#
# Nothing in it is new to you: three affine maps without bias, one of your activations, and a product, which swaps.
# And `x` is used twice, so its gradient is a sum. Call your `swish_forward` and `swish_backward`.

# %%
def swiglu_forward(x, w_gate, w_up, w_down):
    """A gated two-layer block, as in today's transformers.

    Args:
        x: Shape (N, D).
        w_gate: Weights of the branch that decides, shape (D, H).
        w_up: Weights of the branch that makes the values, shape (D, H).
        w_down: Weights of the way out, shape (H, M).

    Returns:
        out: Shape (N, M).
        cache: Whatever `swiglu_backward` will need.
    """
    ### BEGIN SOLUTION
    gate, kept = swish_forward(x @ w_gate)
    up = x @ w_up
    out = (gate * up) @ w_down
    cache = (x, w_gate, w_up, w_down, gate, up, kept)
    ### END SOLUTION
    return out, cache


# %%
def swiglu_backward(dout, cache):
    """Send the gradient back through SwiGLU.

    Args:
        dout: Upstream gradient, shape (N, M).
        cache: What `swiglu_forward` returned.

    Returns:
        dx: Shape (N, D).
        dw_gate: Shape (D, H).
        dw_up: Shape (D, H).
        dw_down: Shape (H, M).
    """
    ### BEGIN SOLUTION
    x, w_gate, w_up, w_down, gate, up, kept = cache
    dw_down = (gate * up).T @ dout
    dproduct = dout @ w_down.T
    dup = dproduct * gate
    dgate = swish_backward(dproduct * up, kept)
    dw_gate, dw_up = x.T @ dgate, x.T @ dup
    dx = dgate @ w_gate.T + dup @ w_up.T
    ### END SOLUTION
    return dx, dw_gate, dw_up, dw_down


# %% tags=["instructor"]
swiglu = Layer(
    swiglu_forward,
    swiglu_backward,
    inputs={"x": "N D", "w_gate": "D H", "w_up": "D H", "w_down": "H M"},
    large={"x": 500},
    points={"forward": 1, "backward": 3},
    hints={
        "forward": (
            "Two branches start from x; they meet in a product, number by number.",
            "Only the gate branch goes through Swish.",
            "Multiply the swish of x times w_gate by x times w_up, then by the matrix w_down. Keep both branches and swish's cache.",
        ),
        "backward": (
            "Walk back in the opposite order: the last matrix, the product, then the two branches.",
            "A product swaps: the gate branch receives the gradient times the values, and the other way round. Then the gate branch goes back through Swish.",
            "Each branch is a matrix product, with one gradient for its matrix and one for x. The two gradients for x are added.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Two more losses
#
# **Mean squared error**, for numbers instead of classes. Convention: the mean over *all* entries,
#
# $$ L = \frac{1}{N D}\sum_{i,j} (x_{ij} - y_{ij})^2 , \qquad x, y: (N, D). $$

# %%
def mse_loss(x, y):
    """Mean squared error over all entries.

    Args:
        x: Predictions, shape (N, D).
        y: Targets, shape (N, D).

    Returns:
        loss: A single number.
        dx: dL/dx, shape (N, D).
    """
    ### BEGIN SOLUTION
    gap = x - y
    loss = (gap**2).mean()
    dx = 2 * gap / gap.size
    ### END SOLUTION
    return loss, dx


# %% tags=["instructor"]
mse = Loss(
    mse_loss,
    inputs={"x": "N D", "y": "N D"},
    points=2,
    hints=(
        "Difference, square, mean.",
        "The derivative of a square brings a factor 2; the mean brings one over the number of entries.",
        "dx is twice the difference over N times D.",
    ),
)  # fmt: skip

# %% [markdown]
# **The hinge loss** of the support vector machine wants the right score to lead every other by at least 1. Whoever is
# closer than that costs something:
#
# $$ L = \frac1N \sum_i \sum_{j \ne y_i} \max\bigl(0,\; x_{ij} - x_{i\,y_i} + 1\bigr) $$
#
# Each active term pushes *two* scores: the intruder gets $+\frac1N$ and the right class $-\frac1N$. So the right class
# collects one for every intruder.

# %%
def svm_loss(x, y):
    """Multiclass hinge loss, averaged over the batch.

    Args:
        x: Scores, shape (N, C).
        y: Right classes, integers from 0 to C - 1, shape (N,).

    Returns:
        loss: A single number.
        dx: dL/dx, shape (N, C).
    """
    ### BEGIN SOLUTION
    n, rows = len(x), np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / n
    dx = (margins > 0) / n
    dx[rows, y] = -dx.sum(axis=1)
    ### END SOLUTION
    return loss, dx


# %% tags=["instructor"]
svm = Loss(
    svm_loss,
    inputs={"x": array("N C", scale=1.5, digits=9), "y": labels("N", "C")},  # no margin at the kink by chance
    points=3,
    variants={
        "equal scores": variant(sizes={"N": 2, "C": 4}, x=np.array([[2.0, 2.0, -1.5, 2.0], [0.0, 0.0, 0.0, 0.0]])),
    },
    hints=(
        "First a matrix of margins, one for each example and class; the right class does not count.",
        "Pick the right score of each row with two integer arrays and give it a second axis, so that it broadcasts. Set the margins of the right classes to zero.",
        "dx has 1/N where a margin is positive; at the right class stands minus the sum of that row.",
    ),
)  # fmt: skip

# %% [markdown]
# ## The step
#
# The gradient points uphill. Gradient descent takes a step the other way. The *learning rate* $\eta$ says how many times
# the gradient the step is long: $w \leftarrow w - \eta\,dw$.

# %%
def sgd(w, dw, lr):
    """One step of gradient descent.

    Args:
        w: Weights, any shape.
        dw: dL/dw, in the shape of w.
        lr: Learning rate, a positive number.

    Returns:
        new_w: The weights after the step, in the shape of w.
    """
    ### BEGIN SOLUTION
    new_w = w - lr * dw
    ### END SOLUTION
    return new_w


# %% tags=["instructor"]
from autograder.exercises import Answer, Function, Module, Text, choice, constant, rng

sgd_step = Function(
    sgd,
    inputs={"w": "N D", "dw": "N D", "lr": choice(0.5, 0.1, 0.03)},
    large={"dw": 1000},
    variants={"a vector": variant(w=array("6"), dw=array("6"))},
    outputs=["new_w"],
    points=1,
    hints=(
        "Against the gradient, not along it.",
        "The step is the learning rate times the gradient.",
        "Take lr times dw away from w and return the result.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Once by hand, with names
#
# Before the pieces become a network, take the smallest one apart: affine, sigmoid, affine, softmax loss, with every stage under its own name.
#
# $$ \underset{(N,H)}{z_1} = X W_1 + b_1 \qquad \underset{(N,H)}{a_1} = \sigma(z_1) \qquad \underset{(N,C)}{z_2} = a_1 W_2 + b_2 \qquad L = \text{softmax loss}(z_2, y) $$
#
# and back through `dz2`, `da1`, `dz1`. An example for the back of an envelope: $X = (1, 2)$, $y = 0$, no biases, $W_1 = \begin{pmatrix}0.1&-0.2\\0.3&0.4\end{pmatrix}$, $W_2 = \begin{pmatrix}0.5&-0.5\\-0.3&0.8\end{pmatrix}$.
# Then $z_1 = (0.7, 0.6)$, $a_1 = (0.668, 0.646)$, $z_2 = (0.140, 0.182)$, $L = 0.714$; and back $dz_2 = (-0.511, 0.511)$, $da_1 = (-0.511, 0.562)$, $dz_1 = (-0.113, 0.128)$ and $dW_1 = \begin{pmatrix}-0.113&0.128\\-0.226&0.257\end{pmatrix}$.
# You may call what you have written above, or write the lines out.

# %%
def sigma_net_backward(X, y, W1, b1, W2, b2):
    """Loss of affine - sigmoid - affine - softmax, and the gradients of its parameters.

    Args:
        X: Examples, shape (N, D).
        y: Right classes, integers, shape (N,).
        W1, b1: Shapes (D, H) and (H,).
        W2, b2: Shapes (H, C) and (C,).

    Returns:
        loss: A single number.
        dW1, db1, dW2, db2: Gradients in the shapes of the parameters.
    """
    ### BEGIN SOLUTION
    z1 = X @ W1 + b1
    a1 = 0.5 * (1 + np.tanh(0.5 * z1))  # the sigmoid, without overflow
    z2 = a1 @ W2 + b2
    moved = z2 - z2.max(axis=1, keepdims=True)
    logs = moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))
    right = np.arange(len(y)), y
    loss = -logs[right].mean()
    dz2 = np.exp(logs)
    dz2[right] -= 1
    dz2 /= len(y)
    dW2, db2 = a1.T @ dz2, dz2.sum(axis=0)
    da1 = dz2 @ W2.T
    dz1 = da1 * a1 * (1 - a1)
    dW1, db1 = X.T @ dz1, dz1.sum(axis=0)
    ### END SOLUTION
    return loss, dW1, db1, dW2, db2


# %% tags=["instructor"]
sigma_net = Loss(
    sigma_net_backward,
    inputs={"X": "N D", "y": labels("N", "C"), "W1": "D H", "b1": "H", "W2": "H C", "b2": "C"},
    gradients=["dW1", "db1", "dW2", "db2"],
    points=3,
    large={"X": 3.0},
    variants={
        "the envelope": variant(
            X=np.array([[1.0, 2.0]]), y=np.array([0]), W1=np.array([[0.1, -0.2], [0.3, 0.4]]), b1=np.zeros(2),
            W2=np.array([[0.5, -0.5], [-0.3, 0.8]]), b2=np.zeros(2), sizes={"N": 1, "D": 2, "H": 2, "C": 2},
        ),
        "hidden units far out": variant(sizes={"H": 2}, b1=np.array([1000.0, -1000.0])),
        "rows far apart": variant(b2=array("C", scale=4000.0), W1=array("D H", scale=9.0), W2=array("H C", scale=4000.0), allow_infinite=True),
    },
    hints=(
        "Four lines forward, and each of them once more on the way back, the last first.",
        "softmax_loss gives the loss and dz2. Then two affine backward passes, with the sigmoid's slope in between, which is written in a1.",
        "dW2 = a1ᵀ dz2; da1 = dz2 W2ᵀ; dz1 = da1 times a1 times (1 - a1); dW1 = Xᵀ dz1; biases: sums over the examples.",
    ),
)  # fmt: skip

# %% [markdown]
# ## A network
#
# A network is a composition of maps, $L = \ell \circ a_2 \circ \phi \circ a_1$, and so is training. One round, with $\theta$ for all parameters together:
#
# | step | takes | gives |
# |---|---|---|
# | 1 forward | $X, \theta$ | scores, and the caches |
# | 2 loss | scores, $y$ | $L$ and the gradient of the scores |
# | 3 backward | that gradient, the caches | $d\theta$ |
# | 4 update | $\theta, d\theta$ | the next $\theta$ |
# | 5 repeat | the next mini-batch | |
#
# The output of each is the input of the next, and the output of a round is the input of another. You have written every map in it; the fifth step is a loop.

# %% tags=["experiment"]
with guard():
    plots_layers.network_drawing()

# %% [markdown]
# Read the drawing once from left to right and once from right to left. Every box needs, on the way back, exactly what it saw
# on the way there: that is its cache.
#
# This is *credit assignment*: one number at the end, and every weight learns its share in it. Why does it cost so little?
# Between one pixel and one score of this network lies a path through each hidden unit; with three hidden layers of 100 there
# are $100^3$ of them, a million for *each* pixel and score. The gradient is the sum over all paths. Nobody walks them: each
# layer adds up what arrives, once, and hands on the sum.
#
# Now put the pieces together. The parameters live in `self.params`, a dict of four arrays:
#
# | key | shape | starts |
# |---|---|---|
# | `"W1"` | $(D, H)$ | normal, mean 0, standard deviation $\sqrt{2/D}$ |
# | `"b1"` | $(H,)$ | zero |
# | `"W2"` | $(H, C)$ | normal, mean 0, standard deviation $\sqrt{2/H}$ |
# | `"b2"` | $(C,)$ | zero |
#
# Under the root stands the number of inputs of a unit, its *fan-in* (notebook 04 says why). Draw from the `rng` that you are
# given and from nothing else (a seed of your own would start every network alike); the order is yours. The check puts weights of its own into `self.params` before it calls `loss`, and so does training:
# read them from there each time.

# %%
class TwoLayerNet:
    """affine - ReLU - affine, with softmax loss.

    Args:
        input_dim: D, the number of features of an example.
        hidden_dim: H, the width of the hidden layer.
        classes: C, the number of classes.
        rng: A `numpy.random.Generator` for the initial weights.
    """

    def __init__(self, input_dim, hidden_dim, classes, rng):
        ### BEGIN SOLUTION
        def he(fan_in, fan_out):
            return rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))

        self.params = {
            "W1": he(input_dim, hidden_dim), "b1": np.zeros(hidden_dim),
            "W2": he(hidden_dim, classes), "b2": np.zeros(classes),
        }
        ### END SOLUTION

    def loss(self, X, y=None):
        """Scores, or loss and gradients.

        Args:
            X: Examples, shape (N, D).
            y: Right classes, shape (N,), or None.

        Returns:
            Without y: the scores, shape (N, C).
            With y: (loss, grads), where grads has the keys of `self.params`.
        """
        ### BEGIN SOLUTION
        p = self.params
        hidden, cache1 = affine_forward(X, p["W1"], p["b1"])
        active, cache_relu = relu_forward(hidden)
        scores, cache2 = affine_forward(active, p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dactive, dW2, db2 = affine_backward(dscores, cache2)
        dhidden = relu_backward(dactive, cache_relu)
        _, dW1, db1 = affine_backward(dhidden, cache1)
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        ### END SOLUTION


# %% tags=["instructor"]
two_layer_net = Module(
    TwoLayerNet,
    inputs={
        "input_dim": constant(4), "hidden_dim": constant(6), "classes": constant(3), "rng": rng(),
        "params": constant({"W1": array("D H"), "b1": array("H"), "W2": array("H C"), "b2": array("C")}),
        "X": "N D", "y": labels("N", "C"), "X2": "2 D", "y2": labels("2", "C"),
    },
    sizes={"D": 4, "H": 6, "C": 3},
    init=["input_dim", "hidden_dim", "classes", "rng"],
    fresh={"initial_params": "params"},
    assign={"params": "params"},
    # Twice: gradients that add up from call to call would show; and so does what is kept of a batch of another size.
    steps=[
        ("scores", "loss", "X"), *2 * [("loss_and_gradients", "loss", "X", "y")],
        ("scores", "loss", "X2"), ("loss_and_gradients", "loss", "X2", "y2"),
    ],
    variants={
        "scores near 1000": variant(params={"b2": array("C", offset=1000.0)}),
        "scores far apart": variant(params={"W2": array("H C", scale=1000.0)}, allow_infinite=True),
        "a wider network": variant(
            sizes={"D": 80, "H": 50, "C": 24}, input_dim=80, hidden_dim=50, classes=24, judged=["initial_params"],
        ),
    },
    points=4,
    hints=(
        "Forward through affine, ReLU and affine, keeping each cache; then back through them in the opposite order.",
        "`rng.normal` takes a mean, a standard deviation and a shape. Without y, `loss` returns the scores as they are. With y, the gradient of the scores that softmax_loss gives is the upstream gradient of the last affine layer.",
        "Back: the second affine layer, ReLU, the first affine layer. The gradients go into a dict with the same four keys as self.params.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Does it learn?
#
# Three tests that every new network should pass, cheapest first: *the first loss* is about that of a blind guess; *fifty
# examples* can be learnt by heart; and then the real thing.
#
# **Predict first.** Before any training all ten classes look nearly alike to the network. How large is its loss?

# %% tags=["experiment"]
my_guess = None  # the loss before any training

with guard():
    digits = data.digits()
    net = TwoLayerNet(64, 50, 10, np.random.default_rng(0))
    prediction.compare(my_guess, net.loss(digits.X, digits.y)[0], "loss before training")

    few = data.first(digits, 50)
    training.train(
        net.loss,
        net.params,
        few,
        step=lambda w, dw: sgd(w, dw, 0.5),
        epochs=100,
        batch=50,
        label="fifty digits",
    )
    right, loss = training.accuracy(net.loss, few.X, few.y), net.loss(few.X, few.y)[0]
    print(f"fifty digits learnt by heart: {right:.0%} right, loss {loss:.4f}")

# %% [markdown]
# The first loss lies a little above that of a blind guess among ten, as the scores differ a little already, and at random. A
# first loss of 8 says that the scores start out far too large; one of 0.2 says that something is cheating.
#
# **Question.** A network for 10 classes has weights so small that all scores are about equal. What is its softmax loss? Three
# digits after the decimal point are enough. Assign a number.

# %%
answer_initial_loss = None  # a number
### BEGIN SOLUTION
answer_initial_loss = 2.303
### END SOLUTION

# %% tags=["instructor"]
initial_loss = Answer(
    "answer_initial_loss", points=0.5, tolerance=1e-3,
    hints=(
        "If all scores are equal, what probability does each class get?",
        "The loss is minus the logarithm of the right one's probability.",
        "The natural logarithm of the number of classes.",
    ),
)  # fmt: skip

# %% [markdown]
# Now all the digits: 1,438 to learn from, 359 that it never sees.
#
# **Predict first.** How many per cent of those 359 will it read?

# %% tags=["experiment"]
my_guess = None  # per cent right, of the digits that it has never seen

with guard():
    net = TwoLayerNet(64, 50, 10, np.random.default_rng(0))
    history = training.train(
        net.loss,
        net.params,
        digits,
        step=lambda w, dw: sgd(w, dw, 0.5),
        predict=net.loss,
        epochs=15,
        label="digits",
    )
    prediction.compare(my_guess, 100 * history.val[-1], "per cent right on digits never seen")
    plots_layers.loss_curve(
        history, title="A two-layer network reads digits", floor=np.log(10)
    )

# %% [markdown]
# **What did it learn?** Each hidden unit has a weight for every pixel: a column of $W_1$, which is a picture. **Predict first:** will you recognise digits in them?

# %% tags=["experiment"]
with guard():
    names = [f"unit {unit}" for unit in range(16)]
    plots_layers.signed_pictures(net.params["W1"], digits.shape, names)

# %% [markdown]
# Orange pixels speak for a unit, violet ones against it. Some show a stroke and its surroundings, most of them mixtures that mean nothing to us: no unit is "the three", the output adds up all fifty.
#
# ### The learning rate
#
# **Predict first.** The next cell trains the same network with rates of 0.01, 0.5 and 50. Sketch the three loss curves in your
# head: which one creeps, which one falls, and what does the third do?

# %% tags=["experiment"]
with guard(), np.errstate(all="ignore"):

    def losses_at(rate):
        net = TwoLayerNet(64, 50, 10, np.random.default_rng(0))
        return training.train(
            net.loss,
            net.params,
            digits,
            step=lambda w, dw: sgd(w, dw, rate),
            epochs=5,
            label=f"rate {rate:<5}",
        ).loss

    curves = {
        f"{rate:g}: {name}": losses_at(rate)
        for rate, name in ((0.01, "too small"), (0.5, "right"), (50.0, "too large"))
    }
    plots_layers.rate_curves(curves, floor=np.log(10))

# %% [markdown]
# Mind the scale: the loss at rate 50 climbs beyond a hundred, and it ends no better than it began. Each of its gradients was
# right. A gradient is the slope *here*; it promises nothing about the place where so long a step lands.
#
# ### Without an activation, two layers are one
#
# $(XW_1 + b_1)W_2 + b_2 = X(W_1W_2) + (b_1W_2 + b_2)$: one affine map, however many you stack. On the left the network has no
# ReLU, on the right yours does. The data are three spirals.
#
# **Predict first.** What shape can the borders on the left have?

# %% tags=["experiment"]
with guard():
    spirals = data.spirals()

    flat = network.Network((2, 60, 3), 0.2, np.random.default_rng(0), activation="none")
    training.train(
        flat.loss_and_grads,
        flat.parameters,
        spirals,
        step=lambda w, dw: sgd(w, dw, 0.1),
        epochs=300,
        batch=80,
        label="linear",
    )
    bent = TwoLayerNet(2, 60, 3, np.random.default_rng(0))
    training.train(
        bent.loss,
        bent.params,
        spirals,
        step=lambda w, dw: sgd(w, dw, 1.0),
        epochs=600,
        batch=80,
        label="yours ",
    )
    plots_layers.decision_boundaries(
        {"two layers, no activation": flat.scores, "two layers with ReLU": bent.loss},
        spirals,
    )

# %% [markdown]
# Straight lines, on the left: the border between two classes is where two affine scores are equal. More units or more
# training would not bend them; a ReLU does.
#
# ## What a wrong gradient looks like
#
# A map of errors says more than one number. Each square compares an entry of `dw` with a central difference of your own
# forward pass. On the left is your gradient. On the right it has been spoilt on purpose: for one of the outputs,
# one example was forgotten.
#
# **Predict first.** Which squares will light up: one, a row, a column, all?

# %% tags=["experiment"]
with guard():
    draw = np.random.default_rng(0)
    x, w, b, dout = (
        draw.normal(size=(6, 8)),
        draw.normal(size=(8, 5)),
        draw.normal(size=5),
        draw.normal(size=(6, 5)),
    )
    dw = affine_backward(dout, affine_forward(x, w, b)[1])[1]
    spoilt = dw.copy()
    spoilt[:, 2] -= x[3] * dout[3, 2]
    plots_layers.error_maps(
        {"your dw": dw, "dw, spoilt": spoilt}, lambda w: affine_forward(x, w, b)[0], w, dout
    )

# %% [markdown]
# A whole column is wrong: so the fault belongs to one output, and the forward pass is not to blame. When a check
# fails, ask for the *shape* of the error first. One row, one column, everything by one factor: each has its usual suspects.
#
# ## What backpropagation saves
#
# You could train without a backward pass: nudge each of the $P$ parameters up and down and see what the loss does. That costs
# $2P$ forward passes for *one* gradient.
#
# **Predict first.** For about 19,000 parameters: how many times longer than backpropagation does that take?

# %% tags=["experiment"]
my_guess = None  # finite differences' time over backpropagation's

with guard():
    X, y = digits.X[:50], digits.y[:50]

    def cost_of(hidden):
        net = TwoLayerNet(64, hidden, 10, np.random.default_rng(0))
        forward = costs.seconds(lambda: net.loss(X))
        both = costs.seconds(lambda: net.loss(X, y))
        return costs.Cost(sum(p.size for p in net.params.values()), forward, both)

    table = [cost_of(hidden) for hidden in (8, 32, 128, 250)]
    prediction.compare(
        my_guess, table[-1].ratio, f"times longer, at {table[-1].parameters:,} parameters"
    )
    costs.draw(table)

# %% [markdown]
# **Question.** How many forward passes does a check by central differences need for 1,000 parameters, one at a time? Assign a
# whole number.

# %%
answer_check_cost = None  # a whole number
### BEGIN SOLUTION
answer_check_cost = 2000
### END SOLUTION

# %% tags=["instructor"]
check_cost = Answer(
    "answer_check_cost", points=0.5, form="integer",
    hints=(
        "A central difference looks at both sides.",
        "Each parameter is nudged alone.",
        "Two passes for each parameter.",
    ),
)  # fmt: skip

# %% [markdown]
# ## When cross-entropy meets a sigmoid
#
# A bug that no gradient check finds, as every gradient is right: squash the scores with a sigmoid, *then* hand them to
# `softmax_loss`. Now each score lies between 0 and 1. The best the network can do is 1 for the right class and 0 for the nine
# others, and the loss cannot fall below
#
# $$ -\ln\frac{e^1}{e^1 + 9\,e^0} = \ln\bigl(1 + 9/e\bigr) \approx 1.4612 . $$
#
# **Predict first.** How near to this floor does it come in 40 epochs? And will it still read digits?

# %% tags=["experiment"]
my_guess = None  # the loss at which the squashed network ends, after 40 epochs

with guard():

    def squashed_loss(scores, y):
        squashed, kept = sigmoid_forward(scores)
        loss, dsquashed = softmax_loss(squashed, y)
        return loss, sigmoid_backward(dsquashed, kept)

    runs = {}
    for name, loss in (
        ("softmax of the scores", softmax_loss),
        ("softmax of sigmoids", squashed_loss),
    ):
        net = network.Network((64, 50, 10), 0.15, np.random.default_rng(0), loss=loss)
        run = training.train(
            net.loss_and_grads,
            net.parameters,
            digits,
            step=lambda w, dw: sgd(w, dw, 0.5),
            epochs=40,
            batch=50,
            label=name,
        )
        runs[name] = run.loss
        print(
            f"{name}: {training.accuracy(net.scores, digits.X_val, digits.y_val):.1%} right on unseen digits"
        )
    prediction.compare(
        my_guess, float(np.mean(run.loss[-20:])), "loss with the sigmoid in between"
    )
    plots_layers.rate_curves(
        runs,
        floor=np.log(1 + 9 / np.e),
        floor_label="lowest loss possible with sigmoids: {:.4f}",
    )

# %% [markdown]
# It still learns to read. That is what makes the bug so quiet: accuracy looks fine, and the loss seems merely stubborn. Now follow
# the gradient on its way back. Which slope does it meet at the sigmoid, and what is left of it once a score is sure of itself,
# *right or wrong*? Softmax on raw scores has no such brake: its gradient is probability minus truth.

# %% [markdown] tags=["text:explain_sigmoid_scores"]
# **Explain.** A colleague puts a sigmoid in front of the softmax loss, "so that the scores are probabilities already". The
# gradient check passes. In two or three sentences: what goes wrong, by which mechanism, and what does your own run above show?
# Quote a number from it.
#
# ### BEGIN SOLUTION
# Scores between 0 and 1 cannot express certainty: even a perfect answer costs ln(1 + 9/e) = 1.4612, and my run ended just above
# that while the plain network went towards 0. Besides, the gradient passes through the sigmoid's slope of at most 0.25, which vanishes
# where a score is saturated, so a confident mistake is hardly corrected. The gradient is right; the function is the wrong one.
# ### END SOLUTION

# %% tags=["instructor"]
sigmoid_scores = Text(
    "explain_sigmoid_scores",
    points=1,
    rubric=(
        "Claim: squashed scores cannot express certainty, so the loss has a floor far above zero.",
        "Mechanism: the largest ratio of probabilities is e to 1; and the gradient is damped by the sigmoid's slope.",
        "A number from the own run: the floor of 1.461, or the loss at which the run ended.",
    ),
)

# %% [markdown]
# ## Adversarial digits
#
# `dx` has only been a stop on the way to the next layer. For the first layer nobody uses it. But it answers a
# question: *which change of the picture would raise the loss fastest?* Take a small step in its direction, the same size for every
# pixel, $x + \epsilon\,\operatorname{sign}(dx)$, and see what the network reads.
#
# (For a single example, the gradient of `b1` *is* the gradient of the hidden layer. So your `affine_backward` gives `dx` from it.)
#
# **Predict first.** Pixels lie between 0 and 1. With $\epsilon = 0.1$, how many per cent of the digits does the network still read? And if
# the signs are random?

# %% tags=["experiment"]
my_guess = None  # per cent still right at epsilon = 0.1, along the gradient

with guard():
    net = TwoLayerNet(64, 50, 10, np.random.default_rng(0))
    training.train(
        net.loss,
        net.params,
        digits,
        step=lambda w, dw: sgd(w, dw, 0.5),
        epochs=15,
        label="digits",
    )
    draw = np.random.default_rng(1)

    def towards_error(picture, label):
        """dL/dx of one picture."""
        grads = net.loss(picture[None], label[None])[1]
        kept = affine_forward(picture[None], net.params["W1"], net.params["b1"])[1]
        return affine_backward(grads["b1"][None], kept)[0][0]

    signs = np.array(
        [np.sign(towards_error(x, y)) for x, y in zip(digits.X_val, digits.y_val)]
    )
    noise = draw.choice([-1.0, 1.0], signs.shape)
    steps = np.linspace(0, 0.2, 9)

    def still_right(direction):
        return [
            training.accuracy(
                net.loss, np.clip(digits.X_val + e * direction, 0, 1), digits.y_val
            )
            for e in steps
        ]

    along, aside = still_right(signs), still_right(noise)
    prediction.compare(my_guess, 100 * along[4], "per cent still right at 0.1")
    print(f"with random signs of the same size: {100 * aside[4]:.1f} %")
    adversarial.draw(digits, signs, net.loss, steps, along, aside, epsilon=0.1)

# %% [markdown]
# You still read the second row without effort. Along random signs the changes cancel in every weighted sum; along the gradient all
# 64 of them pull the same way. So the map that was learnt is not "the shape of a three". Near each example it is almost linear, and a straight
# slope can be walked down in many tiny steps at once (Goodfellow, Shlens and Szegedy, 2015). The more pixels, the more such steps there are.
#
# ### What does it look at?
#
# The same gradient can be asked what an answer hangs on. $-x \cdot dx$, pixel by pixel, says how much the loss would rise, to first order, if that pixel were blanked.
#
# **Predict first.** Blank the 8 of 64 pixels that speak most for the right digit. How many per cent are still read? (With 8 pixels at random it is about 90.)

# %% tags=["experiment"]
my_guess = None  # per cent still read without the 8 pixels that matter most

with guard():
    pairs = zip(digits.X_val, digits.y_val)
    speaks = np.array([-x * towards_error(x, y) for x, y in pairs])
    ways = {
        "at random": draw.random(speaks.shape),
        "the brightest": digits.X_val,
        "the largest -x dx": speaks,
    }
    left = {}
    for name, order in ways.items():
        blanked = digits.X_val.copy()
        np.put_along_axis(blanked, np.argsort(-order, axis=1)[:, :8], 0, axis=1)
        left[name] = 100 * training.accuracy(net.loss, blanked, digits.y_val)
        print(f"8 of 64 pixels blanked, {name}: {left[name]:.1f} % still read")
    prediction.compare(my_guess, left["the largest -x dx"], "per cent still read")
    maps = speaks[:8] / np.abs(speaks[:8]).max(axis=1, keepdims=True)
    names = [f"a {y}" for y in digits.y_val[:8]] + 8 * ["-x dx"]
    plots_layers.signed_pictures(np.vstack([digits.X_val[:8], maps]).T, digits.shape, names)

# %% [markdown]
# Eight pixels of 64, and next to nothing is read: one in a hundred, where the eight brightest leave a half. So a gradient tells *which* pixels an answer hangs on. It does not tell why, and a prettier map is not a truer one (09).
#
# ## The classic: 784-500-10
#
# The first network of many courses: 500 hidden units, learning rate 0.01, ten epochs over MNIST. MNIST has to be downloaded once. If you have
# a network and a few minutes, set `use_mnist = True`. Otherwise the digits stand in, and the network is 64-500-10.
#
# **Predict first.** Ten times the hidden units, a fiftieth of the rate, batches of ten: better than before, or worse?

# %% tags=["experiment"]
use_mnist = False

with guard():
    pictures = data.mnist(train=5000, validation=1000) if use_mnist else digits
    net = TwoLayerNet(pictures.X.shape[1], 500, pictures.classes, np.random.default_rng(0))
    history = training.train(
        net.loss,
        net.params,
        pictures,
        step=lambda w, dw: sgd(w, dw, 0.01),
        predict=net.loss,
        epochs=10,
        batch=10,
        label=pictures.name,
    )
    print(f"{pictures.name}: {history.val[-1]:.1%} right on unseen pictures")
    plots_layers.loss_curve(
        history,
        title=f"{pictures.X.shape[1]}-500-10 on {pictures.name}, rate 0.01, batches of 10",
        floor=np.log(10),
    )

# %% [markdown]
# On the digits: a little worse. Its 1,440 small steps do not take it as far as the 435 bold ones took the first network, and
# its loss is still falling. The width is not to blame: try a rate of 0.1.
#
# What did it cost? A network of $P$ parameters takes about $6P$ multiplications and additions for each example, forwards and backwards; here $6 \cdot 37{,}510 \cdot 14{,}380 \approx 3.2$ billion. On a laptop that draws 15 watts for two seconds that would be 30 joules.
# (An estimate: nobody metered it. Put in the seconds and the watts of yours.)
#
# ## Looking back
#
# | concept | symbol | in a word |
# |---|---|---|
# | upstream gradient | $\partial L/\partial\,\text{out}$, `dout` | what the rest of the network wants of this output |
# | local slope | $\partial\,\text{out}/\partial\,\text{in}$ | what this layer can do about it |
# | chain rule | upstream × local | pass the wish on |
# | several uses | $\sum$ over paths | wishes add up |
# | cache | inputs or outputs | what must be remembered to know the slope |
# | loss | $L$ | one number that says how bad it is |
# | gradient descent | $w - \eta\,dw$ | a step against the slope |
#
# You wrote the parts of which almost every network consists, and their gradients follow one sentence: *upstream times local, summed over
# every way in which an input is used*. You have also seen three things that a correct gradient does not protect you from: a step that is too
# large, a function that cannot say what it should, and a picture that was made to fool you.
#
# **Where it matters today.** The affine layers, the GELU and the SwiGLU that you wrote sit, with larger sizes, in every block of a transformer, and
# softmax with cross-entropy is what language models are trained on: a classification of the next token.
#
# *Sources.* Names and signatures follow the assignments of Stanford's CS231n. GELU: D. Hendrycks and K. Gimpel (2016). Swish: P. Ramachandran, B. Zoph
# and Q. Le (2017). SwiGLU: N. Shazeer (2020). Adversarial examples: I. Goodfellow, J. Shlens and C. Szegedy (2015). The digits: E. Alpaydin and C. Kaynak, UCI (1998).
