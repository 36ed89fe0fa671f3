# %% [markdown]
# # 02 · Layers, a loss, and a network that trains
#
# *About two and a half hours. 45 points.*
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

from autograder import check
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
from autograder.exercises import Layer, Loss, array, edit, labels, variant

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
    mistakes=[
        edit(affine_forward, "rows @ w + b", "rows @ w",
             name="bias_forgotten", says="The bias is missing from the forward pass: out = Xw + b."),
        edit(affine_forward, "x.reshape(x.shape[0], -1)", "x.reshape(x.shape[0], -1, order='F')",
             name="columns_first", says="Each example is laid out column by column; w expects it row by row, as reshape does by itself."),
        edit(affine_forward, "rows @ w + b", "(rows @ w + b) / rows.shape[1]",
             name="divided_by_inputs", follow=True,
             says="The forward pass divides by the number of inputs D; it is a sum over them, not a mean."),
        edit(affine_backward, "rows.T @ dout", "rows.T @ dout / x.shape[0]",
             name="dw_averaged", says="dw is divided by N. The mean over the batch belongs to the loss; here the examples' shares add up."),
        edit(affine_backward, "dout.sum(axis=0)", "dout.mean(axis=0)",
             name="db_averaged", says="db is averaged over the batch; it is a sum: every example uses the same bias."),
        edit(affine_backward, "dout.sum(axis=0)", "dout.sum(axis=1)",
             name="db_wrong_axis", says="db is summed over the outputs instead of over the examples."),
        edit(affine_backward, "dout.sum(axis=0)", "dout.sum(axis=0, keepdims=True)",
             name="db_keepdims", says="db has shape (1, M); b has shape (M,). Broadcasting hides the difference until it does harm."),
        edit(affine_backward, "dout.sum(axis=0)", "dout.copy()",
             name="db_not_summed", says="db still has a row per example; the bias is shared, so its gradient is the sum of the rows."),
        edit(affine_backward, "dout.sum(axis=0)", "dout.sum()",
             name="db_one_number", says="db is one number for all outputs; each output has a bias of its own."),
        edit(affine_backward, "(dout @ w.T).reshape(x.shape)", "dout @ w.T",
             name="dx_not_reshaped", says="dx is still flat; it must have the shape of x."),
        edit(affine_backward, "(dout @ w.T).reshape(x.shape)", "(np.ones_like(dout) @ w.T).reshape(x.shape)",
             name="dx_upstream_ignored", says="dx does not depend on dout: that is the local gradient alone, without the upstream gradient."),
        edit(affine_backward, "rows.T @ dout", "rows.T @ np.ones_like(dout)",
             name="dw_upstream_ignored", says="dw does not depend on dout: multiply the local gradient by the upstream gradient."),
        edit(affine_backward, "dout @ w.T", "dout @ w.reshape(w.shape[1], -1)",
             name="w_reshaped", says="w was reshaped where it must be transposed: the shape fits, but the numbers stand in the wrong places."),
        edit(affine_backward, "rows.T @ dout", "rows.reshape(-1, len(rows)) @ dout",
             name="x_reshaped", says="The rows were reshaped where they must be transposed: the shape fits, but the numbers stand in the wrong places."),
    ],
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
    variants={"three axes": variant(x=array("3 2 4"))},
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
    mistakes=[
        edit(relu_forward, "np.maximum(x, 0)", "np.abs(x)", follow=True,
             name="absolute_value", says="Negative numbers change their sign here; ReLU sets them to zero."),
        edit(relu_forward, "np.maximum(x, 0)", "np.minimum(x, 0)", follow=True,
             name="negative_half", says="This keeps the negative half; ReLU keeps the positive one."),
        edit(relu_forward, "np.maximum(x, 0)", "np.maximum(x, 0.01 * x)", follow=True,
             name="leaky", says="This is the leaky ReLU: below zero the output must be exactly zero."),
        edit(relu_forward, "np.maximum(x, 0)", "(x > 0) * 1.0",
             name="step", says="This returns the mask (0 or 1); ReLU lets the number itself through."),
        edit(relu_forward, "np.maximum(x, 0)", "np.max(x, 0)",
             name="max_along_axis", says="np.max(x, 0) takes the largest entry along axis 0; np.maximum compares entry by entry."),
        edit(relu_backward, "(x > 0)", "(dout > 0)",
             name="mask_from_dout", says="The mask is taken from dout; what decides is the input of the forward pass."),
        edit(relu_backward, "(x > 0)", "((x > 0) & (dout > 0))",
             name="guided", says="Negative upstream gradients are cut off too. (Guided backpropagation does that on purpose; it is no gradient.)"),
        edit(relu_backward, "dout * (x > 0)", "(x > 0) * 1.0",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(relu_backward, "dout * (x > 0)", "dout * 1.0",
             name="no_mask", says="The gradient passes everywhere; it must stop where the input was negative. (A mask out >= 0 is true everywhere: out is never negative.)"),
        edit(relu_backward, "(x > 0)", "(x < 0)",
             name="mask_reversed", says="The mask is upside down: the gradient passes where the input was positive."),
        edit(relu_backward, "(x > 0)", "np.maximum(x, 0)",
             name="times_output", says="dout is multiplied by the output of ReLU; the derivative is 1 there, not x."),
    ],
)  # fmt: skip

# %% [markdown]
# ## Sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} \qquad \sigma'(x) = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)$$
#
# Two things to look out for. In the *forward* pass, $e^{-x}$ overflows for $x = -1000$, and other ways of
# writing the fraction turn into $\infty/\infty$ at the other end, which is `nan`. Never let a positive number into
# `np.exp`. (An overflow that still ends in the right number brings a warning and costs nothing; `nan` does.)
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
        "far out": variant(sizes={"N": 2, "D": 3}, x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 40.0, -0.25]])),
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
    mistakes=[
        edit(sigmoid_forward, "np.where(x >= 0, 1, z)", "np.where(x >= 0, z, 1)", follow=True,
             name="mirrored", says="The curve runs the wrong way: this is 1 / (1 + exp(x)), which falls as x grows."),
        edit(sigmoid_forward, "np.where(x >= 0, 1, z) / (1 + z)", "np.exp(x) / (1 + np.exp(x))",
             name="overflow", says="For large x this is inf / inf, which is nan: rewrite the fraction so that exp never meets a large positive number."),
        edit(sigmoid_forward, "np.exp(-np.abs(x))", "np.exp(-np.minimum(np.abs(x), 5))",
             name="clipped", says="x is clipped so early that the result is wrong, not only safe."),
        edit(sigmoid_forward, "np.where(x >= 0, 1, z) / (1 + z)", "np.tanh(x)", follow=True,
             name="tanh_instead", says="This is tanh, with values from -1 to 1; the sigmoid lies between 0 and 1."),
        edit(sigmoid_forward, "np.where(x >= 0, 1, z) / (1 + z)", "(1 + np.tanh(x)) / 2", follow=True,
             name="twice_as_steep", says="This is the sigmoid of 2x: in σ(x) = (1 + tanh(x/2)) / 2 the half inside matters."),
        edit(sigmoid_forward, "cache = out", "cache = x",
             name="derivative_of_input", says="x (1 - x) is taken of the input; the formula σ (1 - σ) wants the output of the forward pass."),
        edit(sigmoid_backward, "out = cache", "out = 1 / (1 + np.exp(-cache))",
             name="sigmoid_twice", says="The sigmoid is applied once more to what already is its output."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "out * (1 - out)",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "dout * out",
             name="one_factor", says="The factor (1 - σ) is missing from the derivative."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "dout * (1 - out)",
             name="other_factor", says="The factor σ is missing from the derivative: it is σ · (1 - σ)."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "dout * (1 - out**2)",
             name="tanh_derivative", says="1 - out² belongs to tanh; the sigmoid's derivative is out · (1 - out)."),
        edit(sigmoid_backward, "(1 - out)", "(out - 1)",
             name="sign", says="The sign is wrong: the sigmoid rises everywhere, so its derivative is positive."),
    ],
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
        "far out": variant(sizes={"N": 2, "D": 3}, x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 40.0, -0.25]])),
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
    mistakes=[
        edit(tanh_forward, "np.tanh(x)", "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))",
             name="overflow", says="For large |x| this quotient is inf / inf, which is nan; np.tanh is safe."),
        edit(tanh_forward, "np.tanh(x)", "1 / (1 + np.exp(-np.clip(x, -600, 600)))", follow=True,
             name="sigmoid_instead", says="This is the sigmoid, with values from 0 to 1; tanh lies between -1 and 1."),
        edit(tanh_forward, "np.tanh(x)", "np.tanh(x / 2)", follow=True,
             name="half_as_steep", says="This is 2σ(x) - 1; tanh(x) is 2σ(2x) - 1, with a two inside as well."),
        edit(tanh_forward, "np.tanh(x)", "np.arctan(x)", follow=True,
             name="arctan", says="This is the arc tangent; the hyperbolic tangent is np.tanh."),
        edit(tanh_backward, "(1 - out**2)", "(1 - out)",
             name="not_squared", says="The output is not squared: the derivative is 1 - t²."),
        edit(tanh_backward, "(1 - out**2)", "(1 - out) ** 2",
             name="squared_outside", says="The square is around the whole difference; only the output is squared: 1 - t²."),
        edit(tanh_backward, "(1 - out**2)", "out * (1 - out)",
             name="sigmoid_derivative", says="out · (1 - out) belongs to the sigmoid; the derivative of tanh is 1 - t²."),
        edit(tanh_backward, "(1 - out**2)", "(1 - np.tanh(out) ** 2)",
             name="tanh_twice", says="tanh is applied once more to what already is its output."),
        edit(tanh_forward, "cache = out", "cache = x",
             name="derivative_of_input", says="The input is squared; the formula 1 - t² wants the output of the forward pass."),
        edit(tanh_backward, "dout * (1 - out**2)", "dout * 1 - out**2",
             name="brackets_missing", says="Brackets are missing: dout * 1 - t² takes t² away from dout; multiply dout by (1 - t²)."),
        edit(tanh_backward, "dout * (1 - out**2)", "1 - out**2",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(tanh_backward, "(1 - out**2)", "(out**2 - 1)",
             name="sign", says="The sign is wrong: tanh rises everywhere, so its derivative is positive."),
    ],
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
    mistakes=[
        edit(softmax_loss, "x - x.max(axis=1, keepdims=True)", "x * 1.0",
             ("shifted - np.log(sums)", "np.log(exps / sums)"),
             name="no_shift", says="The scores are not shifted: exp overflows for large scores. Subtract each row's largest score first."),
        edit(softmax_loss, "x - x.max(axis=1, keepdims=True)", "x - x.max()",
             name="global_shift", says="One maximum is subtracted from the whole batch; a row far below it underflows to 0/0. Each row needs its own."),
        edit(softmax_loss, ".mean()", ".sum()",
             name="loss_not_averaged", says="The loss is summed over the batch; it is a mean: divide by N."),
        edit(softmax_loss, ".mean()", ".mean() / n",
             name="loss_divided_twice", says="The loss is divided by N twice: the mean has done it already."),
        edit(softmax_loss, "dx = dx / n", "dx = dx * 1.0",
             name="dx_not_divided", says="dx lacks the 1/N of the mean in the loss."),
        edit(softmax_loss, "dx = dx / n", "dx = dx / n**2",
             name="dx_divided_twice", says="dx is divided by N twice."),
        edit(softmax_loss, "log_p[np.arange(n), y]", "log_p[:, y]",
             name="loss_all_columns", says="log_p[:, y] takes the columns of all labels from every row, (N, N) numbers; one entry per row is wanted."),
        edit(softmax_loss, "dx[np.arange(n), y] -= 1", "dx[:, y] -= 1",
             name="dx_all_columns", says="dx[:, y] -= 1 changes those columns in every row; subtract 1 at one place per row."),
        edit(softmax_loss, "dx[np.arange(n), y] -= 1", "pass",
             name="no_truth", says="dx holds the probabilities alone; subtract 1 at the right class."),
        edit(softmax_loss, "dx = dx / n", "dx = -dx / n",
             name="sign", says="The gradient has the wrong sign: it is probability minus truth."),
        edit(softmax_loss, "dx[np.arange(n), y] -= 1", "dx[np.arange(n), dx.argmax(axis=1)] -= 1",
             name="predicted_class", says="1 is subtracted at the predicted class; it belongs to the right one, y."),
        edit(softmax_loss, "exps.sum(axis=1, keepdims=True)", "exps.sum(axis=0, keepdims=True)",
             name="over_the_batch", says="The probabilities sum to one over the batch; they must over the classes of each example."),
        edit(softmax_loss, "-log_p[np.arange(n), y].mean()", "-np.exp(log_p)[np.arange(n), y].mean()",
             name="log_missing", says="The loss is minus the mean probability; the logarithm is missing."),
        edit(softmax_loss, "log_p = shifted - np.log(sums)", "log_p = np.log(exps / sums)",
             name="log_of_p", says="The logarithm is taken of p, which is stored as 0 where it is very small: the loss becomes infinite. Take log p as the shifted score minus the log of the sum."),
        edit(softmax_loss, "log_p = shifted - np.log(sums)", "log_p = np.log(exps / sums + 1e-8)",
             name="log_padded", says="1e-8 is added inside the logarithm: no loss can then exceed about 18.4, however wrong the scores. Take log p as the shifted score minus the log of the sum."),
        edit(softmax_loss, "log_p = shifted - np.log(sums)", "log_p = np.log(exps / sums + 1e-12)",
             name="log_padded_less", says="1e-12 is added inside the logarithm: no loss can then exceed about 27.6, however wrong the scores. Take log p as the shifted score minus the log of the sum."),
        edit(softmax_loss, "    loss = -log_p[np.arange(n), y].mean()\n", "",
             ("    dx = dx / n", "    loss = -np.log(dx[np.arange(n), y]).mean()\n    dx = dx / n"),
             name="one_subtracted_too_early", says="The loss is taken after 1 was subtracted at the right classes, so the logarithm meets a negative number. Compute the loss first, or work on a copy."),
    ],
)  # fmt: skip

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
        "far out": variant(x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 40.0, -0.25]])),
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
    mistakes=[
        edit(gelu_forward, "below = 0.5 * (1 + erf(x / np.sqrt(2)))",
             "below = 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))", follow=True,
             name="tanh_approximation", says="This is the approximation with tanh; it is off by up to 0.0005. The exact one uses erf."),
        edit(gelu_forward, "below = 0.5 * (1 + erf(x / np.sqrt(2)))", "below = 1 / (1 + np.exp(np.clip(-1.702 * x, -700, 700)))", follow=True,
             name="sigmoid_approximation", says="This is the approximation x·σ(1.702x); the exact GELU uses erf."),
        edit(gelu_forward, "erf(x / np.sqrt(2))", "erf(x)", follow=True,
             name="root_of_two_missing", says="erf is taken of x; in Φ it is taken of x over the root of two."),
        edit(gelu_forward, "0.5 * (1 + erf", "(1 + erf", follow=True,
             name="half_missing", says="Φ lies between 0 and 1; the one half is missing."),
        edit(gelu_forward, "out = x * below", "out = below * 1.0", follow=True,
             name="x_missing", says="This returns Φ(x) alone; GELU is x times Φ(x)."),
        edit(gelu_backward, "(below + x * density)", "below",
             name="second_term_missing", says="The second term of the product rule is missing: Φ depends on x as well."),
        edit(gelu_backward, "(below + x * density)", "(x * density)",
             name="first_term_missing", says="The first term of the product rule is missing: Φ itself."),
        edit(gelu_backward, "below + x * density", "below + density",
             name="x_missing_in_derivative", says="The second term is x times the density; x is missing."),
        edit(gelu_backward, " / np.sqrt(2 * np.pi)", "",
             name="density_not_normalised", says="The density lacks its factor 1/√(2π)."),
        edit(gelu_backward, " / np.sqrt(2 * np.pi)", " / (2 * np.pi)",
             name="root_of_two_pi_missing", says="The density is divided by 2π; it must be divided by the root of 2π."),
        edit(gelu_backward, "below + x * density", "below + x * below",
             name="distribution_for_density", says="The second term takes Φ once more; the derivative of Φ is the density φ."),
        edit(gelu_backward, "np.exp(-0.5 * x**2)", "np.exp(-(x**2))",
             name="half_missing_in_exponent", says="The exponent of the density is minus half of x squared; the half is missing."),
        edit(gelu_backward, "dout * (below + x * density)", "below + x * density",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(gelu_backward, "dout * (below + x * density)", "dout * (x > 0)",
             name="relu_derivative", says="This is the derivative of ReLU; GELU's is smooth."),
    ],
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
        "far out": variant(x=np.array([[-1000.0, -20.0, 0.5], [1000.0, 40.0, -0.25]])),
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
    mistakes=[
        edit(swish_forward, "out = x * s", "out = s * 1.0", follow=True,
             name="x_missing", says="This returns the sigmoid alone; Swish is x times its sigmoid."),
        edit(swish_forward, "out = x * s", "out = x * (1 - s)", follow=True,
             name="mirrored", says="x is multiplied by 1 - σ(x), which is σ(-x); it should be σ(x)."),
        edit(swish_forward, "sigmoid_forward(x)", "sigmoid_forward(1.702 * x)", follow=True,
             name="steeper", says="The sigmoid is taken of 1.702x (an approximation of GELU); Swish takes it of x."),
        edit(swish_forward, "out = x * s", "out = x * s * (x > 0)", follow=True,
             name="cut_off", says="Negative numbers are set to zero; Swish lets a little of them through."),
        edit(swish_forward, "s, _ = sigmoid_forward(x)", "s = np.exp(x) / (1 + np.exp(x))",
             name="overflow", says="For large x this sigmoid is inf / inf, which is nan: call sigmoid_forward, or never let exp meet a large positive number."),
        edit(swish_backward, "(s + x * s * (1 - s))", "s",
             name="second_term_missing", says="The second term of the product rule is missing: the sigmoid depends on x as well."),
        edit(swish_backward, "(s + x * s * (1 - s))", "(x * s * (1 - s))",
             name="first_term_missing", says="The first term of the product rule is missing: the sigmoid itself."),
        edit(swish_backward, "(s + x * s * (1 - s))", "(s + s * (1 - s))",
             name="x_missing_in_derivative", says="The second term is x·s·(1 - s); x is missing."),
        edit(swish_backward, "(s + x * s * (1 - s))", "(s + x * s * (1 - x * s))",
             name="derivative_of_output", says="The factor (1 - s) is taken of the output x·s; it belongs to the sigmoid s."),
        edit(swish_backward, "dout * (s + x * s * (1 - s))", "s + x * s * (1 - s)",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(swish_backward, "s + x * s * (1 - s)", "s - x * s * (1 - s)",
             name="sign", says="The second term has the wrong sign; both terms of the product rule are added."),
    ],
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
# | activation | range of the slope | saturates | price |
# |---|---|---|---|
# | sigmoid | 0 to 0.25 | at both ends | an exponential |
# | tanh | 0 to 1 | at both ends | an exponential |
# | ReLU | 0 or 1 | below zero, entirely | a comparison |
# | GELU | −0.1289 to 1.1289 | below zero, softly | an error function |
# | Swish | −0.0998 to 1.0998 | below zero, softly | an exponential |
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
    large={"x": 10},
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
    mistakes=[
        edit(swiglu_forward, "swish_forward(x @ w_gate)", "sigmoid_forward(x @ w_gate)", ("kept = ", "_ = "),
             ("up = x @ w_up", "up, kept = x @ w_up, swish_forward(x @ w_gate)[1]"),
             name="sigmoid_gate", follow=True, says="The gate goes through the sigmoid (that is a GLU); SwiGLU takes Swish."),
        edit(swiglu_forward, "swish_forward(x @ w_gate)", "swish_forward(x @ w_up)", ("up = x @ w_up", "up = x @ w_gate"),
             name="branches_swapped", follow=True, says="Swish is applied to the branch of w_up; it belongs to the branch of w_gate."),
        edit(swiglu_forward, "up = x @ w_up", "up = swish_forward(x @ w_up)[0]",
             name="swish_on_both", follow=True, says="Both branches go through Swish; only the gate does."),
        edit(swiglu_forward, "(gate * up) @ w_down", "(gate + up) @ w_down",
             name="added", follow=True, says="The branches are added; they must be multiplied, number by number."),
        edit(swiglu_backward, "dgate @ w_gate.T + dup @ w_up.T", "dup @ w_up.T",
             name="dx_without_gate", says="dx misses the way through the gate: x is used in both branches."),
        edit(swiglu_backward, "dgate @ w_gate.T + dup @ w_up.T", "dgate @ w_gate.T",
             name="dx_without_values", says="dx misses the way through w_up: x is used in both branches."),
        edit(swiglu_backward, "swish_backward(dproduct * up, kept)", "dproduct * up",
             name="swish_skipped", says="The gradient of the gate does not go back through Swish."),
        edit(swiglu_backward, "swish_backward(dproduct * up, kept)", "swish_backward(dproduct, kept)",
             name="values_missing", says="A product swaps: the gradient of the gate must be multiplied by the other branch."),
        edit(swiglu_backward, "dup = dproduct * gate", "dup = dproduct",
             name="gate_missing", says="A product swaps: the gradient of the values must be multiplied by the gate."),
        edit(swiglu_backward, "dup = dproduct * gate", "dup = dproduct * up",
             ("dproduct * up, kept", "dproduct * gate, kept"),
             name="not_swapped", says="Each branch is multiplied by itself; in a product each gets the gradient times the other."),
        edit(swiglu_backward, "(gate * up).T @ dout", "gate.T @ dout",
             name="dw_down_without_values", says="dw_down uses the gate alone; its input was the product of both branches."),
        edit(swiglu_backward, "dw_gate, dw_up = x.T @ dgate, x.T @ dup", "dw_up, dw_gate = x.T @ dgate, x.T @ dup",
             name="gradients_swapped", says="dw_gate and dw_up have changed places."),
    ],
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
    mistakes=[
        edit(mse_loss, "(gap**2).mean()", "0.5 * (gap**2).mean()",
             name="half", says="The loss is halved; by our convention it is the plain mean of the squares."),
        edit(mse_loss, "(gap**2).mean()", "(gap**2).sum()",
             name="loss_summed", says="The loss is a sum; it must be the mean over all entries."),
        edit(mse_loss, "(gap**2).mean()", "(gap**2).sum() / len(gap)",
             name="loss_per_example", says="The loss is divided by N only; the mean is over all N·D entries."),
        edit(mse_loss, "(gap**2).mean()", "np.abs(gap).mean()",
             name="absolute_error", says="This is the mean absolute error; square the differences."),
        edit(mse_loss, "(gap**2).mean()", "np.sqrt((gap**2).mean())",
             name="root", says="The root is taken of the mean; the loss is the mean of the squares itself."),
        edit(mse_loss, "2 * gap / gap.size", "gap / gap.size",
             name="two_missing", says="The factor 2 from the square is missing in dx."),
        edit(mse_loss, "2 * gap / gap.size", "2 * gap / len(gap)",
             name="dx_per_example", says="dx is divided by N only; the mean is over all N·D entries."),
        edit(mse_loss, "2 * gap / gap.size", "2 * gap",
             name="dx_not_averaged", says="dx is not divided by the number of entries."),
        edit(mse_loss, "2 * gap / gap.size", "-2 * gap / gap.size",
             name="sign", says="dx has the wrong sign: it points from the target to the prediction."),
        edit(mse_loss, "2 * gap / gap.size", "2 * np.sign(gap) / gap.size",
             name="sign_only", says="dx keeps only the sign of the difference; the square's derivative is proportional to it."),
    ],
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
    hints=(
        "First a matrix of margins, one for each example and class; the right class does not count.",
        "Pick the right score of each row with two integer arrays and give it a second axis, so that it broadcasts. Set the margins of the right classes to zero.",
        "dx has 1/N where a margin is positive; at the right class stands minus the sum of that row.",
    ),
    mistakes=[
        edit(svm_loss, "    margins[rows, y] = 0\n", "", ("dx[rows, y] = -dx.sum(axis=1)", "dx[rows, y] = 0\n    dx[rows, y] = -dx.sum(axis=1)"),
             name="right_class_counted", says="The right class is counted among the margins and adds 1 for each example."),
        edit(svm_loss, "[:, None] + 1)", "[:, None])",
             name="margin_missing", says="The margin of 1 is missing: the right score must lead by at least 1."),
        edit(svm_loss, "x - x[rows, y][:, None] + 1", "x[rows, y][:, None] - x + 1",
             name="reversed", says="The difference is upside down: a class costs when its score is too high, not too low."),
        edit(svm_loss, "margins.sum() / n", "margins.sum()",
             name="loss_not_averaged", says="The loss is summed over the batch; divide by N."),
        edit(svm_loss, "margins.sum() / n", "margins.mean()",
             name="loss_over_all", says="The loss is averaged over N·C entries; it is a sum over classes and a mean over examples."),
        edit(svm_loss, "margins.sum() / n", "(margins**2).sum() / n",
             name="squared", says="The margins are squared; this is the plain hinge loss."),
        edit(svm_loss, "margins.sum() / n", "margins.max(axis=1).mean()",
             name="worst_only", says="Only the worst class of each example counts here; all of them do."),
        edit(svm_loss, "(margins > 0) / n", "(margins > 0) * 1.0",
             name="dx_not_averaged", says="dx lacks the 1/N of the mean."),
        edit(svm_loss, "    dx[rows, y] = -dx.sum(axis=1)", "",
             name="right_class_not_pushed", says="The right class has no gradient; every active margin pushes it down by 1/N."),
        edit(svm_loss, "-dx.sum(axis=1)", "-1 / n",
             name="right_class_once", says="The right class is pushed once per example; it must be once per active margin."),
        edit(svm_loss, "(margins > 0) / n", "np.ones_like(margins) / n", ("dx[rows, y] = -dx.sum(axis=1)", "dx[rows, y] = 0\n    dx[rows, y] = -dx.sum(axis=1)"),
             name="all_active", says="Every class has a gradient, whether its margin is violated or not."),
        edit(svm_loss, "(margins > 0) / n", "margins / n",
             name="margin_as_slope", says="dx contains the margins themselves; the slope of an active margin is 1."),
    ],
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
    variants={"a vector": variant(w=array("6"), dw=array("6"))},
    outputs=["new_w"],
    points=1,
    hints=(
        "Against the gradient, not along it.",
        "The step is the learning rate times the gradient.",
        "Take lr times dw away from w and return the result.",
    ),
    mistakes=[
        edit(sgd, "w - lr * dw", "w + lr * dw",
             name="uphill", says="The step goes along the gradient, uphill; descent takes it away."),
        edit(sgd, "w - lr * dw", "w - dw",
             name="no_rate", says="The learning rate is missing from the step."),
        edit(sgd, "w - lr * dw", "-lr * dw",
             name="step_only", says="This returns the step alone; return the weights after the step."),
        edit(sgd, "w - lr * dw", "w - lr * np.sign(dw)",
             name="sign_only", says="Only the sign of the gradient is used; the step is proportional to the gradient."),
        edit(sgd, "w - lr * dw", "w - lr * dw / np.linalg.norm(dw)",
             name="normalised", says="The gradient is scaled to length one; plain gradient descent uses it as it is."),
        edit(sgd, "w - lr * dw", "w - lr * dw / len(w)",
             name="averaged", says="The step is divided by the number of rows; the mean over the batch is in the loss already."),
        edit(sgd, "w - lr * dw", "w - lr * (dw + w)",
             name="weight_decay", says="The weights themselves are added to the gradient: that is weight decay, not plain descent."),
        edit(sgd, "w - lr * dw", "w - dw / lr",
             name="divided_by_rate", says="The gradient is divided by the learning rate; multiply."),
        edit(sgd, "w - lr * dw", "w * (1 - lr * dw)",
             name="multiplied", says="The step is multiplied by the weights; take lr times dw away from them."),
    ],
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
        "X": "N D", "y": labels("N", "C"),
    },
    sizes={"D": 4, "H": 6, "C": 3},
    init=["input_dim", "hidden_dim", "classes", "rng"],
    fresh={"initial_params": "params"},
    assign={"params": "params"},
    # Twice: gradients that add up from call to call would show.
    steps=[("scores", "loss", "X"), *2 * [("loss_and_gradients", "loss", "X", "y")]],
    variants={
        "scores near 1000": variant(params={"b2": array("C", offset=1000.0)}),
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
    mistakes=[
        edit("TwoLayerNet", "relu_forward(hidden)", "(hidden, hidden)", ("relu_backward(dactive, cache_relu)", "dactive"),
             name="no_activation", says="There is no ReLU between the layers: without it two layers are one."),
        edit("TwoLayerNet", "relu_backward(dactive, cache_relu)", "dactive",
             name="relu_skipped_backward", says="The gradient does not go back through ReLU."),
        edit("TwoLayerNet", "return scores", "return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)",
             name="probabilities", says="Without y the class returns probabilities; it should return the scores themselves."),
        edit("TwoLayerNet", "return scores", "return scores.argmax(axis=1)",
             name="predictions", says="Without y the class returns the predicted classes; it should return the scores."),
        edit("TwoLayerNet", "return scores", "return relu_forward(scores)[0]", ("softmax_loss(scores, y)", "softmax_loss(relu_forward(scores)[0], y)"),
             name="relu_on_scores", says="ReLU is applied to the scores; scores may be negative."),
        edit("TwoLayerNet", 'affine_forward(active, p["W2"], p["b2"])', 'affine_forward(active, p["W2"], 0 * p["b2"])',
             name="second_bias_missing", says="The second bias is missing from the scores."),
        edit("TwoLayerNet", 'affine_forward(X, p["W1"], p["b1"])', 'affine_forward(X, p["W1"], 0 * p["b1"])',
             name="first_bias_missing", says="The first bias is missing from the hidden layer."),
        edit("TwoLayerNet", "loss, dscores = softmax_loss(scores, y)",
             "p_ = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)\n        rows = np.arange(len(y))\n"
             "        loss = -np.log(p_[rows, y]).mean()\n        p_[rows, y] -= 1\n        dscores = p_ / len(y)",
             name="no_shift", says="The softmax is written out without the shift: exp overflows for large scores, and the gradients are nan. Call your softmax_loss."),
        edit("TwoLayerNet", '"b1": db1, "W2"', '"b1": 0 * db1, "W2"',
             name="db1_zero", says="The gradient of b1 is zero: it would never learn."),
        edit("TwoLayerNet", '"W2": dW2, "b2": db2', '"W2": -dW2, "b2": -db2',
             name="second_layer_sign", says="The gradients of the second layer have the wrong sign."),
        edit("TwoLayerNet", "rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))", "np.zeros((fan_in, fan_out))",
             name="weights_start_at_zero", says="The weights start at zero: then all hidden units compute the same and get the same gradient, for ever. Draw them."),
        edit("TwoLayerNet", "return rng.normal(0, np", "return np.random.default_rng(0).normal(0, np",
             name="own_seed", says="The rng is ignored and a generator with a seed of its own takes its place: every network starts alike. Draw from the rng that you are given."),
        edit("TwoLayerNet", "np.sqrt(2 / fan_in)", "1.0",
             name="weights_too_large", says="The weights are drawn with standard deviation 1: the first scores, and the first loss, come out far too large."),
        edit("TwoLayerNet", "np.sqrt(2 / fan_in)", "2 / fan_in",
             name="variance_as_deviation", says="The weights are drawn with standard deviation 2 / fan-in; that is the variance, and its root is missing."),
        edit("TwoLayerNet", "np.sqrt(2 / fan_in)", "np.sqrt(2 / fan_out)",
             name="fan_out", says="The standard deviation is taken of fan-out, the number of outputs; under the root stands the number of inputs."),
        edit("TwoLayerNet", "np.sqrt(2 / fan_in)", "np.sqrt(1 / fan_in)",
             name="two_missing", says="The standard deviation is the root of 1 / fan-in; it should be that of 2 / fan-in."),
        edit("TwoLayerNet", '"b1": np.zeros(hidden_dim)', '"b1": np.ones(hidden_dim)',
             name="bias_starts_at_one", says="The first bias starts at one; start biases at zero."),
        edit("TwoLayerNet", "return loss, {", "return loss / len(X), {",
             name="loss_divided_twice", says="The loss is divided by N once more; softmax_loss has done it."),
        edit("TwoLayerNet", '"W1": dW1, "b1": db1,', '"W1": dW1 / len(X), "b1": db1 / len(X),',
             name="first_layer_averaged", says="The gradients of the first layer are divided by N once more; softmax_loss has done it."),
    ],
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
# ## Looking back
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
