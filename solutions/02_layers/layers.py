# %% [markdown]
# # Layers, a loss, and a network that trains
#
# After this notebook you can
#
# - write the forward and the backward pass of the layers that every network is made of,
# - say what a `cache` is for, and why a backward pass never needs anything else,
# - turn scores into a loss whose gradient fits in one line,
# - put your pieces together into a network that reads digits.
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
from autograder.lab import data, plots_layers, prediction, training
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
# writing the fraction turn into $\infty/\infty$ at the other end. Never let a positive number into `np.exp`.
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
        edit(sigmoid_backward, "out = cache", "out = np.log(np.maximum(cache, 1e-300)) - np.log(np.maximum(1 - cache, 1e-300))",
             name="derivative_of_input", says="x (1 - x) is taken of the input; the formula σ (1 - σ) wants the output of the forward pass."),
        edit(sigmoid_backward, "out = cache", "out = 1 / (1 + np.exp(-cache))",
             name="sigmoid_twice", says="The sigmoid is applied once more to what already is its output."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "out * (1 - out)",
             name="upstream_ignored", says="dx is the local gradient alone: multiply it by dout."),
        edit(sigmoid_backward, "dout * out * (1 - out)", "dout * out",
             name="one_factor", says="The factor (1 - σ) is missing from the derivative."),
        edit(sigmoid_backward, "(1 - out)", "(1 - out**2)",
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
        edit(tanh_backward, "out = cache", "out = np.arctanh(np.clip(cache, -1 + 1e-15, 1 - 1e-15))",
             name="derivative_of_input", says="The input is squared; the formula 1 - t² wants the output of the forward pass."),
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
        "scores far apart": variant(x=array("N C", scale=1000), allow_infinite=True),
    },
    hints=(
        "Three steps: shift each row, make probabilities, then pick the right class of each row.",
        "`max` and `sum` along axis 1 with keepdims=True broadcast back onto the rows. To pick one entry of each row, index with two integer arrays: the row numbers and y.",
        "The loss is minus the mean of the picked log-probabilities. For dx take the probabilities, subtract 1 at the picked places, and divide by N.",
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
    ],
)  # fmt: skip

# %% [markdown]
# ## Do they work together?
#
# Time to see your pieces as one machine: affine, ReLU, affine, softmax loss, on digits of 8 × 8 pixels.
#
# **Predict first.** The weights are small random numbers, so at the start all ten classes look alike to the network.
# What will the very first loss be? Write your guess into the first line of the cell, then run it.

# %% tags=["experiment"]
my_guess = None  # the loss before any training

with guard():
    digits = data.digits()
    rng = np.random.default_rng(0)
    parameters = {
        "w1": rng.normal(0, 0.1, (64, 50)), "b1": np.zeros(50),
        "w2": rng.normal(0, 0.1, (50, 10)), "b2": np.zeros(10),
    }

    def scores_and_caches(X):
        hidden, first = affine_forward(X, parameters["w1"], parameters["b1"])
        active, second = relu_forward(hidden)
        scores, third = affine_forward(active, parameters["w2"], parameters["b2"])
        return scores, (first, second, third)

    def loss_and_grads(X, y):
        scores, (first, second, third) = scores_and_caches(X)
        loss, dscores = softmax_loss(scores, y)
        dactive, dw2, db2 = affine_backward(dscores, third)
        _, dw1, db1 = affine_backward(relu_backward(dactive, second), first)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}

    history = training.train(
        loss_and_grads, parameters, digits, step=lambda w, dw: w - 0.5 * dw,
        predict=lambda X: scores_and_caches(X)[0], epochs=15, label="digits",
    )
    prediction.compare(my_guess, history.loss[0], "loss of the first mini-batch")
    print(f"accuracy on digits it has never seen: {history.val[-1]:.1%}")
    plots_layers.loss_curve(history, title="A two-layer network reads digits", floor=np.log(10))

# %% [markdown]
# The first loss is close to $\ln 10 \approx 2.303$: ten classes, each with probability one tenth. It is the cheapest test of
# a classifier there is. A first loss of 8 says that the scores start out too large; one of 0.2 says that
# something is cheating.
#
# ## Looking back
#
# You wrote the parts of which almost every network consists, and their gradients follow one sentence: *upstream
# times local, summed over every way in which an input is used*. The affine layer, the activation and the
# softmax that you wrote here are the same ones that sit inside a transformer today; only the sizes differ.
#
# Sources: the names and signatures follow the assignments of Stanford's CS231n; the shift in softmax is
# discussed in its notes on linear classification.
