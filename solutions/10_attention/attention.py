# %% [markdown]
# # 10 · Attention: every position looks at every other
#
# *About three and a half hours. 50 points, and 6 more in a bonus at the end.*
#
# When you are through you will be able to
#
# - send a gradient back through softmax without ever building its Jacobian;
# - write attention, with a mask and with several heads, and its backward pass;
# - say where two gradients meet in a transformer block, and what the plus signs are good for;
# - build a transformer of your own that learns a text by heart in ten seconds;
# - explain why a network that learns is no proof of a right gradient;
# - say what attention costs in memory, and (bonus) how to pay less.
#
# A recurrent network passes everything it knows from hand to hand. Attention does away with the chain: each position asks a question, every other position offers
# an answer, and softmax decides whom to listen to. There is no loop over time, and so no product of fifty factors. What is new on the way back is one thing
# only: softmax couples all the numbers of a row. The rest is matrix products and plus signs, and you know those.

# %%
import numpy as np

from autograder import check
from autograder.lab import data, own, plots_attention, plots_rnn, prediction, training, transformers
from autograder.lab.guard import guard
from autograder.lab.wrong_gradients import wrong_gradients

# %% [markdown]
# ## Softmax as a layer
#
# In notebook 02 softmax came together with its loss, and most of it cancelled. Here it stands alone, in the middle of a network. Along the last axis:
#
# $$ \underset{(\dots,\,S)}{p} = \operatorname{softmax}(x), \qquad p_j = \frac{e^{x_j}}{\sum_k e^{x_k}} $$
#
# The axes before the last one are just many rows; there may be any number of them. Scores may be as large as ±1000, and single scores may be $-\infty$ (that is how a mask will work): such a
# place gets $p = 0$. The next functions should leave float32 as it is, too: the check says so where yours turn it into float64.

# %%
def softmax_forward(x):
    """Turn every row of scores into probabilities.

    Args:
        x: Scores, shape (..., S); each row has at least one finite score.

    Returns:
        p: Probabilities along the last axis, shaped like x.
        cache: Whatever `softmax_backward` will need.
    """
    ### BEGIN SOLUTION
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    cache = p
    ### END SOLUTION
    return p, cache


# %% [markdown]
# ### Backward: a Jacobian that nobody builds
#
# Raise one score, and *every* probability of its row moves: its own goes up, the others go down. For one row,
#
# $$ \frac{\partial p_i}{\partial x_j} = p_i\,(\delta_{ij} - p_j), \qquad\text{or}\qquad \underset{(S,\,S)}{J} = \operatorname{diag}(p) - p\,p^\top $$
#
# You do not need the matrix. You need what it does to one vector, and that is short: multiply $J^\top = J$ by $dp$ on paper, and see how much work is left.

# %%
def softmax_backward(dp, cache):
    """Send the gradient back through softmax.

    Args:
        dp: Upstream gradient, shaped like p.
        cache: What `softmax_forward` returned.

    Returns:
        dx: dL/dx, shaped like x.
    """
    ### BEGIN SOLUTION
    p = cache
    inner = (dp * p).sum(axis=-1, keepdims=True)
    dx = p * (dp - inner)
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
from autograder.exercises import Layer, array, cast, constant, labels, variant, visible

softmax = Layer(
    softmax_forward,
    softmax_backward,
    inputs={"x": "N T S"},
    outputs=["p"],
    variants={
        "rows of ±900": variant(x=np.array([[900.0, 899.0, -900.0], [-900.0, -901.0, -899.5], [0.0, 1.0, -2.0]])),
        "far apart": variant(x=np.array([[1000.0, -1000.0, -1000.0], [-1000.0, 1000.0, 0.0], [3.0, 1.0, 1000.0]])),
        "some scores are minus infinity": variant(x=np.array([[[0.5, -np.inf, 1.0], [-np.inf, -np.inf, -3.0]], [[0.0, 2.0, -1.0], [-np.inf, 0.1, 0.2]]])),
        "a single row": variant(x=array("S", scale=2.0)),
        "four axes": variant(x=array("N H T S"), sizes={"N": 2, "H": 3, "T": 4, "S": 5}),
        "float32": variant(x=cast("N T S", "float32")),
    },
    points={"forward": 1, "backward": 4},
    hints={
        "forward": (
            "Exponentials that are divided by their sum; every row has a sum of its own.",
            "Take the largest score of each row away before exp. Sums and maxima along the last axis, with keepdims so that the shapes fit.",
            "Shift by the row's maximum, exp, divide by the row's sum. The probabilities themselves are all that backward needs.",
        ),
        "backward": (
            "Each probability depends on every score of its row, so dx at one place needs dp at all of them.",
            "The Jacobian is diag(p) minus the outer product of p with itself. Times dp, the first part is p times dp, entry by entry; the second is p times one number per row.",
            "That number is the sum of dp times p along the row (with keepdims). Take it away from dp, and multiply by p.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# **Look at the matrix once.** In notebook 01 you wrote a function that measures any Jacobian. The next cell takes it out of there, and asks it for that of *your* softmax.
#
# **Predict first.** One row of five scores. Which entries of its Jacobian are positive? And what does each row of it add up to?

# %% tags=["experiment"]
my_guess = None  # how many of the 25 entries are positive

with guard():
    local_jacobian = own.earlier("01_gates", "local_jacobian")
    if local_jacobian is not None:
        row = np.array([2.0, 1.0, 0.0, -1.0, -3.0])
        measured = local_jacobian(lambda x: softmax_forward(x)[0], row)
        p, kept = softmax_forward(row)
        print(np.round(measured, 3) + 0.0)
        prediction.compare(my_guess, str((measured > 0).sum()), "positive entries")
        print(f"rows add up to 0, to {np.abs(measured.sum(axis=1)).max():.0e}")
        print(f"diag(p) - p pᵀ: the same to {np.abs(measured - (np.diag(p) - np.outer(p, p))).max():.0e}")
        dp = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
        gap = np.abs(measured.T @ dp - softmax_backward(dp, kept)).max()
        print(f"Jᵀ dp and your softmax_backward: the same to {gap:.0e}")

# %% [markdown]
# Only the diagonal is positive: whoever gains takes from all the others, and what they lose is what it gains. So every row adds up to 0, and the matrix is its own transpose.
#
# **How much work was saved?** The next cell builds the Jacobian of every row, multiplies, and compares it with your five lines.
#
# **Predict first.** For a table of $T \times T$ scores the dense way touches $T^3$ numbers, yours $T^2$. How many times faster is yours at $T = 256$?

# %% tags=["experiment"]
my_guess = None  # how many times faster, at T = 256

with guard():
    timed = transformers.dense_against_product(softmax_forward, softmax_backward, (16, 64, 256))
    for T, (dense, product, gap) in timed.items():
        print(f"T = {T:3}: {1e3 * dense:8.2f} ms dense, {1e3 * product:6.3f} ms yours, alike to {gap:.0e}")
    prediction.compare(my_guess, timed[256][0] / timed[256][1], "times faster at T = 256")
    plots_attention.costs(timed)

# %% [markdown]
# A Jacobian is a fine thing to think with and a bad thing to compute with. Backpropagation never asks for it, only for its product with one vector.
#
# A quick test for every softmax you will meet: add the same number to all scores of a row, and nothing changes. So the gradient of a row cannot point that way.
#
# **Question.** Whatever `dp` is, what do the entries of one row of `dx` add up to? Assign a number.

# %%
answer_row_sum = None  # a number
### BEGIN SOLUTION
answer_row_sum = 0
### END SOLUTION

# %% tags=["instructor"]
from autograder.exercises import Answer

row_sum = Answer(
    "answer_row_sum", points=1,
    hints=(
        "Print the sums of your dx along the last axis.",
        "If all scores of a row grow by the same amount, what happens to the loss?",
        "The change of the loss in that direction is the sum of the row's gradient; the loss does not change.",
    ),
)  # fmt: skip

# %% [markdown]
# ## RMSNorm
#
# Transformers normalise every position on its own, and today mostly without taking the mean away first:
#
# $$
# \underset{(\dots,\,1)}{r} = \sqrt{\tfrac1D\textstyle\sum_j x_j^2 + \varepsilon} \qquad
# \hat x = \frac{x}{r} \qquad
# \text{out} = \underset{(D,)}{\gamma}\;\hat x
# $$
#
# along the last axis, whatever stands before it. $\varepsilon$ is `rms_param.get("eps", 1e-5)` and stands inside the root. It is layer norm with one path less: no mean.

# %%
def rmsnorm_forward(x, gamma, rms_param):
    """Divide every position by its root mean square, then scale.

    Args:
        x: Shape (..., D).
        gamma: Scale, shape (D,).
        rms_param: Dict, may hold eps (1e-5 otherwise).

    Returns:
        out: Shaped like x.
        cache: Whatever `rmsnorm_backward` will need.
    """
    ### BEGIN SOLUTION
    eps = rms_param.get("eps", 1e-5)
    rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    xhat = x / rms
    out = gamma * xhat
    cache = (xhat, gamma, rms)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Backward
#
# Two paths lead from $x$ to the output: straight through, and through $r$. (If you use the name `dxhat` for the gradient of $\hat x$, the check can look at it, too.)

# %%
def rmsnorm_backward(dout, cache):
    """Send the gradient back through RMSNorm.

    Args:
        dout: Upstream gradient, shaped like x.
        cache: What `rmsnorm_forward` returned.

    Returns:
        dx: Shaped like x.
        dgamma: Shape (D,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, rms = cache
    dxhat = dout * gamma
    dx = (dxhat - xhat * (dxhat * xhat).mean(axis=-1, keepdims=True)) / rms
    dgamma = (dout * xhat).reshape(-1, len(gamma)).sum(axis=0)
    ### END SOLUTION
    return dx, dgamma


# %% tags=["instructor"]
rmsnorm = Layer(
    rmsnorm_forward,
    rmsnorm_backward,
    inputs={"x": "N T D", "gamma": "D", "rms_param": constant({"eps": 0.1})},
    stages=("dxhat",),
    variants={
        "no eps given": variant(x=array("N T D", scale=0.01), rms_param=constant({})),
        "large eps": variant(rms_param={"eps": 0.7}),
        "shifted features": variant(x=array("N T D", offset=3.0)),
        "two axes": variant(x=array("N D")),
        "four axes": variant(x=array("N H T D"), sizes={"N": 2, "H": 3, "T": 4, "D": 5}),
        "float32": variant(x=cast("N T D", "float32"), gamma=cast("D", "float32")),
    },
    points={"forward": 1, "backward": 3},
    hints={
        "forward": (
            "Square, mean, root, divide, scale: one line each, along the last axis.",
            "eps is added to the mean of the squares, before the root. keepdims lets the root divide x.",
            "Keep xhat, gamma and the root. Nothing is subtracted from x: that is the difference to layer norm.",
        ),
        "backward": (
            "Layer norm without the path through the mean: straight through, and through the root mean square.",
            "First dxhat, the upstream gradient times gamma. Then the closed form: from dxhat, its part along xhat is taken away; that part is the mean of dxhat times xhat.",
            "dx: (dxhat minus xhat times that mean) over the root. dgamma: dout times xhat, added up over everything but the last axis.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Attention
#
# Every position has three vectors: a **query** (what am I looking for?), a **key** (what do I have to offer?) and a **value** (what I give to whoever listens). A query is compared with all keys:
#
# $$
# \underset{(T,\,S)}{s} = \frac{\overset{(T,\,d)}{q}\;\overset{(d,\,S)}{k^\top}}{\sqrt d} \qquad\qquad
# \underset{(T,\,S)}{p} = \operatorname{softmax}(s)\text{ along the keys} \qquad\qquad
# \underset{(T,\,m)}{\text{out}} = \underset{(T,\,S)}{p}\;\underset{(S,\,m)}{v}
# $$
#
# What we agree on: before these two axes there may be others, one for the batch, perhaps one for the heads. $d$ is the length of a query. `mask` is None or an array of booleans of shape
# $(T, S)$, rows for queries and columns for keys; True means *may be seen*. A score that may not be seen becomes $-\infty$ **before** softmax. Every query sees at least one key.
#
# `@` multiplies the last two axes and leaves the others alone; `k.swapaxes(-1, -2)` transposes them.

# %%
def attention_forward(q, k, v, mask=None):
    """Let every query collect values, weighed by how well their keys fit.

    Args:
        q: Queries, shape (..., T, d).
        k: Keys, shape (..., S, d).
        v: Values, shape (..., S, m).
        mask: Booleans, shape (T, S), True where a key may be seen; or None.

    Returns:
        out: Shape (..., T, m).
        cache: Whatever `attention_backward` will need.
    """
    ### BEGIN SOLUTION
    root = float(np.sqrt(q.shape[-1]))
    scores = q @ k.swapaxes(-1, -2) / root
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    p, kept = softmax_forward(scores)
    out = p @ v
    cache = (q, k, v, p, kept)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Backward
#
# Three products and a softmax, the last one first. Good names are `dp` and `ds`, the gradients of $p$ and of the scores (after the division); the check can look at them. A masked place
# needs no thought: its $p$ is 0, and so is its `ds`.
#
# The trap of this notebook: with as many queries as keys, everything is square. Leave out any transpose you like, and every shape still fits.

# %%
def attention_backward(dout, cache):
    """Send the gradient back through attention.

    Args:
        dout: Upstream gradient, shape (..., T, m).
        cache: What `attention_forward` returned.

    Returns:
        dq: Shape (..., T, d).
        dk: Shape (..., S, d).
        dv: Shape (..., S, m).
    """
    ### BEGIN SOLUTION
    q, k, v, p, kept = cache
    root = float(np.sqrt(q.shape[-1]))
    dv = p.swapaxes(-1, -2) @ dout
    dp = dout @ v.swapaxes(-1, -2)
    ds = softmax_backward(dp, kept)
    dq = ds @ k / root
    dk = ds.swapaxes(-1, -2) @ q / root
    ### END SOLUTION
    return dq, dk, dv


# %% tags=["instructor"]
CAUSAL = np.tril(np.ones((4, 4), bool))

attention = Layer(
    attention_forward,
    attention_backward,
    inputs={"q": "N T d", "k": "N S d", "v": "N S m", "mask": visible("T S")},
    stages=("dp", "ds"),
    variants={
        "no mask": variant(mask=None),
        "no mask, square": variant(mask=None, sizes={"T": 4, "S": 4, "d": 4, "m": 4}),
        "causal": variant(mask=CAUSAL, sizes={"T": 4, "S": 4}),
        "four axes": variant(
            q=array("N H T d"), k=array("N H S d"), v=array("N H S m"), sizes={"N": 2, "H": 3, "T": 4, "S": 5, "d": 6, "m": 7},
        ),
        "four axes, no mask": variant(
            q=array("N H T d"), k=array("N H S d"), v=array("N H S m"), mask=None, sizes={"N": 2, "H": 2, "T": 3, "S": 3, "d": 3, "m": 3},
        ),
        "two axes": variant(q=array("T d"), k=array("S d"), v=array("S m")),
        "a single key": variant(mask=None, sizes={"S": 1}),
        "wide queries": variant(sizes={"d": 16}),
        "scores far below zero": variant(q=array("N T d", low=20.0), k=array("N S d", offset=-1000.0, scale=0.1)),
        "a masked key far above": variant(
            q=np.array([[[1e3, 1e3], [1e3, -2e3]]]), k=np.array([[[1e-3, 2e-3], [1e3, -1e3], [2e-3, 1e-3]]]), v=array("1 3 2"),
            mask=np.array([[True, False, True], [True, False, True]]),
        ),
        "float32": variant(q=cast("N T d", "float32"), k=cast("N S d", "float32"), v=cast("N S m", "float32")),
    },
    points={"forward": 3, "backward": 7},
    hints={
        "forward": (
            "A product, a division, perhaps a mask, your softmax, a product.",
            "np.where takes a condition and two choices. The root is of the length of a query: the last axis of q.",
            "Scores: queries times transposed keys over the root of d. Minus infinity where mask is False. Then softmax_forward, and the probabilities times v. float(np.sqrt(d)) keeps float32 as it is.",
        ),
        "backward": (
            "The same lines backwards: two gradients from the last product, then softmax_backward, then two gradients from the first product, and 1/√d once in each.",
            "A product a @ b gives da = dout @ bᵀ and db = aᵀ @ dout. The last product is p @ v; the first is q @ kᵀ.",
            "dv: transposed p times dout. dp: dout times transposed v. ds: softmax_backward of dp. dq: ds times k. dk: transposed ds times q. Divide dq and dk by the root of d.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## Why the root of d?
#
# A product of two random vectors of length $d$ is a sum of $d$ terms: its standard deviation is $\sqrt d$. Large scores make softmax sure of itself, and a softmax that is sure passes no gradient.
#
# **Predict first.** Queries of length 1024, 32 keys, everything drawn at random, and *no* division: how large is the largest probability of a row, on average? (Evenly spread it would be 1/32.)

# %% tags=["experiment"]
my_guess = None  # mean of the largest probability, d = 1024, no division

with guard():
    widths = (4, 16, 64, 256, 1024)
    table = transformers.score_table(softmax_forward, softmax_backward, widths)
    for name, (spread, largest, slope) in table.items():
        print(f"products {name}, from d = 4 to 1024:")
        print(f"   standard deviation of a score  {spread[0]:.2f} to {spread[-1]:.2f}")
        print(f"   largest probability            {largest[0]:.3f} to {largest[-1]:.3f}")
        print(f"   gradient of a score            {slope[0]:.1e} to {slope[-1]:.1e}")
    undivided, _ = table.values()
    prediction.compare(my_guess, float(undivided[1, -1]), "largest probability, undivided")
    plots_attention.scales(widths, table)

# %% [markdown]
# Nobody has learnt anything yet, and the undivided softmax has already decided. It is the saturated sigmoid of notebook 03 again, in a row of 32. With the division nothing depends on $d$.
#
# The division also hides a trap for those who save memory. In NumPy `np.sqrt(d)` is a float64 *number*, and float32 arrays divided by it become float64, twice as large and half as fast, without a word. `float(np.sqrt(d))` is a
# plain Python number and leaves them alone.

# %% [markdown]
# ## Several heads
#
# One softmax can listen to one kind of thing at a time. So the $D$ features are cut into $H$ pieces of **neighbouring** features, the *heads*, and each head attends on its own:
#
# $$ \underset{(N,\,T,\,D)}{x} \;\longrightarrow\; \underset{(N,\,H,\,T,\,D/H)}{x} $$
#
# Your attention needs no change: for it, the axis of the heads is one more axis in front. But beware of `reshape`: it never moves a number, it only counts the same row of numbers anew.

# %%
def split_heads(x, heads):
    """Cut the features into heads.

    Args:
        x: Shape (N, T, D).
        heads: H, a divisor of D.

    Returns:
        out: Shape (N, H, T, D/H); head 0 has the first D/H features.
    """
    ### BEGIN SOLUTION
    n, t, d = x.shape
    cut = x.reshape(n, t, heads, d // heads)
    out = cut.transpose(0, 2, 1, 3)
    ### END SOLUTION
    return out


# %%
def merge_heads(x):
    """Lay the heads side by side again; undoes `split_heads`.

    Args:
        x: Shape (N, H, T, D/H).

    Returns:
        out: Shape (N, T, D).
    """
    ### BEGIN SOLUTION
    n, h, t, width = x.shape
    moved = x.transpose(0, 2, 1, 3)
    out = moved.reshape(n, t, h * width)
    ### END SOLUTION
    return out


# %% tags=["instructor"]
from autograder.exercises import Function

splitting = Function(
    split_heads,
    inputs={"x": "N T 2*E", "heads": constant(2)},
    points=1,
    large={},
    small={},
    variants={
        "four heads": variant(x=array("N T 4*E"), heads=4),
        "one head": variant(heads=1),
        "as many heads as steps": variant(x=array("2 3 3*E"), heads=3),
        "heads of one feature": variant(x=array("2 3 4"), heads=4),
    },
    hints=(
        "Two moves: cut the last axis in two, then bring the axis of the heads forward.",
        "First reshape to (N, T, H, D/H): that cuts features and nothing else. Then move the axes.",
        "reshape, then transpose with the axes 0, 2, 1, 3.",
    ),
)  # fmt: skip

merging = Function(
    merge_heads,
    inputs={"x": "N H T E"},
    points=1,
    large={},
    small={},
    variants={"one head": variant(sizes={"H": 1}), "heads of one feature": variant(sizes={"E": 1})},
    hints=(
        "Undo what split_heads did, the last move first.",
        "Bring time before the heads again; then the two last axes melt into one.",
        "transpose with the axes 0, 2, 1, 3 (it is its own inverse), then reshape to (N, T, D).",
    ),
)  # fmt: skip

# %% [markdown]
# ## The whole layer
#
# Queries, keys and values are three views of the *same* $x$, each through a matrix of its own; a fourth matrix mixes the heads at the end:
#
# $$
# q = x\,W_q, \quad k = x\,W_k, \quad v = x\,W_v \qquad\qquad
# \text{out} = \operatorname{merge}\bigl(\operatorname{attention}(\operatorname{split} q,\ \operatorname{split} k,\ \operatorname{split} v)\bigr)\,W_o
# $$
#
# All four matrices have the shape $(D, D)$, and there are no biases. Each head divides by the root of its *own* width; your attention does that by itself.

# %%
def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    """Self-attention with several heads, from your functions above.

    Args:
        x: Shape (N, T, D).
        Wq, Wk, Wv, Wo: Shape (D, D) each.
        heads: H, a divisor of D.
        mask: Booleans, shape (T, T), or None.

    Returns:
        out: Shape (N, T, D).
        cache: Whatever `multihead_backward` will need.
    """
    ### BEGIN SOLUTION
    q, k, v = (split_heads(x @ W, heads) for W in (Wq, Wk, Wv))
    attended, kept = attention_forward(q, k, v, mask)
    joined = merge_heads(attended)
    out = joined @ Wo
    cache = (x, Wq, Wk, Wv, Wo, heads, kept, joined)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Backward
#
# $x$ is used three times, so three gradients add up. Splitting and merging only move numbers; on the way back each of the two does the other's work.

# %%
def multihead_backward(dout, cache):
    """Send the gradient back through self-attention.

    Args:
        dout: Upstream gradient, shape (N, T, D).
        cache: What `multihead_forward` returned.

    Returns:
        dx: Shape (N, T, D).
        dWq, dWk, dWv, dWo: Shape (D, D) each.
    """
    ### BEGIN SOLUTION
    x, Wq, Wk, Wv, Wo, heads, kept, joined = cache
    rows = x.reshape(-1, x.shape[-1])
    dWo = joined.reshape(rows.shape).T @ dout.reshape(rows.shape)
    dheads = split_heads(dout @ Wo.T, heads)
    dq, dk, dv = (merge_heads(grad) for grad in attention_backward(dheads, kept))
    dWq, dWk, dWv = (rows.T @ grad.reshape(rows.shape) for grad in (dq, dk, dv))
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    ### END SOLUTION
    return dx, dWq, dWk, dWv, dWo


# %% tags=["instructor"]
WEIGHTS = {name: array("2*E 2*E", scale=0.4) for name in ("Wq", "Wk", "Wv", "Wo")}
FOUR = {"heads": 4, "sizes": {"E": 4, "T": 5}}

multihead = Layer(
    multihead_forward,
    multihead_backward,
    inputs={"x": "N T 2*E", **WEIGHTS, "heads": constant(2), "mask": visible("T T")},
    large={"x": 5.0},  # more, and a softmax that is all ones and zeros leaves nothing but rounding
    variants={
        "no mask": variant(mask=None),
        "causal": variant(mask=CAUSAL, sizes={"T": 4}),
        "one head": variant(heads=1),
        "four heads": variant(**FOUR),
        "as many steps as features": variant(sizes={"T": 4, "E": 2, "N": 4}),
        "float32": variant(
            x=cast("N T 2*E", "float32"), **{name: cast(value, "float32") for name, value in WEIGHTS.items()},
        ),
    },
    points={"forward": 2, "backward": 6},
    hints={
        "forward": (
            "Three products, split, attend, merge, one more product.",
            "split_heads turns (N, T, D) into the four axes that attention_forward takes as they are; hand the mask on.",
            "Keep x, the four matrices, the number of heads, attention's cache, and the merged heads: dWo is made of them.",
        ),
        "backward": (
            "Walk the forward pass from its end. Wherever x was used, a gradient comes back.",
            "Through Wo first; then split (merge's way back), attention_backward, and merge each of the three gradients. Then three affine layers without a bias.",
            "A weight's gradient is a sum over N and T: (N·T, D) transposed times (N·T, D). dx adds dq, dk and dv, each times its own transposed matrix.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# **Question.** A layer with $D = 32$ has four heads. How many numbers are in its four matrices together? And would it be more with eight heads? Assign the number for eight heads.

# %%
answer_parameters = None  # a whole number
### BEGIN SOLUTION
answer_parameters = 4096
### END SOLUTION

# %% tags=["instructor"]
parameters = Answer(
    "answer_parameters", points=1, form="integer",
    hints=(
        "Which shapes have the four matrices, and where do the heads come in?",
        "Heads only cut what is there; nothing is added.",
        "Four times D times D.",
    ),
)  # fmt: skip

# %% [markdown]
# **Question.** Each head keeps a table $p$ of $T \times T$ numbers for its way back. One sequence of $T = 4096$ steps, 8 heads, float32 (4 bytes): how many bytes are these tables? Assign a whole number.

# %%
answer_table_bytes = None  # a whole number
### BEGIN SOLUTION
answer_table_bytes = 536870912
### END SOLUTION

# %% tags=["instructor"]
table_bytes = Answer(
    "answer_table_bytes", points=1, form="integer",
    hints=(
        "Count the numbers in one table first.",
        "One table for each head.",
        "Heads times T times T times four.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Letters and places
#
# Attention does not know what comes first: shuffle the positions of $x$, and the outputs are shuffled in the same way. So the place is written into the vector: letter $i$ at place $t$ enters as
#
# $$ \underset{(N,\,T,\,D)}{\text{out}_{nt}} = \underset{(V,\,D)}{W}[\text{idx}_{nt}] + \underset{(L,\,D)}{P}[t], \qquad L \ge T $$
#
# Both tables are learnt. A row of $W$ is used wherever its letter occurs; a row of $P$ once in every sequence of the batch; and rows of $P$ beyond $T$ not at all.

# %%
def embed_forward(idx, W, P):
    """A vector for every letter, plus one for its place.

    Args:
        idx: Letters, integers from 0 to V - 1, shape (N, T).
        W: A row for each letter, shape (V, D).
        P: A row for each place, shape (L, D), where L is T or more.

    Returns:
        out: Shape (N, T, D).
        cache: Whatever `embed_backward` will need.
    """
    ### BEGIN SOLUTION
    out = W[idx] + P[: idx.shape[1]]
    cache = (idx, W.shape, P.shape)
    ### END SOLUTION
    return out, cache


# %%
def embed_backward(dout, cache):
    """Collect the gradients of letters and places.

    Args:
        dout: Upstream gradient, shape (N, T, D).
        cache: What `embed_forward` returned.

    Returns:
        dW: Shape (V, D).
        dP: Shape (L, D).
    """
    ### BEGIN SOLUTION
    idx, letters, places = cache
    dW = np.zeros(letters, dout.dtype)
    dP = np.zeros(places, dout.dtype)
    np.add.at(dW, idx, dout)
    dP[: idx.shape[1]] = dout.sum(axis=0)
    ### END SOLUTION
    return dW, dP


# %% tags=["instructor"]
embed = Layer(
    embed_forward,
    embed_backward,
    inputs={"idx": labels("N T", "V"), "W": "V D", "P": "2*T D"},
    variants={
        "few letters, often": variant(sizes={"N": 3, "T": 6, "V": 2, "D": 4}),
        "exactly as many places": variant(P=array("T D")),
        "as many letters as places": variant(P=array("7 D"), sizes={"N": 2, "T": 5, "V": 7, "D": 5}),
        "float32": variant(W=cast("V D", "float32"), P=cast("2*T D", "float32")),
    },
    points={"forward": 1, "backward": 2},
    hints={
        "forward": (
            "Look the letters up in one table, the places in the other, and add.",
            "Indexing W with idx gives (N, T, D); the first T rows of P have the shape (T, D), and broadcasting does the rest.",
            "W indexed with idx, plus P up to the length of a sequence.",
        ),
        "backward": (
            "Every use of a row sends a gradient back to it.",
            "Letters repeat: np.add.at counts every occurrence. Places repeat once per sequence: that is a sum over the batch.",
            "Start with zeros in the shapes of W and P (np.zeros takes a dtype: that of dout). np.add.at for dW; the first T rows of dP are dout summed over the first axis.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## One block
#
# The unit that large language models are stacked of, in its modern order (the norm comes first):
#
# $$
# y = x + \operatorname{attention}\bigl(\operatorname{norm}_1(x)\bigr) \qquad\qquad
# \text{out} = y + \operatorname{gelu}\bigl(\operatorname{norm}_2(y)\,W_1 + b_1\bigr)\,W_2 + b_2
# $$

# %% tags=["experiment"]
with guard():
    plots_attention.block()

# %% [markdown]
# Two plus signs forward are two forks on the way back, and at a fork gradients add up. The straight line from end to end is the **highway**: a gradient can travel it without meeting a single matrix.
#
# `params` is a dict: `g1` $(D,)$, `Wq`, `Wk`, `Wv`, `Wo` $(D, D)$, `g2` $(D,)$, `W1` $(D, F)$, `b1` $(F,)$, `W2` $(F, D)$, `b2` $(D,)$. Both norms use the usual eps: hand them an empty dict. GELU you wrote in
# notebook 02; here it is given, in the form with tanh, which NumPy computes faster. It returns the value *and* the slope at every number.

# %% tags=["provided"]
def gelu(z):
    """GELU by way of tanh, and its slope; both shaped like z."""
    a, b = 0.7978845608028654, 0.03567740813636141
    t = np.tanh(z * (a + b * z * z))
    value = 0.5 * z * (1 + t)
    slope = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * (a + 3 * b * z * z)
    return value, slope

# %%
def block_forward(x, params, heads, mask=None):
    """A transformer block with the norms first.

    Args:
        x: Shape (N, T, D).
        params: Dict with g1, Wq, Wk, Wv, Wo, g2, W1, b1, W2, b2.
        heads: Number of heads.
        mask: Booleans, shape (T, T), or None.

    Returns:
        out: Shape (N, T, D).
        cache: Whatever `block_backward` will need.
    """
    ### BEGIN SOLUTION
    p = params
    normed, kept1 = rmsnorm_forward(x, p["g1"], {})
    attended, kept2 = multihead_forward(normed, p["Wq"], p["Wk"], p["Wv"], p["Wo"], heads, mask)
    y = x + attended
    normed2, kept3 = rmsnorm_forward(y, p["g2"], {})
    hidden, slope = gelu(normed2 @ p["W1"] + p["b1"])
    out = y + hidden @ p["W2"] + p["b2"]
    cache = (p, kept1, kept2, kept3, normed2, hidden, slope)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Backward
#
# Begin at `dout`. It has two destinations: down the branch of the MLP, and along the highway. Where the branch comes back to $y$, the two add up to `dy`. Then the same once more for
# attention. (The names `dz`, for what GELU was given, and `dy` are looked at by the check, if you use them.)

# %%
def block_backward(dout, cache):
    """Send the gradient back through a block.

    Args:
        dout: Upstream gradient, shape (N, T, D).
        cache: What `block_forward` returned.

    Returns:
        dx: Shape (N, T, D).
        dparams: Dict with the keys of params, and the gradients in their shapes.
    """
    ### BEGIN SOLUTION
    p, kept1, kept2, kept3, normed2, hidden, slope = cache
    rows = dout.reshape(-1, dout.shape[-1])
    dz = (dout @ p["W2"].T) * slope
    flat = dz.reshape(-1, dz.shape[-1])
    dparams = {
        "W2": hidden.reshape(flat.shape).T @ rows, "b2": rows.sum(axis=0),
        "W1": normed2.reshape(rows.shape).T @ flat, "b1": flat.sum(axis=0),
    }
    dbranch, dparams["g2"] = rmsnorm_backward(dz @ p["W1"].T, kept3)
    dy = dout + dbranch
    dnormed, *weights = multihead_backward(dy, kept2)
    dparams.update(zip(("Wq", "Wk", "Wv", "Wo"), weights))
    dbranch, dparams["g1"] = rmsnorm_backward(dnormed, kept1)
    dx = dy + dbranch
    ### END SOLUTION
    return dx, dparams


# %% tags=["instructor"]
BLOCK_PARAMS = {
    "g1": array("2*E", offset=1.0, scale=0.5), **WEIGHTS, "g2": array("2*E", offset=1.0, scale=0.5),
    "W1": array("2*E F", scale=0.4), "b1": array("F", scale=0.5), "W2": array("F 2*E", scale=0.4), "b2": array("2*E", scale=0.5),
}  # fmt: skip

block = Layer(
    block_forward,
    block_backward,
    inputs={"x": "N T 2*E", "params": constant(BLOCK_PARAMS), "heads": constant(2), "mask": visible("T T")},
    gradients=["dx", "dparams"],
    sizes={"N": 2, "E": 3, "F": 5},
    stages=("dz", "dy"),
    variants={
        "no mask": variant(mask=None),
        "causal": variant(mask=CAUSAL, sizes={"T": 4}),
        "one head": variant(heads=1),
        "four heads": variant(heads=4, sizes={"N": 2, "E": 2, "F": 4, "T": 4}),
        "small inputs": variant(x=array("N T 2*E", scale=0.01)),
    },
    points={"forward": 2, "backward": 5},
    hints={
        "forward": (
            "Norm, attention, plus; norm, affine, GELU, affine, plus.",
            "The first plus adds x itself, the second adds y itself: the highway is never normalised.",
            "y is x plus multihead_forward of the normed x. The result is y plus the MLP of the normed y. Keep all caches, the normed y, the hidden values and the slope.",
        ),
        "backward": (
            "Start with dout, and at every plus remember that one gradient became two.",
            "The branch of the MLP first: W2, slope, W1, the second norm. What comes out belongs to y, and so does dout: dy is their sum. The same again for attention, from dy.",
            "dz: dout times transposed W2, times the slope. dy: dout plus what the norm hands back. Then multihead_backward of dy, the first norm, and dx is dy plus that. Weights: sums over N and T.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## What the residual connection, the plus, is good for
#
# "Without residual connections gradients vanish", one reads. Measure it: many layers (norm, matrix, ReLU, matrix), with a plus around each or without, and your norm in them. Two inputs that lie 10 % apart go in. How
# *long* is the gradient that arrives at the bottom? And how *alike* are the gradients of the two?
#
# **Predict first.** Fifty layers without a plus: what is the cosine between the two gradients?

# %% tags=["experiment"]
my_guess = None  # cosine after 50 layers without a plus

with guard():
    depths, curves = (1, 2, 5, 10, 20, 50), {}
    for name, plus in (("without a plus", False), ("with a plus", True)):
        cosines, lengths = transformers.alike(rmsnorm_forward, rmsnorm_backward, depths, plus)
        curves[name] = cosines
        print(f"{name:14}: after 50 layers the gradient is {lengths[-1]:.2f} times as long")
    prediction.compare(my_guess, curves["without a plus"][-1], "cosine after 50 layers, no plus")
    plots_attention.alike(depths, curves)

# %% [markdown]
# The gradient has hardly vanished: the norms see to its length. What is lost is its *meaning*. Without the plus, two inputs that are nearly the same ask for entirely different changes of the weights below, as if each were noise. With
# the plus they agree, at any depth.
#
# ## How far back does it reach?
#
# The same question as in notebook 06: a gradient at the very last output, and what arrives at the inputs $k$ steps earlier. There, after 40 steps, the plain RNN had about $10^{-10}$ left.
#
# First, initial weights for a block, which are given; `BLOCK` lists the names in `params`.

# %% tags=["provided"]
BLOCK = ("g1", "Wq", "Wk", "Wv", "Wo", "g2", "W1", "b1", "W2", "b2")


def new_block(d, layers, rng):
    """Initial weights of one of `layers` blocks of width d, with 4 d hidden units."""
    def draw(fan_in, fan_out, shrink=1.0):
        return rng.normal(0, shrink / np.sqrt(fan_in), (fan_in, fan_out))

    quiet = 1 / np.sqrt(2 * layers)  # what each branch adds to the highway
    squares = draw(d, d), draw(d, d), draw(d, d), draw(d, d, quiet)
    values = (np.ones(d), *squares, np.ones(d), draw(d, 4 * d), np.zeros(4 * d), draw(4 * d, d, quiet), np.zeros(d))
    return dict(zip(BLOCK, values))

# %% [markdown]
# **Predict first.** Your block, 60 steps. Compare what arrives 40 steps back with what arrives one step back.

# %% tags=["experiment"]
my_guess = None  # arriving 40 steps back / arriving one step back

with guard():
    draw = np.random.default_rng(0)
    T, D = 60, 32
    past = np.tril(np.ones((T, T), bool))
    out, kept = block_forward(draw.normal(size=(8, T, D)), new_block(D, 1, draw), 4, past)
    last = np.zeros_like(out)
    last[:, -1] = draw.normal(size=(8, D))
    arrived = np.linalg.norm(block_backward(last, kept)[0], axis=(0, 2))[::-1]
    prediction.compare(my_guess, float(arrived[40] / arrived[1]), "40 steps back / one step back")
    print(f"one step back / at the last input itself: {arrived[1] / arrived[0]:.3f}")

# %% [markdown]
# No decay at all: every place is one step away from every other. (The last input itself gets about fifty times as much, because the highway runs there.) That is the whole difference to a recurrent network, and its price is the table of $T \times T$ numbers.

# %% [markdown]
# ## A transformer of your own
#
# Letters and places, a few blocks, a last norm, and an affine layer to the scores of the next letter:
#
# $$ \text{idx} \to \text{embed} \to \text{block}_0 \to \dots \to \text{block}_{L-1} \to \text{norm} \to \underset{(N,\,T,\,V)}{\text{scores} = f\,W + b} $$
#
# At place $t$ it guesses the letter at $t+1$, so a position must not see what comes after it: the mask is a triangle. `y` holds those next letters; nothing needs to be shifted.
#
# `self.params` is flat, so that an optimiser can walk through it: `E` $(V, D)$ and `P` $(L, D)$ for the letters and places, `gamma` $(D,)$ for the last norm, `W` $(D, V)$ and `b` $(V,)$ for the scores,
# and `g1_0`, `Wq_0` … `b2_0` for block 0, `g1_1` … for block 1. The constructor is given, and draws each block's weights by `new_block` above. The loss is the one of notebook 06, *summed over the steps and divided by N*,
# and `letter_loss(scores, y)` computes it and its gradient for you.

# %% tags=["provided"]
def letter_loss(scores, y):
    """Softmax loss of (N, T, V) scores, summed over time, divided by N; and its gradient."""
    truth = np.eye(scores.shape[-1], dtype=scores.dtype)[y]
    moved = scores - np.max(scores, axis=-1)[..., None]
    total = np.log(np.exp(moved).sum(-1))[..., None]
    loss = np.sum(total[..., 0] - np.einsum("ntv,ntv->nt", moved, truth)) / len(y)
    return loss, (np.exp(moved - total) - truth) / len(y)

# %%
class TinyTransformer:
    """Embedding, blocks, norm, affine layer.

    Args:
        vocab: V, the number of letters.
        steps: L, the longest sequence.
        d: D, the width.
        heads: Number of heads in each block.
        layers: Number of blocks.
        rng: A `numpy.random.Generator` for the initial weights.
    """

    def __init__(self, vocab, steps, d, heads, layers, rng):
        self.heads, self.layers = heads, layers
        self.params = {"E": rng.normal(0, 0.1, (vocab, d)), "P": rng.normal(0, 0.1, (steps, d))}
        for i in range(layers):
            self.params |= {f"{name}_{i}": w for name, w in new_block(d, layers, rng).items()}
        self.params["gamma"] = np.ones(d)
        self.params["W"] = rng.normal(0, 0.1 / np.sqrt(d), (d, vocab))
        self.params["b"] = np.zeros(vocab)

    def loss(self, idx, y=None):
        """Scores, or loss and gradients.

        Args:
            idx: Letters, integers of shape (N, T), where T is at most L.
            y: The letter after each of them, shape (N, T); or None.

        Returns:
            Without y: the scores, shape (N, T, V).
            With y: (loss, grads), where grads has the keys of `self.params`.
        """
        ### BEGIN SOLUTION
        p, steps = self.params, idx.shape[1]
        mask = np.tril(np.ones((steps, steps), bool))
        x, kept_embed = embed_forward(idx, p["E"], p["P"])
        kept = []
        for i in range(self.layers):
            own = {name: p[f"{name}_{i}"] for name in BLOCK}
            x, cache = block_forward(x, own, self.heads, mask)
            kept.append(cache)
        final, kept_norm = rmsnorm_forward(x, p["gamma"], {})
        scores = final @ p["W"] + p["b"]
        if y is None:
            return scores
        loss, dscores = letter_loss(scores, y)
        grads = {"b": dscores.sum(axis=(0, 1))}
        grads["W"] = final.reshape(-1, final.shape[-1]).T @ dscores.reshape(-1, dscores.shape[-1])
        dx, grads["gamma"] = rmsnorm_backward(dscores @ p["W"].T, kept_norm)
        for i in reversed(range(self.layers)):
            dx, dblock = block_backward(dx, kept[i])
            for name in BLOCK:
                grads[f"{name}_{i}"] = dblock[name]
        grads["E"], grads["P"] = embed_backward(dx, kept_embed)
        return loss, grads
        ### END SOLUTION


# %% tags=["instructor"]
from autograder.exercises import Module, rng

SQUARE = array("4 4", scale=0.5)


def _model_params(layers: int) -> dict:
    params = {"E": array("5 4"), "P": array("8 4")}
    for i in range(layers):
        shapes = {
            "g1": array("4", offset=1.0, scale=0.5), "Wq": SQUARE, "Wk": SQUARE, "Wv": SQUARE, "Wo": SQUARE,
            "g2": array("4", offset=1.0, scale=0.5), "W1": array("4 6", scale=0.5), "b1": array("6"), "W2": array("6 4", scale=0.5), "b2": array("4"),
        }  # fmt: skip
        params |= {f"{name}_{i}": shape for name, shape in shapes.items()}
    return params | {"gamma": array("4", offset=1.0, scale=0.5), "W": array("4 5"), "b": array("5")}


tiny_transformer = Module(
    TinyTransformer,
    inputs={
        "vocab": constant(5), "steps": constant(8), "d": constant(4), "heads": constant(2), "layers": constant(2), "rng": rng(),
        "params": constant(_model_params(2)), "idx": labels("N T", "5"), "y": labels("N T", "5"), "idx2": labels("3 2", "5"),
    },
    sizes={"N": 2},
    init=["vocab", "steps", "d", "heads", "layers", "rng"],
    assign={"params": "params"},
    # Twice: gradients that add up from call to call would show; and so does what is kept of a sequence of another length.
    steps=[("scores", "loss", "idx"), *2 * [("loss_and_gradients", "loss", "idx", "y")], ("scores", "loss", "idx2")],
    without=("other sizes", "square shapes", "non-contiguous"),
    variants={
        "one block": variant(layers=1, sizes={"T": 3}),
        "three blocks": variant(layers=3, params=constant(_model_params(3)), sizes={"T": 2, "N": 1}),
        "four heads": variant(heads=4, sizes={"T": 4}),
        "as many steps as places": variant(sizes={"T": 8}),
        "a batch of three": variant(sizes={"N": 3, "T": 3}),
    },
    points=6,
    hints=(
        "It is your own functions in a row, and then their backward passes in the opposite order.",
        "For block i, collect its ten arrays in a dict under the names in BLOCK. Keep one cache for each block. The mask has the shape (T, T) of the letters that came in, not of the longest sequence.",
        "Back: letter_loss gives the gradient of the scores; then W and b (sums over N and T), the norm, the blocks from last to first, the embedding. The gradients go into a dict with the keys of self.params.",
    ),
)  # fmt: skip

# %% [markdown]
# ## It learns
#
# The two thousand letters of notebook 06, in pieces of 31, all of them in every step. One block, four heads, width 32: 15,291 parameters, in float32. (The steps are taken by Adamax, a cousin of Adam, which is not part of your work.)
#
# **Predict first.** The RNN of notebook 06 needed 200 rounds. What loss per letter has your transformer after 100? Below 0.15 it spells.

# %% tags=["experiment"]
my_guess = None  # loss per letter after 100 steps

with guard():
    text = data.text()
    inputs, targets = text.pieces(31)

    def learn(steps, x, y, seed=0, rate=0.02):
        """A fresh transformer, trained on all of (x, y) in every step."""
        net = TinyTransformer(len(text.letters), 31, 32, 4, 1, np.random.default_rng(seed))
        net.params = transformers.single(net.params)
        pace, losses = training.Adamax(rate), []
        for _ in range(steps):
            loss, grads = net.loss(x, y)
            losses.append(float(loss) / y.shape[1])
            pace.update(net.params, grads)
        return net, losses

    net, losses = learn(100, inputs, targets)
    print(f"parameters: {sum(w.size for w in net.params.values()):,}")
    print("it writes:", repr(transformers.write(net, text.letters, "the ", 100, 31)))
    prediction.compare(my_guess, losses[-1], "loss per letter after 100 steps")
    plots_rnn.letter_loss(losses, len(text.letters))

# %% [markdown]
# Read what it writes. The first thirty letters are the text; then it falls apart. Every piece it saw had 31 letters and began at place 0, so at the end of its window it has seen nothing but the ends of pieces.
#
# (If it took much longer than ten seconds: did the check say that something becomes float64?)
#
# ## Who looks at whom
#
# Attention hands out a weighted sum of the values. So give it the *identity* as values, and what comes out is the table of weights itself.
#
# **Predict first.** In the row of a letter, where will most of the weight lie: on the letter before it, on the first letter, or spread evenly?

# %% tags=["experiment"]
my_guess = None  # "the letter before", "the first letter", "spread evenly"

with guard():
    T, p = 20, net.params
    seen = rmsnorm_forward(embed_forward(inputs[:1, :T], p["E"], p["P"])[0], p["g1_0"], {})[0]
    pair = [split_heads(seen @ p[name], 4) for name in ("Wq_0", "Wk_0")]
    tables = attention_forward(*pair, np.eye(T), np.tril(np.ones((T, T), bool)))[0][0]
    before = float(np.mean([np.diag(table, -1).mean() for table in tables]))
    first = float(tables[:, 1:, 0].mean())
    even = float(np.mean(1 / np.arange(2, T + 1)))
    print(f"weight on the letter before: {before:.2f}, on the first letter: {first:.2f}; evenly it would be {even:.2f}")
    if my_guess is not None:
        print(f"You guessed: {my_guess}.")
    plots_attention.triangle(tables, text.read(inputs[0, :T]))

# %% [markdown]
# The upper half is empty: nobody sees what comes later. Each head has found something of its own to look at, and none of them was told what.
#
# ## What the mask and the places are good for
#
# Three networks, trained on random windows of the text: as it should be, without a mask, and without the table of places. For judging, look at the *last* place alone: after it there is nothing to see, mask or no mask.
#
# **Predict first.** Which of the three has the lowest loss in training? And which at the last place?

# %% tags=["experiment"]
my_guess = None  # lowest in training; lowest at the last place

with guard():
    own_attention, own_embed = attention_forward, embed_forward
    ways = {
        "as it should be": {},
        "no mask": {"attention_forward": lambda q, k, v, mask=None: own_attention(q, k, v)},
        "no places": {"embed_forward": lambda idx, W, P: own_embed(idx, W, 0 * P)},
    }

    def window(starts):
        return [text.codes[starts[:, None] + np.arange(31) + shift] for shift in (0, 1)]

    runs = {}
    for name, functions in ways.items():
        draw = np.random.default_rng(0)
        with transformers.instead(globals(), **functions):
            one = TinyTransformer(len(text.letters), 31, 32, 4, 1, draw)
            one.params = transformers.single(one.params)
            pace, losses = training.Adamax(0.02), []
            for _ in range(300):
                loss, grads = one.loss(*window(draw.integers(0, len(text.codes) - 32, 16)))
                losses.append(float(loss) / 31)
                pace.update(one.params, grads)
            everywhere = window(np.arange(0, len(text.codes) - 32, 7))
            runs[name] = np.mean(losses[-10:]), transformers.last_place(one, *everywhere)
            print(f"{name:15}: writes {transformers.write(one, text.letters, 'the ', 45, 31)!r}")
    if my_guess is not None:
        print(f"You guessed: {my_guess}.")
    plots_attention.peeking(runs)

# %% [markdown]
# Without the mask the network does not learn to guess the next letter; it learns to *read* it, one place to the right. Its training loss is the best of the three by far, and it cannot write. No gradient was wrong, no
# loss curve looked ill.
#
# Without places the network knows which letters came before, but hardly in which order, and its loss is higher by about 0.35. (Hardly: the mask alone betrays a little, since the first place sees one key and the last sees 31.)

# %% [markdown] tags=["text:explain_mask"]
# **Explain.** The network without a mask had by far the lowest training loss, and writes nonsense. What did it learn, and how does the last place give it away? Two or three sentences, with a number from your own run.
#
# ### BEGIN SOLUTION
# The target at place t is the input at place t + 1, and without a mask attention may look there: it learnt to copy the letter from the right. At the last place there is nothing to the right, so copying is impossible, and there its loss was
# about 2.5 per letter against about 0.08 over all places in training; the masked network had about 1.5 in both.
# ### END SOLUTION

# %% tags=["instructor"]
from autograder.exercises import Text

explain_mask = Text(
    "explain_mask",
    points=1,
    rubric=(
        "Claim: it learnt to copy the next letter instead of guessing it.",
        "Mechanism: the target of place t is the input of place t + 1, which attention may see without a mask; at the last place there is none.",
        "A number from the own run: its loss at the last place against its training loss, or against the masked network's.",
    ),
)

# %% [markdown]
# ## Training is no test
#
# This is the reason for the whole course. Take the transformer that you have checked, and spoil *one* gradient: a factor, a missing path, a swapped pair. Twelve ways, each trained for 60 steps with the same start and the same data.
#
# **Predict first.** How many of the twelve wrong ones end with a *lower* loss than the right one? And how many with less than a third of where they started (1.1 per letter)?

# %% tags=["experiment"]
my_guess = None  # how many of the twelve end below 1.1

with guard():
    some, after = inputs[:48], targets[:48]
    _, losses = learn(60, some, after)
    right = losses[-1]
    early, _ = learn(5, some, after)
    truth = early.loss(some, after)[1]
    wrong = {}
    for name, functions in wrong_gradients(globals()).items():
        with transformers.instead(globals(), **functions):
            off = transformers.gradient_error(early.loss(some, after)[1], truth)
            wrong[name] = learn(60, some, after)[1][-1], off
    ahead = sum(loss < right for loss, _ in wrong.values())
    close = sum(loss < 1.1 for loss, _ in wrong.values())
    print(f"{ahead} of {len(wrong)} wrong gradients end ahead of the right one")
    print(f"smallest error of a wrong gradient: {min(off for _, off in wrong.values()):.0%}")
    prediction.compare(my_guess, f"{close}", f"of {len(wrong)} wrong gradients below 1.1")
    plots_attention.wrong_and_right(right, wrong, np.log(len(text.letters)))

# %% [markdown]
# Most of the wrong ones learn, and two have overtaken the right one. A falling loss does not tell that a gradient is right; it only tells that it points downhill now and then. In brackets stands what a
# gradient check sees: the smallest of these errors is some per cent, and the check calls everything above a millionth wrong. All twelve, at once, before any training.

# %% [markdown] tags=["text:explain_training"]
# **Explain.** Why can a network learn although its gradient is wrong, and why is that a danger rather than a comfort? Three or four sentences, with a number from your own run.
#
# ### BEGIN SOLUTION
# A step lowers the loss if it points less than 90 degrees away from the true gradient, and a gradient with a path missing or a factor wrong mostly still does; besides, the optimiser rescales each weight's step. So a falling loss is no evidence: in
# my run seven of twelve wrong gradients ended below 1.1 per letter, and two ended ahead of the right one. The danger is that nothing looks broken: it ends in another place, needs more steps or fails at another size, and one blames the data or the learning rate.
# ### END SOLUTION

# %% tags=["instructor"]
explain_training = Text(
    "explain_training",
    points=1,
    rubric=(
        "Claim: a falling loss does not show that a gradient is right, so it must be checked against differences.",
        "Mechanism: a wrong gradient that still points roughly downhill lowers the loss (and the optimiser hides wrong factors).",
        "A number from the own run: how many wrong ones learnt, or the loss of one of them beside the right one.",
    ),
)

# %% [markdown]
# ## Bonus: attention without the table
#
# The table of $T \times T$ probabilities is what makes long sequences dear. It need not exist. Go through the keys in blocks, and for every query keep three things only: the largest score so far $m$, the sum
# $\ell$ of the exponentials so far, and the weighted sum $a$ of values so far. When a new block brings a larger score, what was gathered before is measured by the wrong shift; one factor mends it:
#
# $$ m' = \max(m, \max_j s_j) \qquad \ell' = e^{m-m'}\,\ell + \sum_j e^{s_j-m'} \qquad a' = e^{m-m'}\,a + \sum_j e^{s_j-m'}\,v_j \qquad\qquad \text{out} = a/\ell $$
#
# No mask here. The last block may be shorter. (The check judges the numbers; the memory is for you to look at, below.)

# %%
def online_attention_forward(q, k, v, block):
    """Attention that reads the keys in blocks and never holds all scores.

    Args:
        q: Queries, shape (..., T, d).
        k: Keys, shape (..., S, d).
        v: Values, shape (..., S, m).
        block: How many keys are read at a time.

    Returns:
        out: Shape (..., T, m).
        cache: Whatever `online_attention_backward` will need; no array with T times S numbers.
    """
    ### BEGIN SOLUTION
    root = float(np.sqrt(q.shape[-1]))
    largest, total, gathered = -np.inf, 0.0, 0.0
    for start in range(0, k.shape[-2], block):
        keys, values = k[..., start : start + block, :], v[..., start : start + block, :]
        scores = q @ keys.swapaxes(-1, -2) / root
        new = np.maximum(largest, scores.max(axis=-1, keepdims=True))
        shrink, e = np.exp(largest - new), np.exp(scores - new)
        total = total * shrink + e.sum(axis=-1, keepdims=True)
        gathered = gathered * shrink + e @ values
        largest = new
    out = gathered / total
    cache = (q, k, v, block, out, largest + np.log(total))
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### Backward
#
# Compute each block of probabilities again: with $L = m + \log \ell$ it is $p = e^{s - L}$, right at once. One more trick: the sum along the row that softmax takes away,
# $\sum_j p_j\,dp_j$, runs over *all* blocks; but it equals $\sum \text{dout}\cdot\text{out}$, and that is known before the first block.

# %%
def online_attention_backward(dout, cache):
    """Send the gradient back, block by block.

    Args:
        dout: Upstream gradient, shape (..., T, m).
        cache: What `online_attention_forward` returned.

    Returns:
        dq: Shape (..., T, d).
        dk: Shape (..., S, d).
        dv: Shape (..., S, m).
    """
    ### BEGIN SOLUTION
    q, k, v, block, out, whole = cache
    root = float(np.sqrt(q.shape[-1]))
    inner = (dout * out).sum(axis=-1, keepdims=True)
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for start in range(0, k.shape[-2], block):
        part = (..., slice(start, start + block), slice(None))
        p = np.exp(q @ k[part].swapaxes(-1, -2) / root - whole)
        dv[part] = p.swapaxes(-1, -2) @ dout
        ds = p * (dout @ v[part].swapaxes(-1, -2) - inner) / root
        dq += ds @ k[part]
        dk[part] = ds.swapaxes(-1, -2) @ q
    ### END SOLUTION
    return dq, dk, dv


# %% tags=["instructor"]
online = Layer(
    online_attention_forward,
    online_attention_backward,
    inputs={"q": "N T d", "k": "N S d", "v": "N S m", "block": constant(2)},
    sizes={"S": 5},
    variants={
        "one key at a time": variant(block=1),
        "one block": variant(block=8),
        "blocks that fit": variant(block=3, sizes={"S": 6}),
        "square": variant(sizes={"T": 4, "S": 4, "d": 4, "m": 4}),
        "large scores": variant(q=array("N T d", scale=60.0)),
        "far below zero": variant(q=array("N T d", low=20.0), k=array("N S d", offset=-20.0)),
        "a giant comes late": variant(
            q=np.array([[[30.0, 25.0], [-1.0, 2.0]]]), k=np.array([[[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [60.0, 60.0], [1.0, 1.0]]]),
            v=np.array([[[1.0], [2.0], [-3.0], [0.5], [4.0]]]),
        ),
        "four axes": variant(
            q=array("N H T d"), k=array("N H S d"), v=array("N H S m"), sizes={"N": 2, "H": 3, "T": 4, "S": 5, "d": 3, "m": 6},
        ),
        "float32": variant(q=cast("N T d", "float32"), k=cast("N S d", "float32"), v=cast("N S m", "float32")),
    },
    points={"forward": 1, "backward": 1},
    hints={
        "forward": (
            "Three running quantities per query; when the largest score changes, the other two are rescaled.",
            "Start with minus infinity, 0 and 0. In each block: scores, new maximum, the factor exp(old maximum − new maximum) on sum and values, then add the block's own.",
            "Divide once, after the loop. Keep q, k, v, the result, and the maximum plus the logarithm of the sum: from these every probability can be made again.",
        ),
        "backward": (
            "For each block: its probabilities again, and then the backward pass that you know.",
            "p is exp of (scores minus the kept logarithm). The number per row that softmax takes away is the sum of dout times out.",
            "ds is p times (dout times transposed values, minus that number), over the root of d. dq adds up over the blocks; each block of dk and dv is written once.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# **Predict first.** One head of width 32, float32, keys in blocks of 64. At $T = 2048$, how many times less memory does your online forward pass need at its peak? And is it slower?

# %% tags=["experiment"]
my_guess = None  # peak of the full table / peak online, at T = 2048

with guard():
    lengths, peaks = (128, 512, 2048), {"all scores at once": [], "online, 64 keys at a time": []}
    for T in lengths:
        q, k, v = np.random.default_rng(T).normal(size=(3, 1, T, 32)).astype(np.float32)
        ways = ((attention_forward, q, k, v), (online_attention_forward, q, k, v, 64))
        results = []
        for name, way in zip(peaks, ways):
            most, (out, _) = transformers.peak_memory(*way)
            peaks[name].append(most / 1e6)
            results.append(out)
            print(f"T = {T:4}, {name:25}: {most / 1e6:6.2f} MB, {1e3 * transformers.best_time(*way):6.2f} ms")
        print(f"          largest difference: {np.abs(results[0] - results[1]).max():.0e}")
    full, online_peaks = peaks.values()
    prediction.compare(my_guess, full[-1] / online_peaks[-1], "times less memory at T = 2048")
    plots_attention.memory(lengths, peaks)

# %% [markdown]
# The table grows with the square of $T$, the running quantities with $T$. Whether it is slower depends on the length: short sequences pay for the loop; in long ones the smaller arrays fit the processor's cache, and the loop
# costs nothing. (On a graphics card the same algorithm, FlashAttention, is much *faster*, since there memory traffic is what costs.)

# %% [markdown]
# ## Bonus: a small correction on a frozen matrix
#
# To tune a large model for a new task one leaves its matrix $W$ as it is and learns a correction of low rank, $A$ of $(D, r)$ and $B$ of $(r, M)$:
#
# $$ \underset{(\dots,\,M)}{\text{out}} = x\,W + \frac{\alpha}{r}\,(x\,A)\,B $$
#
# The forward pass is given. $W$ is frozen: it gets no gradient, but the gradient passes through it.

# %% tags=["provided"]
def lora_forward(x, W, A, B, alpha):
    """x W plus a correction of low rank; returns out and cache."""
    low = x @ A
    scale = float(alpha) / A.shape[1]
    return x @ W + scale * (low @ B), (x, W, A, B, scale, low)

# %%
def lora_backward(dout, cache):
    """Send the gradient back to x and to the correction.

    Args:
        dout: Upstream gradient, shape (N, T, M).
        cache: (x, W, A, B, scale, low), where scale = alpha / r and low = x A.

    Returns:
        dx: Shape (N, T, D).
        dA: Shape (D, r).
        dB: Shape (r, M).
    """
    ### BEGIN SOLUTION
    x, W, A, B, scale, low = cache
    dlow = scale * dout @ B.T
    dx = dout @ W.T + dlow @ A.T
    dA = np.tensordot(x, dlow, ((0, 1), (0, 1)))
    dB = scale * np.tensordot(low, dout, ((0, 1), (0, 1)))
    ### END SOLUTION
    return dx, dA, dB


# %% tags=["instructor"]
lora = Layer(
    "lora_forward",
    lora_backward,
    inputs={"x": "N T D", "W": "D M", "A": "D r", "B": "r M", "alpha": constant(3.0)},
    gradients=["dx", "dA", "dB"],
    sizes={"r": 2},
    variants={
        "B starts at zero": variant(B=np.zeros((2, 5)), sizes={"M": 5}),
        "square": variant(sizes={"N": 2, "T": 4, "D": 4, "M": 4, "r": 4}),
        "rank one": variant(alpha=0.5, sizes={"r": 1}),
    },
    points={"backward": 1},
    hints={
        "backward": (
            "Two roads lead from x to out, and the correction is two affine layers in a row.",
            "First the gradient of low = x A: it comes through B and through the factor.",
            "dx: dout through W, plus dlow through A. dA is made of x and dlow, dB of low and dout with the factor; both are sums over N and T.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# One starts with a random $A$ and $B = 0$: the correction is nothing, and the model what it was. Look at your formulas: then `dA` is exactly zero, and only $B$ moves in the first step. Were *both* zero, both gradients would be zero for ever. For a matrix of $64 \times 64$ and $r = 4$ one learns 512 numbers instead of 4,096.
#
# ## Bonus: keep less, compute again
#
# A tower of blocks whose forward pass keeps only the input of every `every`-th block. On the way back each segment is run forward once more, now keeping its caches, and then backwards. The forward pass is given.

# %% tags=["provided"]
def checkpointed_forward(x, blocks, heads, mask, every):
    """A tower of blocks; keeps the inputs of the blocks 0, every, 2 every …"""
    kept = []
    for i, params in enumerate(blocks):
        if i % every == 0:
            kept.append(x)
        x, _ = block_forward(x, params, heads, mask)
    return x, (kept, blocks, heads, mask, every)

# %%
def checkpointed_backward(dout, cache):
    """Send the gradient back through the tower, a segment at a time.

    Args:
        dout: Upstream gradient, shape (N, T, D).
        cache: (kept, blocks, heads, mask, every): kept[j] is the input of block j * every, blocks a
            list of params, one dict for each block.

    Returns:
        dx: Shape (N, T, D).
        dblocks: List of dicts, the gradients of each block, in the order of blocks.
    """
    ### BEGIN SOLUTION
    kept, blocks, heads, mask, every = cache
    dx, dblocks = dout, [None] * len(blocks)
    for j in reversed(range(len(kept))):
        x, caches = kept[j], []
        for params in blocks[j * every : (j + 1) * every]:
            x, one = block_forward(x, params, heads, mask)
            caches.append(one)
        for i in reversed(range(len(caches))):
            dx, dblocks[j * every + i] = block_backward(dx, caches[i])
    ### END SOLUTION
    return dx, dblocks


# %% tags=["instructor"]
checkpointed = Layer(
    "checkpointed_forward",
    checkpointed_backward,
    inputs={"x": "N T 2*E", "blocks": constant([BLOCK_PARAMS] * 3), "heads": constant(2), "mask": visible("T T"), "every": constant(2)},
    gradients=["dx", "dblocks"],
    sizes={"N": 2, "T": 3, "E": 2, "F": 3},
    without=("other sizes", "square shapes", "non-contiguous", "large values", "small values"),
    variants={
        "every block": variant(every=1),
        "one segment": variant(every=3, mask=None),
        "four blocks, in pairs": variant(blocks=constant([BLOCK_PARAMS] * 4)),
    },
    points={"backward": 2},
    hints={
        "backward": (
            "Two loops inside one: over the segments, the last first; in each, forward to get caches, then backward to use them.",
            "Segment j has the blocks from j times every up to (j + 1) times every; a slice stops by itself where the list ends. It starts from kept[j].",
            "What comes out of a segment's first block goes into the segment before. Put the gradients of block i at place i of the list.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# **Predict first.** Sixteen blocks. Keeping every fourth input: what share of the peak memory is left, and what does it cost in time? (One more forward pass.)

# %% tags=["experiment"]
my_guess = None  # share of the peak that is left, every 4

with guard():
    draw = np.random.default_rng(0)
    tower = [new_block(64, 16, draw) for _ in range(16)]
    x, top = draw.normal(size=(2, 4, 64, 64))
    past = np.tril(np.ones((64, 64), bool))

    def keep_all():
        here, caches = x, []
        for params in tower:
            here, one = block_forward(here, params, 4, past)
            caches.append(one)
        grad = top.copy()
        while caches:
            grad, _ = block_backward(grad, caches.pop())
        return grad

    everything, grad = transformers.peak_memory(keep_all)
    seconds, shares = transformers.best_time(keep_all), {}

    def again(every):
        return checkpointed_backward(top.copy(), checkpointed_forward(x, tower, 4, past, every)[1])[0]

    for every in (1, 2, 4, 8):
        most, same = transformers.peak_memory(again, every)
        shares[every] = most / everything
        ratio = transformers.best_time(again, every) / seconds
        print(f"every {every}: {shares[every]:.0%} of {everything / 1e6:.0f} MB, {ratio:.2f} times the time,"
              f" largest difference {np.abs(same - grad).max():.0e}")
    prediction.compare(my_guess, shares[4], "share of the peak, every 4")

# %% [markdown]
# ## Bonus: sixteen bits
#
# Large models compute their gradients in float16 or its relatives, to save memory and time. Below $6\cdot10^{-8}$ a float16 is zero. So the loss is multiplied by a large `scale` first, and the gradients come
# out `scale` times too big, safely away from zero. The step has to undo that: in float32, and only if nothing has overflowed.
#
# What we agree on: where any gradient is inf or nan, no weight moves and the scale is halved. Otherwise every weight takes the step $w - \text{lr}\cdot g/\text{scale}$, computed in float32, and the scale stays.

# %%
def scaled_step(params, grads16, scale, lr):
    """One step of gradient descent with gradients in float16 that are scale times too big.

    Args:
        params: Dict of float32 arrays; not modified.
        grads16: Dict of float16 arrays with the same keys.
        scale: The number by which the loss was multiplied.
        lr: Learning rate.

    Returns:
        params: New dict of float32 arrays.
        scale: The scale for the next step.
    """
    ### BEGIN SOLUTION
    if not all(np.isfinite(g).all() for g in grads16.values()):
        return dict(params), scale / 2
    params = {name: w - lr * (grads16[name].astype(w.dtype) / scale) for name, w in params.items()}
    ### END SOLUTION
    return params, scale


# %% tags=["instructor"]
WIDE = {"W": cast("D M", "float32"), "b": cast("M", "float32")}
NARROW = {"W": cast(array("D M", scale=30.0), "float16"), "b": cast(array("M", scale=0.02), "float16")}

step16 = Function(
    scaled_step,
    inputs={"params": constant(WIDE), "grads16": constant(NARROW), "scale": constant(1024.0), "lr": constant(0.5)},
    outputs=["new_params", "new_scale"],
    points=1,
    variants={
        "inf in the last array": variant(grads16={"b": np.array([1.0, np.inf, 2.0], np.float16)}, sizes={"M": 3, "D": 2}),
        "inf in the first array": variant(grads16={"W": np.array([[1.0, -np.inf, 2.0]], np.float16)}, sizes={"M": 3, "D": 1}),
        "nan": variant(grads16={"b": np.array([np.nan, 0.0, 2.0], np.float16)}, sizes={"M": 3, "D": 2}),
        "tiny gradients": variant(grads16={"b": cast(array("M", scale=2e-4), "float16")}, scale=65536.0, lr=1000.0),
        "large gradients": variant(grads16={"W": cast(array("D M", scale=9000.0), "float16")}, scale=256.0),
    },
    hints=(
        "First look, then step: one test over all arrays decides whether anything moves.",
        "np.isfinite is False for inf and for nan. `.astype(np.float32)` before the division, or what the scale has saved is lost again.",
        "If anything is not finite: the weights as they are, and half the scale. Otherwise w minus lr times the float32 gradient over scale, for every name.",
    ),
)  # fmt: skip

# %% [markdown]
# Real gradients, of the transformer that you trained, made as small as a mean over a deep network and a large batch makes them (times $2^{-12}$).
#
# **Predict first.** Which share of them becomes zero in float16, with a scale of 1? And as they are, *not* made smaller?

# %% tags=["experiment"]
my_guess = None  # share that becomes zero, made smaller, scale 1

with guard():
    grads = net.loss(inputs, targets)[1]
    every_number = np.concatenate([np.ravel(g) for g in grads.values()]).astype(float) / 31
    lost = {}
    for shrink, scale in ((1.0, 1), (2.0**-12, 1), (2.0**-12, 64), (2.0**-12, 1024)):
        true = every_number * shrink
        half = (true * scale).astype(np.float16)
        lost[shrink, scale] = float(np.mean((half == 0) & (true != 0)))
        error = np.linalg.norm(half.astype(float) / scale - true) / np.linalg.norm(true)
        print(f"gradients times {shrink:.0e}, scale {scale:4}: {lost[shrink, scale]:.2%} become zero, error {error:.0e}")
    prediction.compare(my_guess, lost[2.0**-12, 1], "share that becomes zero, scale 1")

# %% [markdown]
# A small network as it is loses next to nothing: it needs no scaling. Where gradients are small, a scale of 1024 brings the error down to what the eleven bits of a float16 allow.

# %% [markdown]
# ## Looking back
#
# There was one new backward pass in this notebook, that of softmax alone. All else was old: products, sums over what is shared, and *add where paths meet*, three times for $x$, twice at each plus. The shapes did not help you: nearly every mistake one can make here runs
# without a complaint, and many of them even learn. What helped was to compare with differences, entry by entry, before anything was trained.
#
# **Where it matters today.** Stack this block some thirty to a hundred times, make it wider, and read the internet instead of two thousand letters: that is a large language model. The causal mask, RMSNorm first, the highway, FlashAttention, low-rank
# adaptation, checkpoints and scaled losses are all in daily use, and you have now sent a gradient through every one of them by hand.
#
# *Sources.* Attention and the transformer: A. Vaswani and others (2017). RMSNorm: B. Zhang and R. Sennrich (2019). Gradients that lose their meaning with depth: D. Balduzzi and others (2017), "shattered gradients". Online softmax: M. Milakov and N. Gimelshein (2018); FlashAttention: T. Dao and
# others (2022). Low-rank adaptation: E. Hu and others (2021). Checkpointing: T. Chen and others (2016). Loss scaling: P. Micikevicius and others (2018). Adamax: D. Kingma and J. Ba (2015).
