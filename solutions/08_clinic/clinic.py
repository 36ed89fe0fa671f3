# %% [markdown]
# # 08 · The bug clinic
#
# *About an hour and a half. 25 points.*
#
# Twelve cards lie on the table. On each stands a short backward pass, or a sentence, of a kind that stands in published
# articles and tutorials. Each has one thing wrong, card 10 two. When you are through you will be able to
#
# - find an input that *exposes* a mistake, and know why others hide it;
# - repair a backward pass: copy its lines into the empty cell, and change only what is wrong;
# - tell a wrong gradient from a right gradient of a wrong function: no gradient check finds the second kind;
# - write a gradient check that catches what it should and leaves right answers in peace.
#
# The code of the cards is ours; the mistakes are not. How common are they? "95 per cent of all articles present it wrongly", one hears; that figure has no source that we could find. What was counted for this course: of 582 backward
# passes in public hand-ins, of thirteen kinds, 60 are wrong, about one in ten; of batch normalisation in closed form, 14 of 57. It is no random sample, and it is about code. To support "95 per cent" somebody would have to say what *wrong* means and
# count a sample of *articles*.

# %%
import numpy as np

from autograder import check
from autograder.lab.guard import guard
from autograder.lab.scales import draw_bars, draw_verdicts

# %% [markdown]
# ## Card 1 · A name that is always there
#
# > "The backward pass of a linear layer takes two lines."
#
# What does `input` mean in it? In the author's notebook a variable of that name was lying around, so it ran, on whatever
# that was. In a fresh kernel `input` is a Python builtin, and it fails.

# %% tags=["provided"]
def linear_forward(x, w):
    """out = x @ w for x (N, D) and w (D, M)."""
    return x @ w, (x, w)


def card1_backward(dout, cache):
    _, w = cache
    dw = input.T @ dout
    dx = dout @ w.T
    return dx, dw


# %% [markdown]
# Repair it.

# %%
def linear_backward(dout, cache):
    """Send the gradient back through linear_forward.

    Args:
        dout: Upstream gradient, shape (N, M).
        cache: (x, w) as linear_forward put it there.

    Returns:
        dx: Shape (N, D).
        dw: Shape (D, M).
    """
    ### BEGIN SOLUTION
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    ### END SOLUTION
    return dx, dw


# %% tags=["instructor"]
from autograder.exercises import Answer, Critic, Layer, Text, Witness, array, variant

card_name = Layer(
    linear_forward, linear_backward,
    inputs={"x": "N D", "w": "D M"},
    points={"backward": 1.5},
    variants={"millions": variant(x=array("N D", scale=1e8), w=array("D M", scale=1e8))},  # finite differences drown
    hints={"backward": (
        "Everything that the backward pass needs is in the cache.",
        "Take both things out of the cache; one of them is called x.",
        "dw is x transposed times dout; nothing else on the card changes.",
    )},
)

# %% [markdown]
# ## Card 2 · One example is not a batch
#
# > "The gradient of the weights is the outer product of the input and the upstream gradient."
#
# So it is, for one example.

# %% tags=["provided"]
def squash_forward(x, w):
    """out = tanh(x @ w) for x (N, D) and w (D, M)."""
    out = np.tanh(x @ w)
    return out, (x, w, out)


def card2_backward(dout, cache):
    x, w, out = cache
    dz = dout * (1 - out**2)
    dw = np.outer(x[0], dz[0])
    dx = dz @ w.T
    return dx, dw


# %% [markdown]
# First *expose* it. Write a function that returns three arrays `x`, `w`, `dout` on which `card2_backward` is wrong. (What
# is the smallest batch that will do? Can an unlucky second example hide it?)

# %%
def expose_outer():
    """An input on which card 2 is wrong.

    Returns:
        x, w, dout: Arrays of shapes (N, D), (D, M), (N, M) that fit squash_forward.
    """
    ### BEGIN SOLUTION
    x = np.array([[0.5, -1.0], [1.0, 0.25]])
    w = np.array([[0.3], [-0.2]])
    dout = np.array([[1.0], [2.0]])
    ### END SOLUTION
    return x, w, dout


# %% [markdown]
# Then repair it.

# %%
def squash_backward(dout, cache):
    """Send the gradient back through squash_forward.

    Args:
        dout: Upstream gradient, shape (N, M).
        cache: (x, w, out) as squash_forward put it there.

    Returns:
        dx: Shape (N, D).
        dw: Shape (D, M).
    """
    ### BEGIN SOLUTION
    x, w, out = cache
    dz = dout * (1 - out**2)
    dw = x.T @ dz
    dx = dz @ w.T
    ### END SOLUTION
    return dx, dw


# %% tags=["instructor"]
witness_outer = Witness(
    expose_outer, forward=squash_forward, backward=card2_backward,
    returns={"x": "N D", "w": "D M", "dout": "N M"}, points=1,
    hints=(
        "On which batches is the first example all there is?",
        "Two examples are enough, if the second one contributes to dw: neither its x nor its dout may be zero.",
        "Any x with two different rows without zeros, any w that fits, any dout with two rows.",
    ),
)
card_outer = Layer(
    squash_forward, squash_backward,
    inputs={"x": "N D", "w": array("D M", scale=0.5)},
    points={"backward": 1.5},
    large={"x": 4.0},
    hints={"backward": (
        "The outer products of all examples have to be added up.",
        "A sum of outer products is a matrix product.",
        "dw is x transposed times dz.",
    )},
)

# %% [markdown]
# ## Card 3 · The branch that isn't there
#
# > "For the leaky ReLU, copy the upstream gradient, and take care of the negative entries."
#
# It takes care of the entry where $x$ is below $-1$ only, and there is no `else`.
#
# Expose it, then repair it.

# %% tags=["provided"]
def leaky_forward(x):
    """out = x where x > 0, else 0.1 x."""
    return np.where(x > 0, x, 0.1 * x), x


def card3_backward(dout, x):
    dx = dout.copy()
    for i in range(x.size):
        if x.flat[i] < -1:
            dx.flat[i] = 0.1 * dout.flat[i]
    return dx


# %%
def expose_branch():
    """An input on which card 3 is wrong.

    Returns:
        x, dout: Arrays of one shape.
    """
    ### BEGIN SOLUTION
    x = np.array([1.0, -0.5, -2.0])
    dout = np.array([1.0, 1.0, 1.0])
    ### END SOLUTION
    return x, dout


# %%
def leaky_backward(dout, cache):
    """Send the gradient back through leaky_forward.

    Args:
        dout: Upstream gradient, shaped like x.
        cache: x, as leaky_forward put it there.

    Returns:
        dx: Shaped like x.
    """
    ### BEGIN SOLUTION
    slope = np.where(cache > 0, 1.0, 0.1)
    dx = dout * slope
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
witness_branch = Witness(
    expose_branch, forward=leaky_forward, backward=card3_backward,
    returns={"x": "...", "dout": "..."}, points=1,
    hints=(
        "Which entries does the card treat as if they were positive?",
        "The slope is 0.1 for every negative x, also for small ones. Zero itself is a kink: keep away.",
        "An x with an entry between minus one and zero, and a dout that is not zero there.",
    ),
)
card_branch = Layer(
    leaky_forward, leaky_backward,
    inputs={"x": "N D"},
    points={"backward": 1.5},
    variants={"millions": variant(x=array("N D", scale=1e8))},
    ties=["x"],
    hints={"backward": (
        "Two pieces, two slopes, and every entry lies on one of them.",
        "Decide by the sign of x; for each sign say what happens.",
        "One np.where with slope 1 and slope 0.1, times dout.",
    )},
)

# %% [markdown]
# ## Card 4 · "Falls by a quarter"
#
# > "The slope of the sigmoid is at most 0.25, so with every layer the gradient falls by a quarter."
#
# *By* a quarter would leave three quarters. It falls *to* a quarter, at best.

# %% [markdown]
# **Question.** By which factor is the card's estimate too large after five layers?

# %%
answer_quarter = None  # a whole number
### BEGIN SOLUTION
answer_quarter = 243
### END SOLUTION

# %% [markdown]
# ## Card 5 · Right for a loss of one layer
#
# > "The derivative of softplus, $\ln(1 + e^x)$, is the sigmoid, so the backward pass returns the sigmoid."
#
# The derivative is right. Where `softplus` is the last thing that happens and its outputs are summed, the card is right, too.
# Expose it: which `dout` shows what is missing? Then repair it.

# %% tags=["provided"]
def softplus_forward(x):
    """out = log(1 + exp(x)), entry by entry."""
    return np.logaddexp(0, x), x


def card5_backward(dout, x):
    dx = 1 / (1 + np.exp(-x))
    return dx


# %%
def expose_upstream():
    """An input on which card 5 is wrong.

    Returns:
        x, dout: Arrays of one shape.
    """
    ### BEGIN SOLUTION
    x = np.array([0.5, -1.0])
    dout = np.array([2.0, -1.0])
    ### END SOLUTION
    return x, dout


# %%
def softplus_backward(dout, cache):
    """Send the gradient back through softplus_forward.

    Args:
        dout: Upstream gradient, shaped like x.
        cache: x, as softplus_forward put it there.

    Returns:
        dx: Shaped like x.
    """
    ### BEGIN SOLUTION
    s = 1 / (1 + np.exp(-cache))
    dx = dout * s
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
witness_upstream = Witness(
    expose_upstream, forward=softplus_forward, backward=card5_backward,
    returns={"x": "...", "dout": "..."}, points=1,
    hints=(
        "For which upstream gradient does the mistake not show?",
        "As long as dout is all ones, a missing factor dout cannot be seen.",
        "Any x, and a dout that isn't all ones.",
    ),
)
card_upstream = Layer(
    softplus_forward, softplus_backward,
    inputs={"x": array("N D", scale=1.5)},
    points={"backward": 1.5},
    large={"x": 10.0},
    hints={"backward": (
        "Upstream times local: one of the two is missing on the card.",
        "The local derivative is right as it stands.",
        "Multiply the sigmoid of the cached x by dout.",
    )},
)
quarter = Answer(
    "answer_quarter", points=1, form="integer",
    hints=(
        "What does the card leave after five layers? What may really be left at best?",
        "Three quarters to the fifth, and a quarter to the fifth.",
        "Divide the one by the other: it is a power of three.",
    ),
)

# %% [markdown]
# ## Cards 6 to 9, and 11 · Right gradients of wrong things
#
# No gradient check finds these five. The derivative is right; what is differentiated, or fed in, is not.
#
# **Card 6.** The target of a learning agent, for one situation:
# ```python
# target = r + gamma * np.argmax(q_next)
# ```
# **Question.** With $r = 1$, $\gamma = 0.5$ and `q_next = [2, 8, 4]`: by how much is the card's target too small?

# %%
answer_argmax = None  # a number
### BEGIN SOLUTION
answer_argmax = 3.5
### END SOLUTION

# %% [markdown]
# **Card 7.** The values of the actions taken, for a batch of $N$ situations, `Q` of shape $(N, A)$ and `a` of shape $(N,)$:
# ```python
# q = Q[:, a]
# loss = ((q - target) ** 2).mean()
# ```
# **Question.** For $N = 32$ and $A = 4$: how many numbers does `q` hold? (Nothing complains: broadcasting stretches the target.)

# %%
answer_columns = None  # a whole number
### BEGIN SOLUTION
answer_columns = 1024
### END SOLUTION

# %% [markdown]
# **Card 8.** "To keep gradients small, clip the error":
# ```python
# error = np.clip(q - target, -1, 1)
# loss = 0.5 * (error ** 2).sum()
# ```
# **Question.** The errors before clipping are $-7,\ -0.5,\ 0.2,\ 3,\ 1.5$. How many of the five get a gradient of exactly zero?

# %%
answer_clipped = None  # a whole number
### BEGIN SOLUTION
answer_clipped = 3
### END SOLUTION

# %% [markdown]
# **Card 9.** "The batch does not fit into memory? Add up the gradients of micro-batches":
# ```python
# for Xk, yk in micro_batches:
#     loss, grads = model.loss(Xk, yk)     # the mean over the micro-batch
#     total += grads
# w -= learning_rate * total
# ```
# **Question.** With 8 micro-batches of equal size: by which factor is the step too large?

# %%
answer_micro = None  # a number
### BEGIN SOLUTION
answer_micro = 8
### END SOLUTION

# %% [markdown]
# **Card 11.** (10 comes below.) "The network ends in a sigmoid, so that its outputs are probabilities; then the softmax cross-entropy":
# ```python
# scores = sigmoid(h @ w)             # between 0 and 1
# loss, dsigmoid = softmax_loss(scores, y)
# ```
# The scores cannot be further apart than 1. **Question.** With 10 classes: what is the *lowest* loss that this network can
# ever reach, on an example that it gets perfectly right? (Three digits.)

# %%
answer_floor = None  # a number
### BEGIN SOLUTION
answer_floor = 1.4612
### END SOLUTION

# %% tags=["instructor"]
argmax = Answer(
    "answer_argmax", points=1, form="number", tolerance=1e-6,
    hints=("argmax gives a place, max gives a value.", "The largest value stands at place 1.",
           "Compute both targets, with the value and with the place, and subtract."),
)
columns = Answer(
    "answer_columns", points=1, form="integer",
    hints=("Q[:, a] takes whole columns.", "One column for each entry of a, each of N numbers.", "N times N."),
)
clipped = Answer(
    "answer_clipped", points=1, form="integer",
    hints=("What is the slope of the clip outside its range?", "Count the errors beyond -1 and 1.",
           "Two of the five lie inside; the others get nothing."),
)
micro = Answer(
    "answer_micro", points=1, form="number", tolerance=1e-6,
    hints=("Each gradient is a mean already.", "Adding K means of equal weight gives K times their mean.",
           "It is the number of micro-batches."),
)
floor = Answer(
    "answer_floor", points=1, form="number", tolerance=2e-3,
    hints=("The best scores are 1 for the right class and 0 for the nine others.",
           "Put those through a softmax; the loss is minus the logarithm of the right class's probability.",
           "The probability is e over e plus nine."),
)

# %% [markdown]
# ## Card 10 · A derivation with two slips
#
# > $y = \sigma(x\,w_1)\, w_2$. "By the chain rule, $\text{da} = w_2\,\text{dy}$ and $\text{d}w_1 = \text{da}\; x$."
#
# A slope has been dropped and factors stand in the wrong order. With square matrices the code runs. Repair it.

# %% tags=["provided"]
def two_layer_forward(x, w1, w2):
    """out = sigmoid(x @ w1) @ w2 for x (N, D), w1 (D, H), w2 (H, M)."""
    a = 1 / (1 + np.exp(-(x @ w1)))
    return a @ w2, (x, w1, w2, a)


def card10_backward(dout, cache):
    x, w1, w2, a = cache
    dw2 = a.T @ dout
    da = w2 @ dout
    dw1 = da @ x
    dx = da @ w1
    return dx, dw1, dw2


# %%
def two_layer_backward(dout, cache):
    """Send the gradient back through two_layer_forward.

    Args:
        dout: Upstream gradient, shape (N, M).
        cache: (x, w1, w2, a) as two_layer_forward put it there; a is the sigmoid's output.

    Returns:
        dx, dw1, dw2: Shaped like x, w1 and w2.
    """
    ### BEGIN SOLUTION
    x, w1, w2, a = cache
    dw2 = a.T @ dout
    da = dout @ w2.T
    dh = da * a * (1 - a)
    dw1 = x.T @ dh
    dx = dh @ w1.T
    ### END SOLUTION
    return dx, dw1, dw2


# %% tags=["instructor"]
card_order = Layer(
    two_layer_forward, two_layer_backward,
    inputs={"x": "N D", "w1": "D H", "w2": "H M"},
    points={"backward": 3},
    large={"x": 4.0},
    hints={"backward": (
        "Write the shapes under each symbol, then send dout back through three gates: product, sigmoid, product.",
        "Between the two products stands the sigmoid; its slope is a(1-a).",
        "From the right: dw2 is fine; da is dout times w2 transposed; times the slope; then x transposed on the left for dw1, "
        "w1 transposed on the right for dx.",
    )},
)

# %% [markdown]
# ## Card 12 · The fork
#
# > "$f = x \tanh x + 3x$. First the product, then the straight part."
#
# $x$ is used more than once. Repair it.

# %% tags=["provided"]
def forked_forward(x):
    """out = x * tanh(x) + 3 x, entry by entry."""
    t = np.tanh(x)
    return x * t + 3 * x, (x, t)


def card12_backward(dout, cache):
    x, t = cache
    dx = dout * t
    dt = dout * x
    dx = dt * (1 - t**2)
    dx = 3 * dout
    return dx


# %%
def forked_backward(dout, cache):
    """Send the gradient back through forked_forward.

    Args:
        dout: Upstream gradient, shaped like x.
        cache: (x, t) as forked_forward put it there; t is tanh(x).

    Returns:
        dx: Shaped like x.
    """
    ### BEGIN SOLUTION
    x, t = cache
    dx = dout * t
    dx = dx + dout * x * (1 - t**2)
    dx = dx + 3 * dout
    ### END SOLUTION
    return dx


# %% tags=["instructor"]
card_fork = Layer(
    forked_forward, forked_backward,
    inputs={"x": "N D"},
    points={"backward": 1.5},
    large={"x": 5.0},
    variants={"millions": variant(x=array("N D", scale=1e8))},
    hints={"backward": (
        "How often is x used in the forward?",
        "Three uses, three contributions, and they add up.",
        "Keep the three right-hand sides of the card; only the first may be a plain =.",
    )},
)

# %% [markdown]
# ### Predict
# The next cell measures the slope of each forward by finite differences and compares: the card, and your repair.
# How far off is a wrong gradient, typically: by a millionth, a thousandth, a tenth? And a right one?

# %% tags=["experiment"]
with guard():
    def largest_gap(forward, backward, *arrays):
        """How far the first gradient is from the measured slope, relative to it."""
        out, cache = forward(*(a.copy() for a in arrays))
        dout = np.random.default_rng(1).normal(size=out.shape)
        found = backward(dout.copy(), cache)
        found = found if isinstance(found, (tuple, list)) else (found,)
        worst = 0.0
        for place, (array, grad) in enumerate(zip(arrays, found)):
            measured = np.empty_like(array)
            for i in np.ndindex(array.shape):
                ends = []
                for step in (1e-5, -1e-5):
                    moved = [a.copy() for a in arrays]
                    moved[place][i] += step
                    ends.append(np.sum(dout * forward(*moved)[0]))
                measured[i] = (ends[0] - ends[1]) / 2e-5
            worst = max(worst, np.abs(grad - measured).max() / np.abs(measured).max())
        return worst

    rng = np.random.default_rng(0)
    x, w, w2 = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    patients = {
        "2: outer": (squash_forward, card2_backward, squash_backward, x, w),
        "3: branch": (leaky_forward, card3_backward, leaky_backward, x),
        "5: upstream": (softplus_forward, card5_backward, softplus_backward, x),
        "10: order": (two_layer_forward, card10_backward, two_layer_backward, x, w, w2),
        "12: fork": (forked_forward, card12_backward, forked_backward, x),
    }
    bars = {}
    for name, (forward, ill, well, *arrays) in patients.items():
        bars[f"card {name}"] = largest_gap(forward, ill, *arrays)
        bars[f"… {name.split(': ')[0]}, repaired"] = largest_gap(forward, well, *arrays)
    draw_bars(bars, xlabel="difference from the measured gradient (relative)", logx=True,
              title="Before and after: ill gradients are not a little off")

# %% [markdown]
# None is nearly right: a wrong gradient is off by a tenth, by half, by a factor; a right one by less than $10^{-8}$. Between
# the two lies a desert, and that is why a gradient check works at all.

# %% [markdown]
# ## Your own clinic: `my_check`
#
# Now build the instrument. `my_check(forward, backward)` gets a layer with two inputs,
#
# - `forward(x, w) -> out, cache`, for any `x` of shape $(N, D)$ and `w` of $(D, M)$,
# - `backward(dout, cache) -> dx, dw`,
#
# and returns `True` when the backward pass is right, `False` when it isn't. (If it raises an exception, that counts as `False`.) You choose
# the numbers to try. It will be shown wrong layers *and* right ones, in styles that you have not seen. Your score is the share of wrong
# ones that you catch, less the share of right ones that you reject, cut to whole fifths: always saying `False` earns nothing.
#
# Small arrays will do, and keep it quick: it is called more than a hundred times.
#
# Think of what fooled you above: a batch of one, an upstream of ones, positive inputs only, looking at `dx` alone,
# square shapes. And think of false alarms: gradients that are rightly zero, or huge, or tiny; a backward pass that changes `dout` in place;
# gradients that come as a list.

# %%
def my_check(forward, backward):
    """Whether backward is the right backward pass of forward.

    Args:
        forward: forward(x, w) -> out, cache.
        backward: backward(dout, cache) -> dx, dw.

    Returns:
        True or False.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(7)
    x, w = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    out, cache = forward(x.copy(), w.copy())
    dout = rng.normal(size=out.shape)
    grads = backward(dout.copy(), cache)
    for value, grad in zip((x, w), grads):
        if np.shape(grad) != value.shape:
            return False
        measured = np.zeros_like(value)
        for i in np.ndindex(value.shape):
            old = value[i]
            value[i] = old + 1e-5
            above = np.sum(dout * forward(x.copy(), w.copy())[0])
            value[i] = old - 1e-5
            below = np.sum(dout * forward(x.copy(), w.copy())[0])
            value[i] = old
            measured[i] = (above - below) / 2e-5
        gap = np.linalg.norm(grad - measured)
        size = np.linalg.norm(grad) + np.linalg.norm(measured)
        if not gap <= 1e-5 * size + 1e-12:
            return False
    return True
    ### END SOLUTION


# %% tags=["instructor"]
_LINEAR = """
def forward(x, w):
    return {a} * (x @ w), (x, w)
def backward(dout, cache):
    x, w = cache
    return DX, DW
"""
_TANH = """
def forward(x, w):
    t = np.tanh({a} * (x @ w))
    return t, (x, w, t)
def backward(dout, cache):
    x, w, t = cache
    dz = DZ
    return dz @ w.T, x.T @ dz
"""
_LEAKY = """
def forward(x, w):
    z = x @ w
    return np.where(z > 0, z, 0.2 * {b} * z), (x, w, z)
def backward(dout, cache):
    x, w, z = cache
    dz = DZ
    return dz @ w.T, x.T @ dz
"""
_CENTRED = """
def forward(x, w):
    z = {a} * (x @ w)
    return z - z.mean(axis=0), (x, w)
def backward(dout, cache):
    x, w = cache
    dz = DZ
    return dz @ w.T, x.T @ dz
"""


def _linear(dx, dw):
    return _LINEAR.replace("DX", dx).replace("DW", dw)


def _spoilt(name):
    return f"""
def forward(x, w):
    return {{a}} * (x @ w), (x, w)
def backward(dout, cache):
    x, w = cache
    dx, dw = {{a}} * dout @ w.T, {{a}} * x.T @ dout
    {name}[len({name}) // 2, -1] += np.abs({name}).max()
    return dx, dw
"""


critic = Critic(
    my_check,
    points=4,
    right={
        "a plain product": _linear("{a} * dout @ w.T", "{a} * x.T @ dout"),
        "gradients in a list, dout changed in place (give away copies)": """
def forward(x, w):
    t = np.tanh({a} * (x @ w))
    return t, {"x": x, "w": w, "t": t}
def backward(dout, cache):
    dout *= {a} * (1 - cache["t"] ** 2)
    return [dout @ cache["w"].T, cache["x"].T @ dout]
""",
        "gradients of size 1e5 (an absolute tolerance rejects them)": """
def forward(x, w):
    return 3e5 * {a} * np.sin(x @ w), (x, w)
def backward(dout, cache):
    x, w = cache
    dz = 3e5 * {a} * np.cos(x @ w) * dout
    return dz @ w.T, x.T @ dz
""",
        "gradients of size 1e-7": """
def forward(x, w):
    return 1e-7 * {a} * np.sin(x @ w), (x, w)
def backward(dout, cache):
    x, w = cache
    dz = 1e-7 * {a} * np.cos(x @ w) * dout
    return dz @ w.T, x.T @ dz
""",
        "a dw that is rightly zero (a relative tolerance alone rejects it)": """
def forward(x, w):
    return np.repeat({a} * np.sin(x).sum(axis=1)[:, None], w.shape[1], axis=1), (x, w)
def backward(dout, cache):
    x, w = cache
    return {a} * np.cos(x) * dout.sum(axis=1)[:, None], np.zeros_like(w)
""",
        "centred over the batch": _CENTRED.replace("DZ", "{a} * (dout - dout.mean(axis=0))"),
    },
    wrong={
        "dw divided by N (a batch of one hides it)": _linear("{a} * dout @ w.T", "{a} * x.T @ dout / len(x)"),
        "dw without the upstream gradient (an upstream of ones hides it)": _linear("{a} * dout @ w.T", "{a} * x.T @ np.ones_like(dout)"),
        "dw transposed (compare shapes)": _linear("{a} * dout @ w.T", "{a} * dout.T @ x"),
        "the rows of dw in reverse (look at every entry, not at sums)": _linear("{a} * dout @ w.T", "({a} * x.T @ dout)[::-1]"),
        "the columns of dw in reverse (look at every entry, not at sums)": _linear("{a} * dout @ w.T", "({a} * x.T @ dout)[:, ::-1]"),
        "one entry of dw too large (look at every entry)": _spoilt("dw"),
        "one entry of dx too large (look at every entry, of dx, too)": _spoilt("dx"),
        "dx without the signs of w (positive weights hide it)": _linear("{a} * dout @ np.abs(w).T", "{a} * x.T @ dout"),
        "dw of the first example only (a batch of one hides it)": _linear("{a} * dout @ w.T", "{a} * np.outer(x[0], dout[0])"),
        "tanh, with its slope taken at the input": _TANH.replace("DZ", "{a} * dout * (1 - ({a} * (x @ w)) ** 2)"),
        "a leaky slope forgotten (positive numbers hide it)": _LEAKY.replace("DZ", "dout"),
        "centred over the batch, and that forgotten in the backward": _CENTRED.replace("DZ", "{a} * dout"),
        "centred over the batch, its sum divided by the number of columns (square shapes hide it)":
            _CENTRED.replace("DZ", "{a} * (dout - dout.sum(axis=0) / dout.shape[1])"),
        "centred over the batch, twice too large (an upstream of ones hides it)": _CENTRED.replace("DZ", "2 * {a} * (dout - dout.mean(axis=0))"),
        "a thousandth too large (a loose tolerance hides it)": _TANH.replace("DZ", "1.001 * {a} * dout * (1 - t**2)"),
        "gradients of size 1e-7, dw doubled (an absolute tolerance hides it)": """
def forward(x, w):
    return 1e-7 * {a} * (x @ w), (x, w)
def backward(dout, cache):
    x, w = cache
    return 1e-7 * {a} * dout @ w.T, 2e-7 * {a} * x.T @ dout
""",
    },
    hints=(
        "Measure the slope of the sum of dout times out along each entry of x and of w, and compare.",
        "Random x, w and dout with signs, no two sizes alike, more than one example; fresh copies for every call; compare shapes first; "
        "compare relative to the size of the gradients, with a very small floor for those that are zero.",
        "Two loops, over the two inputs and over their entries. For each entry: up, down, difference over twice the step. Then the norm of "
        "the difference against 1e-5 times the sum of both norms, plus 1e-12. Only if both inputs pass: True.",
    ),
)

# %% [markdown]
# **Predict:** which of the eight layers below will your check judge wrongly, if any? The last three are the ones that often fool checks:
# centring, a right zero, a gradient that is a thousandth too large.

# %% tags=["experiment"]
with guard():
    def linear(x, w):
        return x @ w, (x, w)

    def bent(x, w):
        return np.tanh(x @ w), (x, w)

    def centred(x, w):
        z = x @ w
        return z - z.mean(axis=0), (x, w)

    def rows(x, w):
        return np.repeat(np.sin(x).sum(axis=1, keepdims=True), w.shape[1], axis=1), (x, w)

    def rows_back(dout, cache):
        x, w = cache
        return np.cos(x) * dout.sum(axis=1, keepdims=True), np.zeros_like(w)

    def back(change):
        """A backward pass: upstream, changed on the way, through the product."""
        def backward(dout, cache):
            x, w = cache
            dz = change(dout, x, w)
            return dz @ w.T, x.T @ dz
        return backward

    layers = {
        "linear, right": (True, linear, back(lambda d, x, w: d)),
        "linear, dx and dw halved": (False, linear, back(lambda d, x, w: d / 2)),
        "tanh, right": (True, bent, back(lambda d, x, w: d * (1 - np.tanh(x @ w) ** 2))),
        "tanh, slope not squared": (False, bent, back(lambda d, x, w: d * (1 - np.tanh(x @ w)))),
        "centred, right": (True, centred, back(lambda d, x, w: d - d.mean(axis=0))),
        "centred, mean forgotten": (False, centred, back(lambda d, x, w: d)),
        "rows, dw rightly zero": (True, rows, rows_back),
        "tanh, a thousandth too large": (False, bent, back(lambda d, x, w: 1.001 * d * (1 - np.tanh(x @ w) ** 2))),
    }
    verdicts = {}
    for name, (truth, forward, backward) in layers.items():
        verdicts[name] = (truth, bool(my_check(forward, backward)))
    right = sum(truth == said for truth, said in verdicts.values())
    print(f"{right} of {len(verdicts)} judged rightly")
    draw_verdicts(verdicts, title="What is right, and what your check says")

# %% [markdown]
# The kit's own `gradcheck` is such an instrument: random directions, signed upstream gradients, an error bar, three answers. Where a forward
# is saturated it says *inconclusive* rather than guess. **Predict:** which of the last layer's errors can it still see: a thousandth, a
# millionth, a billionth?

# %% tags=["experiment"]
from autograder import gradcheck

with guard():
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(5, 3)), rng.normal(size=(3, 2))

    def bent(x, w):
        return np.tanh(x @ w), (x, w)

    for error in (0.0, 1e-3, 1e-5, 1e-9):
        def backward(dout, cache, error=error):
            x, w = cache
            dz = (1 + error) * dout * (1 - np.tanh(x @ w) ** 2)
            return dz @ w.T, x.T @ dz

        print(f"off by {error:g}, dx:", gradcheck(bent, backward, x, w).arrays["x"])

# %% [markdown] tags=["text:explain_blind"]
# **Explain.** Name two cards that no gradient check, however good, could ever find, say why, and say what would find them.
# Three or four sentences, with a number from this notebook.
#
# ### BEGIN SOLUTION
# Card 8 (the clipped error) and card 6 (argmax): the gradient is exactly that of the function as written, so it agrees
# with finite differences; the function is not the one that was meant. With the clip three of five errors get a zero gradient, and
# finite differences give the same zeros. What finds them is a look at values: the share of zero gradients, the shape of
# q (1024 numbers in place of 32), a target worked out by hand, a loss that cannot fall below 1.46.
# ### END SOLUTION

# %% tags=["instructor"]
blind = Text(
    "explain_blind", points=1.5,
    rubric=(
        "Claim: two of the cards 4, 6, 7, 8, 9, 11: right gradient of a wrong function (or a wrong claim).",
        "Mechanism: a gradient check compares the backward with the forward as written; if both agree on the wrong function it passes.",
        "A number: 1024, 3 of 5, 1.461, 8, … and a probe that would show it.",
    ),
)

# %% [markdown]
# ## Looking back
#
# | hides the mistake | exposes it |
# |---|---|
# | a batch of one | several examples, all different |
# | upstream gradient of ones | random, with signs |
# | square matrices | no two sizes alike |
# | positive inputs | both sides of every branch |
# | looking at `dx` only | every gradient |
#
# You have now written what this course's own checker does to you, and it has been judged by the same rule: catch what is wrong, leave in
# peace what is right.
#
# **Where it matters today.** PyTorch and JAX carry such a check (`torch.autograd.gradcheck`, `jax.test_util.check_grads`); like yours, they
# are at their best in double precision. And whoever lets a machine write the backward pass needs one more than ever: such code looks
# right more often than it is.
#
# *Sources.* The mistakes are of kinds that we met again and again in public tutorials and answers; the code and the words on the cards are our own.
