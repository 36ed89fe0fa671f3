# %% [markdown]
# # 09 · Convolution: one filter, everywhere
#
# *About three hours. 45 points, and 3 more in a bonus at the end.*
#
# When you are through you will be able to
#
# - write a convolution and its backward pass with plain loops, and say why every gradient in it is a sum;
# - turn it into one matrix product, tens of times faster, and send the gradient back through that;
# - route a gradient through max pooling, also where two numbers are tied;
# - normalise pictures by channel and by groups of channels;
# - say how far a unit sees, and measure it with your own gradient;
# - put it all together into a network that reads digits, and say what convolution buys there and what it doesn't.
#
# The shapes in this notebook: pictures `x` are $(N, C, H, W)$, that is examples, channels, rows, columns. Filters `w` are
# $(F, C, HH, WW)$: there are $F$ of them, and each reaches through *all* $C$ channels. `b` is $(F,)$.

# %%
import numpy as np

from autograder import check
from autograder.lab import (
    costs,
    data,
    network,
    pictures,
    plots_convolution,
    plots_layers,
    prediction,
    saliency,
    training,
)
from autograder.lab.guard import guard

# %% [markdown]
# ## Convolution, forward
#
# Lay a filter on a window of the picture, multiply number by number, add up, add the bias: that is one number of the output. Then move the
# window by `stride`, and do it again with the *same* filter:
#
# $$
# \text{out}_{n f i j} = b_f + \sum_{c, p, q} \tilde x_{n,\,c,\;i s + p,\; j s + q}\; w_{f c p q}
# \qquad
# H' = 1 + \Bigl\lfloor\frac{H + 2\,\text{pad} - HH}{s}\Bigr\rfloor, \quad W' \text{ likewise}
# $$
#
# Here $s$ is the stride, and $\tilde x$ is the picture with `pad` rows and columns of zeros put on *every* side. What we agree on:
#
# - The filter is used as it is. (In signal processing it is turned round first; what every framework calls convolution is, strictly, *cross-correlation*.)
# - Where the last window would stick out, it is left out. Surplus rows and columns at the end are never read.
#
# Two loops, over the places $i$ and $j$, are enough, if you slice a window out of all examples at once. (Four loops are right, too; only
# the experiments take longer.)

# %%
def conv_forward_naive(x, w, b, conv_param):
    """Slide every filter over every picture.

    Args:
        x: Pictures, shape (N, C, H, W).
        w: Filters, shape (F, C, HH, WW).
        b: Biases, shape (F,).
        conv_param: Dict with stride and pad.

    Returns:
        out: Shape (N, F, H', W').
        cache: Whatever `conv_backward_naive` will need.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    ### BEGIN SOLUTION
    n, _, height, width = x.shape
    filters, _, hh, ww = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    down, across = 1 + (height + 2 * pad - hh) // stride, 1 + (width + 2 * pad - ww) // stride
    out = np.zeros((n, filters, down, across))
    for i in range(down):
        for j in range(across):
            window = padded[:, :, i * stride : i * stride + hh, j * stride : j * stride + ww]
            for f in range(filters):
                out[:, f, i, j] = (window * w[f]).sum(axis=(1, 2, 3)) + b[f]
    cache = (x, w, stride, pad)
    ### END SOLUTION
    return out, cache


# %% [markdown]
# ### What a filter sees
#
# Nine numbers already say something about a photograph. These filters were written by hand; later your network finds its own.
#
# **Predict first.** The second filter takes the pixel on the left away from the one on the right. Where is its answer zero?

# %% tags=["experiment"]
with guard():
    photo = pictures.photo()  # grey, rows × columns, from 0 to 1
    by_hand = {
        "mean": np.full((3, 3), 1 / 9),
        "right - left": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4,
        "below - above": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]) / 4,
        "centre - around": np.array([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 8,
    }
    w = np.stack(list(by_hand.values()))[:, None]
    out, _ = conv_forward_naive(photo[None, None], w, np.zeros(4), {"stride": 1, "pad": 0})
    plots_convolution.responses(photo, by_hand, out[0])

# %% [markdown]
# Wherever the picture doesn't change from left to right: in the even sky, and along horizontal lines. A filter answers where the picture looks like the filter,
# and its map says *where* that is.
#
# ## Convolution, backward
#
# No new mathematics: products and sums. But look at how often each number is used, for that is how many gradients add up.
#
# - A pixel of $\tilde x$ lies in several windows. From each comes back `dout` times the filter entry that met it there.
# - A weight is used at every place of every example. So `dw` adds up `dout` times window over all of them.
# - A bias is used at every place, too.
#
# So run through the *same* loops as forward, with the same slices. What was read there is added to here: `+=`. At the end cut the padding off; the zeros were no
# inputs, and nobody wants their gradient. (`pad:-pad` looks tempting. What does it do when `pad` is 0?)

# %%
def conv_backward_naive(dout, cache):
    """Send the gradient back through the convolution.

    Args:
        dout: Upstream gradient, shape (N, F, H', W').
        cache: What `conv_forward_naive` returned.

    Returns:
        dx: Shape (N, C, H, W).
        dw: Shape (F, C, HH, WW).
        db: Shape (F,).
    """
    ### BEGIN SOLUTION
    x, w, stride, pad = cache
    height, width = x.shape[2:]
    filters, _, hh, ww = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros(padded.shape), np.zeros(w.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * stride, i * stride + hh), slice(j * stride, j * stride + ww)
            for f in range(filters):
                up = dout[:, f, i, j][:, None, None, None]
                dw[f] += (up * padded[:, :, rows, columns]).sum(axis=0)
                dpadded[:, :, rows, columns] += up * w[f]
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    db = dout.sum(axis=(0, 2, 3))
    ### END SOLUTION
    return dx, dw, db


# %% tags=["instructor"]
from autograder.exercises import Layer, array, constant, variant

CONV_INPUTS = {"x": "N C 6 7", "w": "F C 3 2", "b": "F", "conv_param": constant({"stride": 1, "pad": 1})}
CONV_VARIANTS = {
    "no padding": variant(conv_param={"pad": 0}),
    "stride 2": variant(conv_param={"stride": 2}),
    "stride 3, rows and columns left over": variant(conv_param={"stride": 3, "pad": 0}),
    "everything square": variant(x=array("N C 5 5"), w=array("F C 3 3"), sizes={"N": 3, "C": 3, "F": 3}),
    "square, stride 2, a column left over": variant(x=array("N C 6 6"), w=array("F C 3 3"), conv_param={"stride": 2}),
    "filters of one pixel": variant(w=array("F C 1 1"), conv_param={"stride": 2, "pad": 0}),
    "filters as large as the picture": variant(w=array("F C 6 7"), conv_param={"pad": 0}),
    "much padding, a wide filter": variant(w=array("F C 2 5"), conv_param={"stride": 2, "pad": 3}),
}
conv_naive = Layer(
    conv_forward_naive,
    conv_backward_naive,
    inputs=CONV_INPUTS,
    sizes={"C": 2},
    variants=CONV_VARIANTS,
    points={"forward": 4, "backward": 6},
    hints={
        "forward": (
            "One number of the output is a window times a filter, added up, plus a bias.",
            "`np.pad` takes a pair of numbers for each axis. Loop over the places i and j; the window begins at row i · stride and column j · stride of the padded picture, in all examples and channels.",
            "Multiply the window (N, C, HH, WW) with one filter (C, HH, WW), add over the last three axes, add that filter's bias, and write the N numbers to place i, j of its map.",
        ),
        "backward": (
            "Go through the same places with the same slices; what was read is now added to.",
            "At each place and for each filter you have N upstream numbers. Times the window they go into dw, times the filter they go into the window's place of a padded dx.",
            "Give the N numbers three more axes. Both updates use +=. Afterwards cut rows pad to pad + H and columns pad to pad + W out of the padded dx; db adds dout over axes 0, 2 and 3.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ### What padding does at the border
#
# The filter is a mean of nine, the picture is all ones, with one ring of zeros around it.
#
# **Predict first.** The inside of the output is 1. What stands in a corner? And `dx`, when every upstream gradient is 1: is it the same at the border?

# %% tags=["experiment"]
my_guess = None  # the output in a corner

with guard():
    ones, mean = np.ones((1, 1, 8, 8)), np.full((1, 1, 3, 3), 1 / 9)

    def border(pad):
        out, cache = conv_forward_naive(ones, mean, np.zeros(1), {"stride": 1, "pad": pad})
        return out[0, 0], conv_backward_naive(np.ones(out.shape), cache)[0][0, 0]

    (out, dx), (_, dx_without) = border(pad=1), border(pad=0)
    prediction.compare(my_guess, float(out[0, 0]), "output in the corner")
    plots_convolution.numbers(
        {"out, pad 1": out, "dx, pad 1": dx, "dx, pad 0": dx_without},
        title="A mean of nine on a picture of ones",
    )

# %% [markdown]
# With padding the border looks darker than it is, to the next layer as well: a network can tell from that where the border is. Without padding the output shrinks, and a
# corner pixel lies in one window only, so it gets a ninth of the gradient of a pixel inside. Neither treats all pixels alike.
#
# ## im2col: loops into a matrix
#
# An interpreter's loops are slow, a matrix product is fast. So write every window out as a *row*, once, before any multiplication:
#
# $$ \text{cols}: \quad (N\,H'\,W',\;\; C\cdot HH\cdot WW) $$
#
# The rows are in the order (example, $i$, $j$). Within a row the order is (channel, row, column), the one in which `w.reshape(F, -1)` lays out a filter.
# (CS231n's helper has the transpose of this, in another order of places. This one is ours.)
#
# `np.lib.stride_tricks.sliding_window_view(padded, (hh, ww), axis=(2, 3))` gives all windows, one step apart, as an array of six axes, without copying a number.

# %%
def im2col(x, hh, ww, pad, stride):
    """Write out every window of every picture as a row.

    Args:
        x: Pictures, shape (N, C, H, W).
        hh, ww: Rows and columns of a window.
        pad: Zeros on every side.
        stride: How far apart windows are.

    Returns:
        cols: Shape (N * H' * W', C * hh * ww).
    """
    ### BEGIN SOLUTION
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (hh, ww), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    n, c, down, across = windows.shape[:4]
    cols = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * down * across, c * hh * ww)
    ### END SOLUTION
    return cols


# %% [markdown]
# ### And back: col2im
#
# `im2col` only *copies*; a pixel that lies in nine windows is copied nine times. Its backward pass is what the backward pass of copying always is: the
# gradients of all copies are added up. (Word embeddings in 06 are the same pair: gather, and scatter-add.)
#
# Don't loop over the places: there are many, and few offsets. All entries of the windows with offset $(p, q)$ lie in the padded picture on a grid with the step `stride`, so
# one sliced `+=` serves them all, and the loop has $HH \cdot WW$ turns.

# %%
def col2im(dcols, x_shape, hh, ww, pad, stride):
    """Add the gradients of all copies of a pixel: the backward pass of `im2col`.

    Args:
        dcols: Upstream gradient, shape (N * H' * W', C * hh * ww).
        x_shape: (N, C, H, W).
        hh, ww, pad, stride: As for `im2col`.

    Returns:
        dx: Shape (N, C, H, W).
    """
    ### BEGIN SOLUTION
    n, c, height, width = x_shape
    down, across = 1 + (height + 2 * pad - hh) // stride, 1 + (width + 2 * pad - ww) // stride
    parts = dcols.reshape(n, down, across, c, hh, ww).transpose(0, 3, 1, 2, 4, 5)
    dpadded = np.zeros((n, c, height + 2 * pad, width + 2 * pad))
    for p in range(hh):
        for q in range(ww):
            rows, columns = slice(p, p + stride * down, stride), slice(q, q + stride * across, stride)
            dpadded[:, :, rows, columns] += parts[..., p, q]
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
from autograder.exercises import Function

im2col_rows = Function(
    im2col,
    inputs={"x": "N 2 6 7", "hh": constant(3), "ww": constant(2), "pad": constant(1), "stride": constant(1)},
    variants={
        "no padding": variant(pad=0),
        "stride 2": variant(stride=2),
        "stride 3, rows and columns left over": variant(pad=0, stride=3),
        "everything square": variant(x=array("3 3 5 5"), ww=3),
        "windows of one pixel": variant(hh=1, ww=1, pad=0, stride=2),
        "one window": variant(hh=6, ww=7, pad=0),
    },
    outputs=["cols"],
    points=3,
    hints=(
        "Every row is one window through all channels; nothing is calculated, only copied.",
        "Keep every stride-th window along both axes of places. Then the six axes are example, channel, i, j, row, column: bring them into the order that the rows need.",
        "transpose to (example, i, j, channel, row, column), then one reshape. Or: loop over i and j and lay out each window (N, C, hh, ww) with reshape(N, -1).",
    ),
)  # fmt: skip
col2im_sum = Function(
    col2im,
    inputs={
        "dcols": "3*6*8 2*3*2", "x_shape": constant((3, 2, 6, 7)),
        "hh": constant(3), "ww": constant(2), "pad": constant(1), "stride": constant(1),
    },
    variants={
        "no padding": variant(dcols=array("3*4*6 2*3*2"), pad=0),
        "stride 2": variant(dcols=array("3*3*4 2*3*2"), stride=2),
        "stride 3, rows and columns left over": variant(dcols=array("3*2*2 2*3*2"), pad=0, stride=3),
        "everything square": variant(dcols=array("3*5*5 3*3*3"), x_shape=(3, 3, 5, 5), ww=3),
        "a batch of one, stride 2": variant(dcols=array("3*4 2*3*2"), x_shape=(1, 2, 6, 7), stride=2),
        "windows of one pixel": variant(dcols=array("3*3*4 2"), x_shape=(3, 2, 6, 7), hh=1, ww=1, pad=0, stride=2),
        "one window": variant(dcols=array("3 2*6*7"), hh=6, ww=7, pad=0),
    },
    outputs=["dx"],
    points=4,
    hints=(
        "im2col reads; col2im adds what comes back to the place from which it was read.",
        "First undo the reshape and the transpose of im2col: six axes again. Then make a padded array of zeros to add to.",
        "For each offset p, q in the window: rows p, p + stride, … (as many as there are places) and columns likewise get += the part with that offset. Cut the padding off at the end.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Convolution as one matrix product
#
# With the windows as rows, a convolution *is* an affine layer: `cols @ w.reshape(F, -1).T + b`. What is left is bookkeeping of axes, and that is where nearly all mistakes
# happen. The product has the shape $(N H' W', F)$: the filters stand *last*. `reshape` never moves an axis; it only deals the same numbers out in another form. So first
# `reshape` to $(N, H', W', F)$, then `transpose` $F$ to its place.
#
# Backward is the affine layer's backward, between the same two steps undone: `dout` with $F$ last, as rows; three products and sums that you know; and `col2im`.

# %%
def conv_forward_fast(x, w, b, conv_param):
    """The same as `conv_forward_naive`, by one matrix product.

    Args:
        x: Pictures, shape (N, C, H, W).
        w: Filters, shape (F, C, HH, WW).
        b: Biases, shape (F,).
        conv_param: Dict with stride and pad.

    Returns:
        out: Shape (N, F, H', W').
        cache: Whatever `conv_backward_fast` will need.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    ### BEGIN SOLUTION
    n, _, height, width = x.shape
    filters, _, hh, ww = w.shape
    down, across = 1 + (height + 2 * pad - hh) // stride, 1 + (width + 2 * pad - ww) // stride
    cols = im2col(x, hh, ww, pad, stride)
    rows = cols @ w.reshape(filters, -1).T + b
    out = rows.reshape(n, down, across, filters).transpose(0, 3, 1, 2)
    cache = (x.shape, w, cols, stride, pad)
    ### END SOLUTION
    return out, cache


# %%
def conv_backward_fast(dout, cache):
    """Send the gradient back through `conv_forward_fast`.

    Args:
        dout: Upstream gradient, shape (N, F, H', W').
        cache: What `conv_forward_fast` returned.

    Returns:
        dx: Shape (N, C, H, W).
        dw: Shape (F, C, HH, WW).
        db: Shape (F,).
    """
    ### BEGIN SOLUTION
    x_shape, w, cols, stride, pad = cache
    filters, _, hh, ww = w.shape
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, filters)
    dw = (drows.T @ cols).reshape(w.shape)
    db = drows.sum(axis=0)
    dcols = drows @ w.reshape(filters, -1)
    dx = col2im(dcols, x_shape, hh, ww, pad, stride)
    ### END SOLUTION
    return dx, dw, db


# %% tags=["instructor"]
conv_fast = Layer(
    conv_forward_fast,
    conv_backward_fast,
    inputs=CONV_INPUTS,
    sizes={"C": 2},
    variants=CONV_VARIANTS,
    points={"forward": 2, "backward": 4},
    hints={
        "forward": (
            "An affine layer whose examples are the windows.",
            "`im2col` gives the rows; each filter, laid out as one row, is a column of the matrix. The result has the filters last.",
            "cols times the transpose of w.reshape(F, -1), plus b; reshape to (N, H', W', F); transpose the last axis to second place. Keep cols: dw needs them.",
        ),
        "backward": (
            "Undo the last step first: bring dout into the form that the product had.",
            "Move F to the end of dout, then reshape to rows (N·H'·W', F). Now it is the affine layer: which product has the shape of w.reshape(F, -1), and which that of cols?",
            "dw: transpose of the dout rows times cols, in the shape of w. db: sum over the rows. dcols: the dout rows times w.reshape(F, -1); hand them to col2im.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ### What it buys, and what it costs
#
# Both of your versions, on sixteen pictures of 8 × 8 with eight filters.
#
# **Predict first.** How many times faster is the forward pass with the matrix product? And how many times as much memory do the windows take as the picture?

# %% tags=["experiment"]
my_guess = None  # time of your loops over time of the product, forward

with guard():
    draw = np.random.default_rng(0)
    x, w, b = draw.normal(size=(16, 1, 8, 8)), draw.normal(size=(8, 1, 3, 3)), np.zeros(8)
    same = {"stride": 1, "pad": 1}
    out, cache_naive = conv_forward_naive(x, w, b, same)
    _, cache_fast = conv_forward_fast(x, w, b, same)
    spent = {
        "forward, loops": costs.seconds(lambda: conv_forward_naive(x, w, b, same)),
        "forward, product": costs.seconds(lambda: conv_forward_fast(x, w, b, same)),
        "backward, loops": costs.seconds(lambda: conv_backward_naive(out, cache_naive)),
        "backward, product": costs.seconds(lambda: conv_backward_fast(out, cache_fast)),
    }
    faster = spent["forward, loops"] / spent["forward, product"]
    prediction.compare(my_guess, faster, "times faster, forward")
    for stride in (1, 2):
        copied = im2col(x, 3, 3, 1, stride).nbytes / x.nbytes
        print(f"windows of 3 × 3, stride {stride}: {copied:.1f} times the bytes of the picture")
    plots_convolution.seconds_spent(spent)

# %% [markdown]
# Fewer turns of a Python loop, that is all; the multiplications are the same. The price is memory: every pixel is copied once for each window in which it lies. Frameworks cut the
# copies into portions, or never make them.
#
# ### Move the picture, and the map moves along
#
# The filter is the same everywhere, so moving the picture should only move the answer. The picture shows where that is *not* so: the answer to a digit moved by three
# columns, minus the moved answer.
#
# **Predict first.** Which columns will not be zero?

# %% tags=["experiment"]
with guard():
    draw = np.random.default_rng(0)
    digit = data.digits().X[:1].reshape(1, 1, 8, 8)
    w = draw.normal(size=(4, 1, 3, 3))

    def answer(picture):
        return conv_forward_fast(picture, w, np.zeros(4), {"stride": 1, "pad": 1})[0]

    gap = answer(np.roll(digit, 3, axis=3)) - np.roll(answer(digit), 3, axis=3)
    plots_convolution.numbers(
        {
            "the digit": digit[0, 0],
            "moved by three": np.roll(digit, 3, axis=3)[0, 0],
            "answers: largest difference": np.abs(gap).max(axis=(0, 1)),
        },
        title="Exactly zero inside, where no border is near",
    )

# %% [markdown]
# Inside there is no difference at all, not even by rounding. This is called *equivariance*. Only the columns whose windows reach the border, or the seam where the picture was
# wrapped round, differ: there the neighbours are others. Remember the word for later: equivariant is not *invariant*.
#
# ## Max pooling
#
# Of each window, keep the largest number, in each channel by itself. There is nothing to learn. `pool_param` holds `pool_height`, `pool_width` and `stride`; there is no padding, and
# $H' = 1 + \lfloor (H - \text{pool\_height}) / \text{stride} \rfloor$. Windows may overlap, and then one pixel can win several times.
#
# Backward it is the *router* of notebook 01: the winner of a window gets its whole gradient, the others get nothing. Where several share the first place you may choose one, or share
# the gradient between them in any way, *as long as the shares add up*: what came in must be handed out once.

# %%
def max_pool_forward_naive(x, pool_param):
    """Keep the largest number of each window.

    Args:
        x: Pictures, shape (N, C, H, W).
        pool_param: Dict with pool_height, pool_width and stride.

    Returns:
        out: Shape (N, C, H', W').
        cache: Whatever `max_pool_backward_naive` will need.
    """
    hh, ww, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    ### BEGIN SOLUTION
    n, c, height, width = x.shape
    down, across = 1 + (height - hh) // stride, 1 + (width - ww) // stride
    out = np.zeros((n, c, down, across))
    for i in range(down):
        for j in range(across):
            window = x[:, :, i * stride : i * stride + hh, j * stride : j * stride + ww]
            out[:, :, i, j] = window.max(axis=(2, 3))
    cache = (x, hh, ww, stride)
    ### END SOLUTION
    return out, cache


# %%
def max_pool_backward_naive(dout, cache):
    """Send each gradient to the winner of its window.

    Args:
        dout: Upstream gradient, shape (N, C, H', W').
        cache: What `max_pool_forward_naive` returned.

    Returns:
        dx: Shape (N, C, H, W).
    """
    ### BEGIN SOLUTION
    x, hh, ww, stride = cache
    dx = np.zeros(x.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * stride, i * stride + hh), slice(j * stride, j * stride + ww)
            window = x[:, :, rows, columns]
            winner = window == window.max(axis=(2, 3), keepdims=True)
            share = winner / winner.sum(axis=(2, 3), keepdims=True)
            dx[:, :, rows, columns] += share * dout[:, :, i, j][:, :, None, None]
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
max_pool = Layer(
    max_pool_forward_naive,
    max_pool_backward_naive,
    # Distinct numbers: no case but those of ties lands on one by chance.
    inputs={
        "x": array("N C 6 7", spacing=0.01),
        "pool_param": constant({"pool_height": 2, "pool_width": 3, "stride": 2}),
    },
    sizes={"C": 2},
    variants={
        "2 × 2, stride 2": variant(x=array("N C 4 6", spacing=0.01), pool_param={"pool_width": 2}),
        "windows that overlap": variant(pool_param={"pool_height": 3, "stride": 1}),
        "stride larger than the window": variant(pool_param={"pool_width": 2, "stride": 3}),
        "all negative": variant(x=array("N C 6 7", spacing=0.01, offset=-9.0)),
        "one window": variant(pool_param={"pool_height": 6, "pool_width": 7, "stride": 1}),
        "ties": variant(x=array("2 C 4 6", digits=0), pool_param={"pool_width": 2}, tie="x"),
        "ties in windows that overlap": variant(x=array("2 C 3 4", digits=0), pool_param={"stride": 1}, tie="x"),
        "all alike": variant(x=np.full((1, 2, 4, 4), 2.0), pool_param={"pool_width": 2}, tie="x"),
    },
    points={"forward": 2, "backward": 4},
    hints={
        "forward": (
            "A convolution without weights: the window's largest number takes the place of the sum.",
            "Slice the window (N, C, hh, ww) as before, without padding, and take its maximum along the last two axes.",
            "Two loops over i and j; window.max over axes 2 and 3 gives N × C numbers for place i, j. Keep x: backward has to find the winners.",
        ),
        "backward": (
            "Who won? Only the winner of a window moved the output.",
            "Compare the window with its own maximum (keepdims helps): that is a mask. Windows may overlap, so add.",
            "Divide the mask by its sum over the window, so that tied winners share; times dout at that place with two more axes; += into the slice of dx.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ### Where the gradient goes
#
# The same upstream gradient, once through your max pooling and once through a mean of the same windows.
#
# **Predict first.** Windows of 2 × 2, stride 2. Which share of `dx` is zero after max pooling? And how long is `dx`, beside `dout`, after each of the two?

# %% tags=["experiment"]
my_guess = None  # per cent of dx that is zero after max pooling

with guard():
    draw = np.random.default_rng(0)
    x, dout = draw.normal(size=(1, 1, 8, 8)), draw.normal(size=(1, 1, 4, 4))
    halves = {"pool_height": 2, "pool_width": 2, "stride": 2}
    dx = np.reshape(max_pool_backward_naive(dout.copy(), max_pool_forward_naive(x, halves)[1]), x.shape)
    spread = np.kron(dout[0, 0], np.full((2, 2), 1 / 4))  # what a mean of four hands down
    prediction.compare(my_guess, 100 * float((dx == 0).mean()), "per cent of dx that is zero")
    norm = np.linalg.norm
    print(f"norm, relative to that of dout: max {norm(dx) / norm(dout):.2f}, mean {norm(spread) / norm(dout):.2f}")
    plots_convolution.signed({"dout": dout[0, 0], "dx, max pooling": dx[0, 0], "dx, mean pooling": spread})

# %% [markdown]
# **Question.** In a window of 2 × 2 three entries are tied for the first place, and the upstream gradient is 6. What do the four entries of `dx` add up to? Assign a whole number.

# %%
answer_tied_sum = None  # a whole number
### BEGIN SOLUTION
answer_tied_sum = 6
### END SOLUTION

# %% tags=["instructor"]
from autograder.exercises import Answer, Text

tied_sum = Answer(
    "answer_tied_sum", points=1, form="integer",
    hints=(
        "Raise all three by the same small amount. How much does the output move?",
        "The derivative along that move is the sum of the three gradients.",
        "The output moves as far as they do, so the sum is what came from above.",
    ),
)  # fmt: skip

# %% [markdown]
# A mask `window == window.max()` that is *not* divided by its sum hands the whole gradient to each of the tied entries. Does that matter? Ties are not rare:
#
# **Predict first.** In how many of a hundred windows of 2 × 2 on raw digits is the first place tied?

# %% tags=["experiment"]
my_guess = None  # per cent of windows with a tie

with guard():
    pixels = data.digits().X.reshape(-1, 4, 2, 4, 2)
    winners = (pixels == pixels.max(axis=(2, 4), keepdims=True)).sum(axis=(2, 4))
    prediction.compare(my_guess, 100 * float((winners > 1).mean()), "per cent of windows with a tie")
    print(f"an undivided mask would hand on {winners.mean():.2f} times what came in")

# %% [markdown] tags=["text:explain_pool_gradient"]
# **Explain.** In your run above three quarters of `dx` were exactly zero after max pooling. In two or three sentences: why, and is that a fault? What do the pixels that get zero learn from this
# example, and what does the mean do instead? Quote a number from your run.
#
# ### BEGIN SOLUTION
# One of the four entries of each window wins, and only a change of the winner changes the output; the other three have slope 0, so 75 % of dx are zero. It is no fault: the gradient is exact, and its length is kept (1.00 times
# dout in my run), it goes to the winner undiluted; what produced the losers learns nothing from this example, but others win elsewhere or in other examples. The mean gives every entry a quarter, none is zero, and the gradient
# is only half as long (0.50).
# ### END SOLUTION

# %% tags=["instructor"]
pool_gradient = Text(
    "explain_pool_gradient",
    points=1,
    rubric=(
        "Claim: only the winner of each window gets a gradient; that is exact, not a fault.",
        "Mechanism: a small change of a loser does not change the maximum, so its slope is zero and nothing is learnt through it from this example; the mean spreads a quarter to each.",
        "A number from the own run: 75 % zeros, or the lengths of 1.00 and 0.50.",
    ),
)

# %% [markdown]
# ## Spatial batch normalisation
#
# In notebook 05 each *feature* was normalised over the batch. In a picture the features are the channels, and a channel is the same thing at every place. So every place of every
# example counts as an example: $\mu$ and $v$ have shape $(C,)$ and are taken over $N \cdot H \cdot W$ numbers. $\gamma, \beta$ have shape $(C,)$, and so have the running averages; the rest is agreed as in 05: the variance
# divides by the count, $\varepsilon$ stands inside the root, averages are $m\,r + (1-m)\,\text{new}$ and are written back in mode `"train"`.
#
# If you have written 05, paste your `batchnorm_forward` and `batchnorm_backward` into this cell and call them on rows of shape $(N H W, C)$. If not, it is eight lines. The trap is the way
# there and back: `transpose` moves the channels to the end, and only then may you `reshape`.

# %%
def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """Normalise every channel over the batch and all places, then scale and shift.

    Args:
        x: Shape (N, C, H, W).
        gamma: Scale, shape (C,).
        beta: Shift, shape (C,).
        bn_param: Dict with mode, eps, momentum, running_mean, running_var (both (C,)); the last two are
            updated in mode "train".

    Returns:
        out: Shape (N, C, H, W).
        cache: Whatever the backward pass needs; it is only called after mode "train".
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
    mean, var = running_mean, running_var
    if mode == "train":
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    xhat = (rows - mean) / std
    out = gamma * xhat + beta
    out = out.reshape(n, h, w, c).transpose(0, 3, 1, 2)
    cache = (xhat, gamma, std)
    ### END SOLUTION
    return out, cache


# %%
def spatial_batchnorm_backward(dout, cache):
    """Send the gradient back through spatial batch normalisation.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        cache: What `spatial_batchnorm_forward` returned in mode "train".

    Returns:
        dx: Shape (N, C, H, W).
        dgamma: Shape (C,).
        dbeta: Shape (C,).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std = cache
    n, c, h, w = dout.shape
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, c)
    dgamma = (drows * xhat).sum(axis=0)
    dbeta = drows.sum(axis=0)
    dxhat = drows * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    dx = dx.reshape(n, h, w, c).transpose(0, 3, 1, 2)
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
from autograder.exercises import state

IN_TEST_MODE = ["out", "running_mean", "running_var"]
spatial_batchnorm = Layer(
    spatial_batchnorm_forward,
    spatial_batchnorm_backward,
    inputs={
        "x": "N C 3 5", "gamma": "C", "beta": "C",
        "bn_param": state(
            {"mode": "train", "eps": 1e-5, "momentum": 0.9, "running_mean": array("C"), "running_var": array("C", low=0.5)},
            graded=("running_mean", "running_var"),
        ),
    },
    variants={
        "large eps": variant(bn_param={"eps": 0.3}),
        "shifted channels": variant(x=array("N C 3 5", offset=4.0, scale=2.0)),
        "everything square": variant(x=array("N C 4 4"), sizes={"N": 4, "C": 4}),
        "test mode": variant(bn_param={"mode": "test"}, judged=IN_TEST_MODE),
        "test mode, large eps": variant(bn_param={"mode": "test", "eps": 0.3}, judged=IN_TEST_MODE),
        "test mode, one pixel": variant(x=array("N C 1 1"), bn_param={"mode": "test"}, judged=IN_TEST_MODE, sizes={"N": 1}),
    },
    points={"forward": 2, "backward": 2},
    weights={"out": 5},  # as in 05: the prediction; each running average weighs 1
    hints={
        "forward": (
            "Every place of every example is one more example of the same C features.",
            "Move the channels to the end, *then* lay everything out as rows (N·H·W, C). Normalise the rows as in 05, in both modes.",
            "transpose(0, 2, 3, 1), reshape(-1, C); batch norm along axis 0; back by reshape(N, H, W, C) and transpose(0, 3, 1, 2).",
        ),
        "backward": (
            "The same three steps: to rows, batch norm's backward, back to pictures.",
            "dout goes to rows in the very way in which x did. The gradient of the rows comes back as out did.",
            "dgamma and dbeta are sums over the rows. dx: take the mean and the part along xhat away from dout times gamma, divide by the standard deviation, then reshape and transpose back.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ### A bias that does nothing
#
# Put spatial batch norm behind a convolution. What is the gradient of the convolution's bias `b`?
#
# **Predict first.** And what does a gradient check by *relative* error say of it?

# %% tags=["experiment"]
my_guess = None  # the largest entry of db

with guard():
    draw = np.random.default_rng(0)
    x, w, b = draw.normal(size=(4, 1, 6, 6)), draw.normal(size=(3, 1, 3, 3)), draw.normal(size=3)
    gamma, beta = np.ones(3), np.zeros(3)

    def through(b):
        maps, cache_conv = conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
        out, cache_norm = spatial_batchnorm_forward(maps, gamma, beta, {"mode": "train"})
        return out, cache_conv, cache_norm

    out, cache_conv, cache_norm = through(b)
    dout = draw.normal(size=out.shape)
    _, dw, db = conv_backward_fast(spatial_batchnorm_backward(dout.copy(), cache_norm)[0], cache_conv)
    step = np.array([1e-5, 0, 0])
    measured = float(((through(b + step)[0] - through(b - step)[0]) * dout).sum() / 2e-5)
    prediction.compare(my_guess, float(np.abs(db).max()), "largest entry of db, in size")
    print(f"largest entry of dw: {np.abs(dw).max():.1f}")
    print(f"db[0] is {db[0]:.1e}, measured {measured:.1e}; relative error", end=" ")
    print(f"{abs(db[0] - measured) / (abs(db[0]) + abs(measured)):.0e}")

# %% [markdown]
# The bias moves the mean of its channel, and normalisation takes the mean away. So `db` is zero, but for rounding: in front of batch norm leave the bias out, `beta` does its work. And a relative error compares one
# rounding error with another here, and cries wolf. Where a gradient is zero, ask for the *absolute* error, beside the size of the other gradients.
#
# ## Spatial group normalisation
#
# The layer of 05, in CS231n's signature: `G` comes as an argument, and $\gamma, \beta$ have shape $(1, C, 1, 1)$, so that they broadcast by themselves. Each of the `G` groups of *neighbouring* channels of each example is normalised by itself, over
# $\frac CG H W$ numbers. There is no batch in it, hence no running average and no mode.

# %%
def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Normalise every group of channels of every example, then scale and shift each channel.

    Args:
        x: Shape (N, C, H, W).
        gamma: Scale, shape (1, C, 1, 1).
        beta: Shift, shape (1, C, 1, 1).
        G: The number of groups, a divisor of C.
        gn_param: Dict with eps.

    Returns:
        out: Shape (N, C, H, W).
        cache: Whatever `spatial_groupnorm_backward` will need.
    """
    eps = gn_param.get("eps", 1e-5)
    ### BEGIN SOLUTION
    groups = x.reshape(len(x), G, -1)
    mean = groups.mean(axis=2, keepdims=True)
    std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    xhat = ((groups - mean) / std).reshape(x.shape)
    out = gamma * xhat + beta
    cache = (xhat, gamma, std)
    ### END SOLUTION
    return out, cache


# %%
def spatial_groupnorm_backward(dout, cache):
    """Send the gradient back through spatial group normalisation.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        cache: What `spatial_groupnorm_forward` returned.

    Returns:
        dx: Shape (N, C, H, W).
        dgamma: Shape (1, C, 1, 1).
        dbeta: Shape (1, C, 1, 1).
    """
    ### BEGIN SOLUTION
    xhat, gamma, std = cache
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * xhat).sum(axis=(0, 2, 3), keepdims=True)
    form = (len(dout), std.shape[1], -1)
    dhat, hat = (dout * gamma).reshape(form), xhat.reshape(form)
    along = (dhat * hat).mean(axis=2, keepdims=True)
    dx = (dhat - dhat.mean(axis=2, keepdims=True) - hat * along) / std
    dx = dx.reshape(dout.shape)
    ### END SOLUTION
    return dx, dgamma, dbeta


# %% tags=["instructor"]
spatial_groupnorm = Layer(
    spatial_groupnorm_forward,
    spatial_groupnorm_backward,
    inputs={"x": "N C 2 3", "gamma": "1 C 1 1", "beta": "1 C 1 1", "G": constant(2), "gn_param": constant({"eps": 0.1})},
    sizes={"C": 6},
    variants={
        "usual eps": variant(gn_param={"eps": 1e-5}),
        "one group": variant(G=1),
        "a group per channel": variant(G=6),
        "everything square": variant(x=array("N C 4 4"), sizes={"N": 4, "C": 4}),
    },
    points={"forward": 1, "backward": 2},
    hints={
        "forward": (
            "One reshape makes a row of every group of every example.",
            "(N, G, -1) keeps neighbouring channels together; normalise along the last axis, and reshape back.",
            "Mean and variance along axis 2 with keepdims; divide by the root of (variance + eps); in the shape of x again, times gamma, plus beta.",
        ),
        "backward": (
            "Three paths lead back: directly, through the mean, through the variance, each within a group.",
            "dgamma and dbeta: add over all axes but that of the channels, and keep the axes. For dx: dout times gamma first, then into groups.",
            "Within each group take the mean of the gradient away, and xhat times the mean of their product; divide by the group's standard deviation; reshape back.",
        ),
    },
)  # fmt: skip

# %% [markdown]
# ## How far a unit sees
#
# One output of a 3 × 3 convolution sees 3 × 3 pixels. One of the *next* layer sees three of those windows in a row: 5 pixels, if they are one apart, and more after a stride. Two numbers describe it:
# the **size** of the square that a unit sees, and the **jump**, how many pixels of the input lie between the squares of two neighbours. Before any layer both are 1.
#
# A layer with kernel $k$ and stride $s$ reaches $k - 1$ units further, each of which is one jump away. After it, neighbours are $s$ times as far apart. Pooling counts as a layer like any other.

# %%
def receptive_field(kernels, strides):
    """What one unit of the last layer sees of the input.

    Args:
        kernels: Side of the window of each layer, the first layer first.
        strides: Stride of each layer.

    Returns:
        size: Side of the square of input pixels that a unit sees.
        jump: Distance between the squares of two neighbouring units, in pixels.
    """
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for kernel, stride in zip(kernels, strides):
        size += (kernel - 1) * jump
        jump *= stride
    ### END SOLUTION
    return size, jump


# %% tags=["instructor"]
field = Function(
    receptive_field,
    inputs={"kernels": constant([3, 2, 3, 2]), "strides": constant([1, 2, 1, 2])},
    variants={
        "three alike": variant(kernels=[3, 3, 3], strides=[1, 1, 1]),
        "one layer": variant(kernels=[5], strides=[2]),
        "large strides first": variant(kernels=[7, 3, 3, 5], strides=[4, 2, 1, 1]),
        "large strides last": variant(kernels=[3, 5, 2], strides=[1, 1, 3]),
        "windows of one": variant(kernels=[1, 3, 1], strides=[2, 1, 3]),
        "no layer": variant(kernels=[], strides=[]),
    },
    outputs=["size", "jump"],
    points=1,
    hints=(
        "Walk from the first layer to the last and carry both numbers along.",
        "Which of the two must be updated first? The stride of a layer moves the *next* layer's windows apart.",
        "Each layer adds (kernel - 1) times the jump so far to the size; then the jump is multiplied by the stride.",
    ),
)  # fmt: skip

# %% [markdown]
# ### Measured by your own gradient
#
# What a unit sees is where its `dx` isn't zero. Stack 1, 3, 5 and 10 layers of 3 × 3 filters with random weights, put an upstream gradient of random numbers on the middle unit, and go back with your `conv_backward_fast`. The pictures
# show the size of `dx`, averaged over forty draws of the weights.
#
# **Predict first.** Ten layers: how wide is the square? And how wide is the part that holds 95 % of the (squared) gradient?

# %% tags=["experiment"]
my_guess = None  # side of the square that holds 95 % of the squared gradient, ten layers

with guard():
    draw = np.random.default_rng(0)
    side, fields = 25, {}
    empty = np.zeros((1, 4, side, side))
    for depth in (1, 3, 5, 10):
        total = np.zeros((side, side))
        for _ in range(40):
            signal = empty.copy()
            signal[0, :, side // 2, side // 2] = draw.normal(size=4)
            for _ in range(depth):
                w = draw.normal(0, 1 / 6, (4, 4, 3, 3))
                _, cache = conv_forward_fast(empty, w, np.zeros(4), {"stride": 1, "pad": 1})
                signal = conv_backward_fast(signal, cache)[0]
            total += (signal**2).sum(axis=(0, 1))
        fields[depth] = total
    sides = {depth: pictures.side_holding(0.95, total) for depth, total in fields.items()}
    for depth, total in fields.items():
        formula = receptive_field([3] * depth, [1] * depth)[0]
        seen = int((total > 0).any(axis=0).sum())
        print(f"{depth:2} layers: formula {formula}, dx is not zero on {seen}, 95 % within {sides[depth]}")
    prediction.compare(my_guess, float(sides[10]), "pixels, the side that holds 95 %")
    plots_convolution.fields(fields, sides)

# %% [markdown]
# The formula holds to the pixel. But many more paths lead to the middle than to a corner, and so most of the gradient stays there: the *effective* field is smaller, and grows only like the root of the depth.
#
# **Question.** All layers have 3 × 3 filters with stride 1. How many are needed until a unit sees 21 pixels in a row? Assign a whole number.

# %%
answer_layers_for_21 = None  # a whole number
### BEGIN SOLUTION
answer_layers_for_21 = 10
### END SOLUTION

# %% tags=["instructor"]
layers_for_21 = Answer(
    "answer_layers_for_21", points=1, form="integer",
    hints=(
        "How many pixels does each layer add?",
        "The jump stays 1, so each adds 3 - 1.",
        "1 + 2L = 21.",
    ),
)  # fmt: skip

# %% [markdown]
# ## A network
#
# Convolution, ReLU, 2 × 2 max pooling, affine, ReLU, affine, softmax loss. The input is $(C, H, W)$ with even $H$ and $W$; the filters have an odd side, and `pad` is chosen so that the convolution keeps $H$ and $W$. The parameters live in `self.params`:
#
# | key | shape | starts |
# |---|---|---|
# | `"W1"` | $(F, C, \text{size}, \text{size})$ | normal, mean 0, standard deviation $\sqrt{2/(C \cdot \text{size}^2)}$ |
# | `"W2"` | $(F \cdot \frac H2 \cdot \frac W2,\; \text{hidden})$ | normal, mean 0, standard deviation $\sqrt{2/(F \cdot \frac H2 \cdot \frac W2)}$ |
# | `"W3"` | $(\text{hidden}, \text{classes})$ | normal, mean 0, standard deviation $\sqrt{2/\text{hidden}}$ |
# | `"b1"`, `"b2"`, `"b3"` | one number for each output | zero |
#
# Under the roots stands the fan-in, as before: the number of inputs of a unit. The convolution and the pooling are yours, from above. So are affine, ReLU and the softmax loss, from 02: paste them into this cell, or write their few lines
# into the class. The pooled maps are laid out as rows by `reshape(N, -1)`; on the way back that must be undone. As in 02, `self.params` may be replaced between calls.

# %%
class ThreeLayerConvNet:
    """conv - ReLU - 2x2 max pool - affine - ReLU - affine, with softmax loss.

    Args:
        input_dim: (C, H, W) of one picture.
        num_filters: F, the number of filters.
        filter_size: Side of a filter, odd.
        hidden_dim: Width of the hidden affine layer.
        num_classes: The number of classes.
        rng: A `numpy.random.Generator` for the initial weights.
    """

    def __init__(self, input_dim, num_filters, filter_size, hidden_dim, num_classes, rng):
        ### BEGIN SOLUTION
        channels, height, width = input_dim
        pooled = num_filters * (height // 2) * (width // 2)

        def he(fan_in, *shape):
            return rng.normal(0, np.sqrt(2 / fan_in), shape)

        self.conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        self.pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        self.params = {
            "W1": he(channels * filter_size**2, num_filters, channels, filter_size, filter_size),
            "W2": he(pooled, pooled, hidden_dim),
            "W3": he(hidden_dim, hidden_dim, num_classes),
            "b1": np.zeros(num_filters), "b2": np.zeros(hidden_dim), "b3": np.zeros(num_classes),
        }
        ### END SOLUTION

    def loss(self, X, y=None):
        """Scores, or loss and gradients.

        Args:
            X: Pictures, shape (N, C, H, W).
            y: Right classes, shape (N,), or None.

        Returns:
            Without y: the scores, shape (N, classes).
            With y: (loss, grads), where grads has the keys of `self.params`.
        """
        ### BEGIN SOLUTION
        p = self.params
        maps, cache_conv = conv_forward_fast(X, p["W1"], p["b1"], self.conv_param)
        pooled, cache_pool = max_pool_forward_naive(np.maximum(maps, 0), self.pool_param)
        rows = pooled.reshape(len(X), -1)
        hidden = rows @ p["W2"] + p["b2"]
        active = np.maximum(hidden, 0)
        scores = active @ p["W3"] + p["b3"]
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        loss = -logs[np.arange(len(X)), y].mean()
        dscores = np.exp(logs)
        dscores[np.arange(len(X)), y] -= 1
        dscores /= len(X)
        dhidden = (dscores @ p["W3"].T) * (hidden > 0)
        dpooled = (dhidden @ p["W2"].T).reshape(pooled.shape)
        dmaps = max_pool_backward_naive(dpooled, cache_pool) * (maps > 0)
        _, dW1, db1 = conv_backward_fast(dmaps, cache_conv)
        dW2, dW3 = rows.T @ dhidden, active.T @ dscores
        db2, db3 = dhidden.sum(axis=0), dscores.sum(axis=0)
        return loss, {"W1": dW1, "W2": dW2, "W3": dW3, "b1": db1, "b2": db2, "b3": db3}
        ### END SOLUTION


# %% tags=["instructor"]
from autograder.exercises import Module, labels, rng

conv_net = Module(
    ThreeLayerConvNet,
    inputs={
        "input_dim": constant((2, 4, 6)), "num_filters": constant(3), "filter_size": constant(3),
        "hidden_dim": constant(5), "num_classes": constant(4), "rng": rng(),
        "params": constant({
            "W1": array("3 2 3 3"), "W2": array("3*2*3 5"), "W3": array("5 4"),
            "b1": array("3"), "b2": array("5"), "b3": array("4"),
        }),
        "X": "N 2 4 6", "y": labels("N", "4"), "X2": "2 2 4 6",
    },
    init=["input_dim", "num_filters", "filter_size", "hidden_dim", "num_classes", "rng"],
    fresh={"initial_params": "params"},
    assign={"params": "params"},
    # Twice: gradients that add up from call to call would show; and so does what is kept of a batch of another size.
    steps=[("scores", "loss", "X"), *2 * [("loss_and_gradients", "loss", "X", "y")], ("scores", "loss", "X2")],
    variants={
        "filters of 5 × 5": variant(filter_size=5, params={"W1": array("3 2 5 5")}),
        "one channel, all square": variant(
            input_dim=(1, 4, 4), X=array("N 1 4 4"), X2=array("2 1 4 4"), params={"W1": array("3 1 3 3"), "W2": array("3*2*2 5")},
        ),
        "far scores": variant(params={"W3": array("5 4", scale=400.0)}, allow_infinite=True),
        "a wider network": variant(
            input_dim=(3, 4, 4), num_filters=24, filter_size=5, hidden_dim=60, num_classes=30, judged=["initial_params"],
            sizes={"N": 1}, X=array("N 3 4 4"), X2=array("2 3 4 4"), params={
                "W1": array("24 3 5 5"), "W2": array("24*2*2 60"), "W3": array("60 30"),
                "b1": array("24"), "b2": array("60"), "b3": array("30"),
            },
        ),
    },
    points=5,
    hints=(
        "Forward through the layers in order, keeping each cache; then back through them in the opposite order.",
        "How many numbers are left after pooling? That is the fan-in of W2. For the padding: which pad keeps the height when stride is 1 and the filter is 3, 5 or 7 wide?",
        "Back: softmax minus truth over N; the last affine layer; ReLU; the affine layer; the shape of the pooled maps again; pooling; ReLU; convolution. The gradients go into a dict with the six keys.",
    ),
)  # fmt: skip

# %% [markdown]
# ## Does it learn?
#
# **Predict first.** Eight filters of 3 × 3 and 32 hidden units: how many parameters is that? And how many per cent of the unseen digits will it read after ten epochs? (The fully connected network of 02 came to about 97.)

# %% tags=["experiment"]
my_guess = None  # per cent right on unseen digits

with guard():
    digits = pictures.as_pictures(data.digits())  # X: (N, 1, 8, 8)

    def trained(split, seed=0, rate=0.2, epochs=10, label="ConvNet"):
        net = ThreeLayerConvNet((1, 8, 8), 8, 3, 32, 10, np.random.default_rng(seed))
        history = training.train(
            net.loss, net.params, split, step=lambda w, dw: w - rate * dw,
            predict=net.loss, epochs=epochs, batch=32, label=label,
        )
        return net, history

    net, history = trained(digits)
    print(f"{sum(p.size for p in net.params.values()):,} parameters")
    prediction.compare(my_guess, 100 * history.val[-1], "per cent right on unseen digits")
    plots_layers.loss_curve(history, title="Your convolutional network reads digits", floor=np.log(10))

# %% [markdown]
# ### What it looks at
#
# **Predict first.** Will the filters look like strokes?

# %% tags=["experiment"]
with guard():
    w, b = net.params["W1"], net.params["b1"]
    shown = digits.X_val[:3]
    maps, _ = conv_forward_fast(shown, w, b, {"stride": 1, "pad": 1})
    plots_convolution.learned(w[:, 0], shown[:, 0], np.maximum(maps, 0))

# %% [markdown]
# Nine numbers are too few to recognise much. In their *answers* one sees it better: some maps keep one side of a stroke, some the other, some the thick parts; one may be empty. With larger pictures and filters the first layer of nearly every network ends
# up with edges and blobs of colour.
#
# ### What convolution buys, and what it doesn't
#
# Beside it stands a fully connected network of about as many parameters, trained in the same way. Both get only 200 digits to learn from. And both once more on digits whose pixels were *shuffled*: one permutation, the same for all pictures.
#
# **Predict first.** Which of the two reads more unseen digits? And how many per cent does each lose when the pixels are shuffled?

# %% tags=["experiment"]
my_guess = None  # per cent that the ConvNet loses when the pixels are shuffled

with guard():
    few = data.first(digits, 200)
    shuffled = pictures.rearranged(few, np.random.default_rng(5).permutation(64))

    def convolutional(split, seed):
        return trained(split, seed, epochs=40)[1].val[-1]

    def fully_connected(split, seed):
        full = network.Network((64, 60, 10), 0.18, np.random.default_rng(seed))
        return training.train(
            full.loss_and_grads, full.parameters, pictures.as_rows(split), step=lambda w, dw: w - 0.2 * dw,
            predict=full.scores, epochs=40, batch=32, label="affine ",
        ).val[-1]  # fmt: skip

    table = {
        kind: {read.__name__: np.mean([read(split, seed) for seed in range(3)]) for read in (convolutional, fully_connected)}
        for kind, split in (("digits", few), ("shuffled digits", shuffled))
    }
    lost = {name: table["digits"][name] - table["shuffled digits"][name] for name in table["digits"]}
    prediction.compare(my_guess, 100 * float(lost["convolutional"]), "per cent lost by the ConvNet")
    plots_convolution.two_worlds(digits.X[0, 0], shuffled.X[0, 0], table)

# %% [markdown]
# A surprise, perhaps: on 8 × 8 digits a plain network of the same size is about as good. (Single runs differ by two per cent or more.) What sets the two apart is the *assumption*. To the fully connected network pixels are numbers without neighbours, and shuffling
# them changes nothing but noise. The convolution assumes that near pixels belong together and that a pattern means the same everywhere. Where that is true it saves parameters; the larger the picture, the more. Where it is false it costs.
#
# ### Moved by a pixel
#
# **Predict first.** Convolution is equivariant. How many per cent does the network still read when the unseen digits are moved by *one* pixel?

# %% tags=["experiment"]
my_guess = None  # per cent right when the digits are moved by one pixel

with guard():
    full = network.Network((64, 60, 10), 0.18, np.random.default_rng(0))
    readers = {
        "convolutional": net.loss,
        "fully connected": lambda X: full.scores(X.reshape(len(X), -1)),
    }
    training.train(
        full.loss_and_grads, full.parameters, pictures.as_rows(digits), step=lambda w, dw: w - 0.2 * dw,
        epochs=10, batch=32, label="fully connected",
    )  # fmt: skip
    reach = range(-2, 3)

    def moved(predict):
        return np.array([[
            training.accuracy(predict, pictures.moved(digits.X_val, down, right), digits.y_val)
            for right in reach] for down in reach])

    grids = {name: moved(predict) for name, predict in readers.items()}
    by_one = {name: np.mean(grid[[1, 2, 2, 3], [2, 1, 3, 2]]) for name, grid in grids.items()}
    prediction.compare(my_guess, 100 * float(by_one["convolutional"]), "per cent right, moved by one")
    print(f"the fully connected network: {100 * by_one['fully connected']:.0f} per cent")
    plots_convolution.accuracy_maps(grids, list(reach))

# %% [markdown]
# One pixel, and four to six digits in ten are misread. The *maps* move along, that was equivariance. But then they are laid out as a row for an affine layer, and there every place has weights of its own. Invariance doesn't come with convolution: it has to be built (a mean over
# the whole map, say, *global average pooling*) or shown (train on moved copies, too).
#
# ### Dead filters
#
# A filter whose answer is negative on all the data has a ReLU with slope 0 everywhere: nothing comes back, it stays as it is.
#
# **Predict first.** Four epochs at rates 0.2, 1 and 2: how many of the eight filters are dead?

# %% tags=["experiment"]
my_guess = None  # dead filters at rate 2

with guard(), np.errstate(all="ignore"):
    dead = {}
    for rate in (0.2, 1.0, 2.0):
        fast, history = trained(digits, rate=rate, epochs=4, label=f"rate {rate:<3}")
        maps, _ = conv_forward_fast(digits.X, fast.params["W1"], fast.params["b1"], {"stride": 1, "pad": 1})
        dead[rate] = int((~(maps > 0)).all(axis=(0, 2, 3)).sum())
        print(f"rate {rate}: {dead[rate]} of 8 filters dead, {history.val[-1]:.0%} right on unseen digits")
    prediction.compare(my_guess, float(dead[2.0]), "dead filters at rate 2")

# %% [markdown]
# Even at a rate that trains well a filter may die (did you see an empty map above?). At 1 half of them go, or more; at 2 all or nearly all, and the network is left with guessing. A dead filter costs more than a dead unit: it takes a whole map with it.
#
# ## Bonus: which pixels decided?
#
# The gradient of the winning score with respect to the picture says which pixels the score hangs on. It looks noisy, and so people have made it prettier. *Guided* backpropagation changes ReLU's backward pass: on top of the ordinary mask it cuts off negative upstream
# gradients. That is no gradient any more. (Whoever makes this by mistake has met our checks in 02.)

# %%
def guided_relu_backward(dout, cache):
    """ReLU's backward pass that also stops negative upstream gradients.

    Args:
        dout: Upstream signal, any shape.
        cache: The input of the ReLU, in the shape of dout.

    Returns:
        dx: In the shape of dout.
    """
    ### BEGIN SOLUTION
    dx = dout * (cache > 0) * (dout > 0)
    ### END SOLUTION
    return dx


# %% [markdown]
# Prettier is not truer. A test that needs no taste: blank those pixels that a method calls most important, and see how many digits are still read. The faster that falls, the better the method knew.

# %% tags=["provided"]
def brightest_corner(X):
    """Scores of four classes: how bright each quarter of the picture is. For the check of `occlusion`."""
    h, w = X.shape[2] // 2, X.shape[3] // 2
    quarters = (X[:, :, :h, :w], X[:, :, :h, w:], X[:, :, h:, :w], X[:, :, h:, w:])
    return np.stack([quarter.mean(axis=(1, 2, 3)) for quarter in quarters], axis=1)


# %%
def occlusion(predict, X, y, order, k):
    """Accuracy after the `k` most important pixels of each picture were blanked.

    Args:
        predict: A function from pictures (N, C, H, W) to scores (N, classes).
        X: Pictures, shape (N, C, H, W). Work on a copy.
        y: Right classes, shape (N,).
        order: Places in the flattened pictures, most important first, integers of shape (N, C * H * W).
        k: How many entries of each picture are set to 0.

    Returns:
        accuracy: The share of pictures read correctly, from 0 to 1.
    """
    ### BEGIN SOLUTION
    rows = X.reshape(len(X), -1).copy()
    np.put_along_axis(rows, order[:, :k], 0, axis=1)
    scores = predict(rows.reshape(X.shape))
    accuracy = (scores.argmax(axis=1) == y).mean()
    ### END SOLUTION
    return accuracy


# %% tags=["instructor"]
from autograder.exercises import provided

guided = Function(
    guided_relu_backward,
    inputs={"dout": "N D", "cache": "N D"},
    variants={"maps": variant(dout=array("2 3 4 5"), cache=array("2 3 4 5"))},
    outputs=["dx"],
    points=1,
    hints=(
        "Two conditions must hold for a number to pass.",
        "The input of the forward pass was positive, and what comes from above is positive.",
        "dout times one mask times the other.",
    ),
)  # fmt: skip
ORDER = np.array([np.random.default_rng(i).permutation(24) for i in range(12)])
blanking = Function(
    occlusion,
    inputs={
        "predict": provided("brightest_corner"), "X": array("12 1 4 6", low=0.5), "y": labels("12", "4"),
        "order": constant(ORDER), "k": constant(7),
    },
    variants={
        "nothing blanked": variant(k=0),
        "most of it": variant(k=20),
        "two channels": variant(X=array("12 2 3 4", low=0.5)),
        "pixels above and below zero": variant(X=array("12 1 4 6")),
    },
    outputs=["accuracy"],
    points=2,
    hints=(
        "Blank, ask, count.",
        "Flatten a *copy* of the pictures; order[:, :k] names the places, row by row. `np.put_along_axis` writes there.",
        "Put zeros along axis 1, give the rows the shape of X again, and compare the largest score's place with y.",
    ),
)  # fmt: skip

# %% [markdown]
# Five ways to rank the pixels: at random, by brightness, by the size of the gradient, by the guided signal, and by gradient times pixel.
#
# **Predict first.** Eight of the 64 pixels are blanked. Which of the five hurts most?

# %% tags=["experiment"]
my_guess = None  # "random", "brightest", "|dx|", "guided" or "x · dx"

with guard():
    sharp, _ = trained(digits, seed=1, epochs=25, label="25 epochs")
    X, y = digits.X_val, digits.y_val
    layers = (conv_forward_fast, conv_backward_fast, max_pool_forward_naive, max_pool_backward_naive)
    dx = saliency.score_gradient(sharp.params, X, *layers)
    guided_dx = saliency.score_gradient(sharp.params, X, *layers, relu_backward=guided_relu_backward)
    rankings = {
        "random": np.random.default_rng(0).random(X.shape), "brightest": X,
        "guided": guided_dx, "|dx|": np.abs(dx), "x · dx": X * dx,
    }
    blanked = range(0, 17, 2)
    curves = {
        name: [occlusion(sharp.loss, X, y, np.argsort(-rank.reshape(len(X), -1), axis=1), k) for k in blanked]
        for name, rank in rankings.items()
    }
    for name, curve in curves.items():
        print(f"{name:9}: {curve[4]:6.1%} still read with eight pixels blanked")
    prediction.compare(my_guess, min(curves, key=lambda name: curves[name][4]), "hurts most")

    # The sanity test: put random weights into the layers above, and look at the map again.
    other = saliency.with_random_top(sharp.params, np.random.default_rng(9))
    for name, before, rule in (("gradient", dx, None), ("guided", guided_dx, guided_relu_backward)):
        after = saliency.score_gradient(other, X, *layers, relu_backward=rule)
        print(f"{name:9}: correlation with the map of a network whose upper layers are random:", end=" ")
        print(f"{saliency.alike(before, after):.2f}; with the picture itself: {saliency.alike(before, X):.2f}")
    saliency.draw(X[:3, 0], {"|dx|": np.abs(dx)[:3, 0], "guided": guided_dx[:3, 0], "x · dx": (X * dx)[:3, 0]}, list(blanked), curves)

# %% [markdown]
# The plain gradient times the pixel wins. That is no accident: $x \cdot dx$ is, to first order, *what blanking that pixel takes from the score*. Guided comes second, far ahead of $|dx|$, which has thrown the sign away. But look at the last two lines. When the layers that
# make the decision are random, the gradient's map changes almost completely, and the guided one stays half the same; and it resembles the picture itself more than the gradient does. It shows where the strokes are, rather than why the network said "three". A picture that looks
# convincing is not yet an explanation.
#
# ## Looking back
#
# A convolution is an affine layer that looks through a small window and uses the same weights everywhere; so its gradients are sums over everywhere. `im2col` copies, and the gradient of copying is adding. Max pooling routes. Normalisation only moved its axes. Nothing
# in this notebook was new mathematics, and yet almost every mistake you can make here *runs*: with right shapes, without a warning, and wrong. Whoever knows which axis goes where, and has a check, needs no luck.
#
# **Where it matters today.** Networks for pictures, sound and video are made of these layers; the U-nets that draw pictures use group norm, most others batch norm. A vision transformer cuts its picture into patches by one convolution whose stride is its kernel.
# And that a small window with shared weights is an *assumption*, which helps where it is true, holds for every architecture.
#
# *Sources.* Names and conventions follow Stanford's CS231n. Convolutional networks: Y. LeCun and others (1989, 1998). Effective receptive fields: W. Luo and others (2016). Guided backpropagation: J. Springenberg and others (2015); the sanity test of its maps: J. Adebayo and
# others (2018). The photograph comes with scikit-learn; the digits: E. Alpaydin and C. Kaynak, UCI (1998).
