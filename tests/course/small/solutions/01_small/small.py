# %% [markdown]
# # A small notebook
# What a student needs to know, with $x \cdot w$ and an ünicode word.

# %%
import numpy as np
from autograder import check
from matplotlib import pyplot as plt

# %% [markdown]
# ## Scale
# Multiply by a number.

# %% tags=["provided"]
def double(x):
    """A function that ships."""
    return 2 * x


# %%
def scale_forward(x, a):
    """Compute out = a * x.

    Args:
        x: Any shape.
        a: A number.
    """
    ### BEGIN SOLUTION
    secret_intermediate = np.multiply(a, x)
    out = secret_intermediate
    cache = (x, a)
    ### END SOLUTION
    return out, cache


# %%
def scale_backward(dout, cache):
    """Send the gradient back."""
    ### BEGIN SOLUTION
    x, a = cache
    dx = a * dout
    da = np.sum(dout * x)  # one number for all entries
    ### END SOLUTION
    return dx, da


# %% tags=["instructor"]
from autograder.exercises import Answer, Function, Layer, Module, Text
from autograder.exercises import Critic, array, constant, edit, provided, replacement

scale = Layer(
    scale_forward,
    scale_backward,
    inputs={"x": "N D", "a": ""},
    points={"forward": 1, "backward": 2.5},
    hints={
        "forward": ("A product.", "Entry by entry.", "Use the operator *."),
        "backward": ("Two inputs, two gradients.", "a is used by every entry.", "Sum for da."),
    },
    mistakes=[
        edit("scale_backward", "np.sum(dout * x)", "np.mean(dout * x)",
             name="da_averaged", says="da is averaged; it is a sum."),
        edit(scale_forward, "np.multiply(a, x)", "np.multiply(a, double(x))",
             name="doubled", says="Twice too big.", follow=True),
    ],
)


def wrong_backward(dout, cache):
    x, a = cache
    return a * dout, np.sum(dout, axis=None) + 0 * np.sum(x)


scale_again = replacement(scale_backward, wrong_backward, name="x_lost", says="x is lost.")

# %% [markdown]
# ## Twice
# A function that calls another.

# %%
def helper(x):
    """Students write it, nobody grades it."""
    ### BEGIN SOLUTION
    return x + 1.0
    ### END SOLUTION

# %%
def twice(x):
    """scale_forward by 2, then helper."""
    ### BEGIN SOLUTION
    out, _ = scale_forward(x, 2.0)
    return helper(out)
    ### END SOLUTION

# %%
class Counter:
    """Counts."""

    def __init__(self, start):
        ### BEGIN SOLUTION
        self.value = start
        ### END SOLUTION

    def step(self, by):
        """Add."""
        ### BEGIN SOLUTION
        self.value += by
        return self.value
        ### END SOLUTION

# %%
# The smallest integer that is larger than 36:
answer_small = None
### BEGIN SOLUTION
answer_small = 37
### END SOLUTION

# %% [markdown] tags=["text:text_why"]
# **Why does it scale?** In one sentence.
# ### BEGIN SOLUTION
# Because every entry is multiplied by the same number a.
# ### END SOLUTION

# %% tags=["instructor"]
twice_exercise = Function(
    twice,
    inputs={"x": "N D"},
    points=2,
    hints=("Two calls.", "One after the other.", "The second takes what the first returns."),
    mistakes=[edit("helper", "x + 1.0", "x - 1.0", name="minus", says="The sign of one.")],
)
counter = Module(
    Counter,
    inputs={"start": "", "a": "", "b": ""},
    init=["start"],
    steps=[("total", "step", "a"), ("total", "step", "b"), ("value", ".value")],
    points=3,
    hints=("State.", "On self.", "Add to it."),
)
small = Answer("answer_small", points=1, form="integer", hints=("Count.",))
why = Text("text_why", points=2, rubric=("claim", "mechanism", "number"))

# %% tags=["experiment"]
plt.plot(np.arange(3))
raise RuntimeError("experiments are never executed")
