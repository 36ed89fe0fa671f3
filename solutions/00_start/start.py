# %% [markdown]
# # 00 · Start here
#
# *A quarter of an hour. 5 points.*
#
# When you are through you will be able to
#
# - tell that your computer has all that the course needs;
# - write a function, check it, and read what the check says;
# - say how close two gradients have to be, and which step measures a gradient best;
# - answer a friend who asks why anyone still writes a backward pass by hand.

# %%
import platform
import sys

import matplotlib
import numpy as np

from autograder import check
from autograder.lab import prediction
from autograder.lab.guard import guard
from autograder.lab.scales import draw_v_curve

# %% [markdown]
# ## Is everything here?
#
# Run the cell above with the imports and then the one below: click into it and press Shift + Enter.

# %% tags=["experiment"]
python = "fine" if sys.version_info >= (3, 11) else "too old: 3.11 or newer, please"
numpy = "fine" if int(np.__version__.split(".")[0]) >= 2 else "too old: 2.0 or newer, please"
print(f"Python      {platform.python_version():10}{python}")
print(f"NumPy       {np.__version__:10}{numpy}")
print(f"matplotlib  {matplotlib.__version__:10}fine")
print(f"A number has {np.finfo(float).nmant + 1} binary digits here, about 16 decimal ones.")

# %% [markdown]
# ## Why write the backward pass at all?
#
# "PyTorch does it for me. Why should I write in a week what `loss.backward()` does in a line?"
#
# It is a fair complaint, and every course of this kind hears it. The answer isn't that suffering is good for you.
# It is that **backpropagation is a leaky abstraction**: most of the time you may forget what is behind it, and on the
# day when you may not, nobody tells you. The loss sits still because every sigmoid is saturated, and `backward()` runs
# without complaint. A unit has died and stays dead. A clip in the wrong place sets most gradients to exactly zero,
# and the program trains on, happily, to a bad result. All of these have happened, in code that many people
# used. Whoever has written the backward pass sees them coming.
#
# Does one get it wrong that often? "95 per cent of all articles do", one hears; nobody says where the figure is from.
# What was counted for this course: of 582 backward passes that students elsewhere put online, 60 are wrong, about one in
# ten. It is no random sample, but it is reason enough to check every gradient that you write.
#
# "All non-trivial abstractions, to some degree, are leaky" is Joel Spolsky's law (2002); Andrej Karpathy applied
# it to backpropagation (2016). The law is older than networks. Here is a leak in something much simpler than a
# gradient: the plus sign.

# %% [markdown]
# ### Predict
# A counter of type `float32` stands at 16,777,216, and you add 1, ten times over. What will it show? Write your guess
# into the first line of the cell, then run it.

# %% tags=["experiment"]
my_guess = None  # what the counter shows

counter = np.float32(16_777_216)
for _ in range(10):
    counter = counter + np.float32(1)
prediction.compare(my_guess, f"{counter:,.0f}", "the counter after ten steps")

# %% [markdown]
# It does not move. A `float32` has 24 binary digits; above $2^{24}$ the next number is 2 away, and half of that
# rounds back. Plus *means* addition, and most of the time it *is* addition. To know when it isn't, you must know
# what is underneath. That is all this course is about, with the chain rule in place of the plus sign.

# %% [markdown]
# ## Your first exercise: how far apart are two arrays?
#
# You will compare gradients in every notebook: yours, and one that was measured. Is a difference of 0.001 large? That
# depends on the size of the numbers. So we compare *relative* to it:
#
# $$\text{error}(x, y) = \max_i \frac{|x_i - y_i|}{\max\!\left(10^{-8},\; |x_i| + |y_i|\right)}$$
#
# for two arrays of the same shape; the result is one number. The $10^{-8}$ keeps the denominator away from zero where
# both entries are zero. Zero means equal, 1 means that some entry has the wrong sign or is missing altogether.
#
# Fill in the cell below: put your own lines in the place of the one with `raise`, and give the result the name `error`, which
# the last line returns. Run the cell, then the one under it, which checks your function.

# %%
def relative_error(x, y):
    """The largest relative error between two arrays.

    Args:
        x, y: Arrays of the same shape.

    Returns:
        The error, a number from 0 to 1.
    """
    ### BEGIN SOLUTION
    gap = np.abs(x - y)
    size = np.abs(x) + np.abs(y)
    error = np.max(gap / np.maximum(1e-8, size))
    ### END SOLUTION
    return error


# %% tags=["instructor"]
from autograder.exercises import Answer, Function, Text, array, variant

comparison = Function(
    relative_error,
    inputs={"x": array("N D", low=0.5), "y": array("N D", low=0.5)},
    outputs=["error"],
    points=2,
    variants={
        "nearly equal, both signs": variant(x=np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]]),
                                            y=np.array([[1.001, -2.001, 3.0], [-4.0, 4.98, -6.001]])),
        "zero in one": variant(x=np.array([0.0, 2.0, -1.0]), y=np.array([0.5, 2.5, -1.25])),
        "zero in both": variant(x=np.array([0.0, 2.0, -1.0]), y=np.array([0.0, 2.5, -1.25])),
        "equal": variant(x=np.array([0.0, -3.0, 7.0]), y=np.array([0.0, -3.0, 7.0])),
        "tiny numbers": variant(x=np.array([2e-10, -1e-10, 3e-9]), y=np.array([1e-10, -4e-10, 3e-9])),
        "x is smaller": variant(x=np.array([1.0, 2.0, 3.0]), y=np.array([1.5, 2.0, 3.25])),
        "a wrong sign": variant(x=np.array([1.0, -2.0, 0.5]), y=np.array([1.25, -2.0, -0.75])),
        "the worst comes last": variant(x=np.arange(1.0, 121.0).reshape(15, 8),
                                        y=np.where(np.arange(120) < 119, 1.0, 1.5).reshape(15, 8) * np.arange(1.0, 121.0).reshape(15, 8)),
        "a vector": variant(x=array("6", low=0.5), y=array("6", low=0.5)),
        "three axes": variant(x=array("2 3 4", low=0.5), y=array("2 3 4", low=0.5)),
    },
    hints=(
        "One error for each pair of entries; then the largest of them.",
        "Four things: the gap without its sign, the size of both together, a floor under the size, the largest quotient.",
        "np.abs(x - y) are the gaps; np.abs of each array, added, are the sizes; np.maximum(1e-8, …) puts the floor under every "
        "size. Divide, and let np.max find the worst.",
    ),
)

# %% [markdown]
# ### How to read a failing check
#
# Say you took the mean of the errors where the formula takes the largest. Then the check says something like this:
#
# ```text
# ✗ relative_error: not right yet   0 / 2 points
#   ✗ error
#
#   → This is the mean of the errors. …
#
#   ✗ error is off by 0.54 (relative) [17 of 18 cases]
#       error: got 0.2786, expected 0.6073   (plain)
#
#   Stuck? There are 3 hints; they cost nothing: check(relative_error, hint=1)
# ```
#
# Read it from the top.
#
# 1. **What it looks like**, if it is one of several hundred mistakes that the checker knows. It has then seen your
#    very numbers before.
# 2. **What** fails: which of the returned values, on which case. A *case* is one set of inputs; many are tried, among
#    them a single example, square shapes, very large and very small numbers.
# 3. **By how much and where.** Off by a factor of 2? By the batch size? Is only the sign wrong, or only one column? The
#    size of an error often says what it is.
# 4. `check(relative_error, hint=1)` gives a hint, `hint=2` a larger one, `hint=3` nearly the code. Hints are free.
#    The cell with the check is locked: press B for a new cell below it, and ask for hints there. Cells of your own
#    never count against you.
#
# Try it: put a mistake into your function, run both cells, and mend it again.
#
# Two things to know. A cell that stops with a `SyntaxError` defines nothing, so the check still sees the version before it. And
# a notebook remembers what cells did that you have long deleted; the grader doesn't. So before you hand in, choose
# *Kernel → Restart Kernel and Run All Cells*.

# %% [markdown]
# ## Which step measures a gradient best?
#
# The gradients that you write will be compared with measured ones:
#
# $$\frac{f(x+h) - f(x-h)}{2h}.$$
#
# Mathematics says: the smaller $h$, the better. Floating point says something else. $f(x+h)$ and $f(x-h)$ agree in
# nearly all their digits; subtracting them *cancels* those, and what is left is mostly rounding. The smaller $h$, the
# less is left. Two errors, one falling and one rising: their sum is a V.
#
# ### Predict
# Numbers of type `float64` carry 16 digits, `float32` carry 7. Which power of ten is the best step for the central
# difference in `float64`? And will `float32` want a larger or a smaller step?

# %% tags=["experiment"]
my_guess = None  # the best step for float64, such as 1e-3

with guard():
    def f(x):
        return np.sum(np.sin(x) * np.exp(x / 2))

    def slope(x):
        return np.exp(x / 2) * (np.cos(x) + np.sin(x) / 2)

    x = np.random.default_rng(0).uniform(0.5, 1.2, size=5)
    steps = 10.0 ** np.arange(-12, 0.01, 0.5)

    def errors(dtype, one_sided=False):
        found = []
        for h in steps:
            start, measured = x.astype(dtype), np.empty(5)
            for i, nudge in enumerate(np.eye(5, dtype=dtype) * dtype(h)):
                below = start if one_sided else start - nudge
                measured[i] = (f(start + nudge) - f(below)) / dtype(h if one_sided else 2 * h)
            found.append(relative_error(measured, slope(x)))
        return found

    curves = {
        "central, float64": errors(np.float64),
        "one-sided, float64": errors(np.float64, one_sided=True),
        "central, float32": errors(np.float32),
    }
    best = steps[np.argmin(curves["central, float64"])]
    prediction.compare(my_guess, f"{best:.0e}", "the best step for the central difference in float64")
    draw_v_curve(steps, curves, title="Too large a step bends, too small a step rounds")

# %% [markdown]
# Read off the picture: the central difference in `float64` is best near $h = 10^{-5}$, where it is right to ten digits
# or more. In `float32` the best step is near $10^{-2}$, and no step gets better than about five digits: so **check
# gradients in `float64`**. The one-sided difference never catches up with the central one.
#
# As a rule, for a central difference in `float64`:
#
# | relative error | verdict |
# |---|---|
# | below $10^{-7}$ | right |
# | $10^{-7}$ to $10^{-4}$ | right if there is a kink nearby or the numbers are extreme; else look again |
# | $10^{-4}$ to $10^{-2}$ | probably wrong |
# | above $10^{-2}$ | wrong |

# %% [markdown]
# **Question.** Which step will you take for central differences in `float64` from now on? `1e-12`, `1e-5` or `1e-1`?

# %%
answer_step = None  # one of 1e-12, 1e-5, 1e-1
### BEGIN SOLUTION
answer_step = 1e-5
### END SOLUTION

# %% tags=["instructor"]
step = Answer(
    "answer_step", points=1, choices=(1e-12, 1e-5, 1e-1),
    hints=(
        "The V-curve has a lowest point.",
        "Look at the curve of the central difference in float64, at its star.",
        "Of the three steps, one lies in the valley, one on the left wall, one on the right.",
    ),
)

# %% [markdown] tags=["text:explain_why"]
# **Explain.** Your friend complains: "`loss.backward()` does it for me." Answer in three or four sentences: what can
# go wrong that the framework does not report, why it is not the framework's fault, and one number from this notebook
# that shows an abstraction leaking. (Double-click here to write; a person will read it. It is worth 2 points.)
#
# ### BEGIN SOLUTION
# The framework computes the derivative of whatever I wrote; whether that derivative is any use for learning is my
# business. Saturated units, dead units or a clip in the wrong place give gradients that are exactly right and exactly
# zero, and no error is raised. The plus sign leaks in the same way: in float32 the counter stayed at 16,777,216 though
# I added 1 ten times; and the gradient check got worse, not better, for steps below 1e-5.
# ### END SOLUTION

# %% tags=["instructor"]
why = Text(
    "explain_why", points=2,
    rubric=(
        "Claim: the framework's gradient is right, yet training can silently fail (saturation, dead units, clipping …).",
        "Mechanism: the gradient is that of the written function; zero or huge factors along the chain are part of it.",
        "A number from the own run: 16,777,216, the best step, or an error read off the V-curve.",
    ),
)

# %% [markdown]
# ## Looking back
#
# You have written a function, had it checked, measured a derivative, and seen two abstractions leak: addition
# and the limit $h \to 0$.
#
# **Where it matters today.** Large models are trained in 16-bit and even 8-bit numbers. Their gradients would vanish
# in rounding if they weren't scaled before the backward pass and summed in higher precision after it: the people who do
# this know both walls of the V by heart.
#
# *Sources.* J. Spolsky, "The Law of Leaky Abstractions" (2002). A. Karpathy, "Yes you should understand backprop"
# (2016). The relative error is that of the CS231n course notes (Stanford).
