"""Notebook 07's way to PyTorch, where that is installed: a class becomes a real `Function`."""

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from autograder.language import tr


def there() -> bool:
    """Whether PyTorch is installed; says so where it is not."""
    if find_spec("torch") is not None:
        return True
    print(
        tr(
            "PyTorch is not installed, so there is nothing to do here. No points depend on it. "
            "(The student guide says how to install its small CPU build.)"
        )
    )
    return False


def tensors(*shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    """Random float64 tensors that want a gradient."""
    torch = import_module("torch")
    generator = torch.Generator().manual_seed(seed)
    options = {"dtype": torch.float64, "generator": generator, "requires_grad": True}
    return [torch.randn(*shape, **options) for shape in shapes]


def passes(cls: Any, *inputs: Any, eps: float, atol: float) -> bool:
    """What PyTorch's `gradcheck` says of the two static methods of `cls` as a real `Function`."""
    autograd = import_module("torch.autograd")
    methods = {name: staticmethod(getattr(cls, name)) for name in ("forward", "backward")}
    real: Any = type(cls.__name__, (autograd.Function,), methods)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of float32, which is the point there
        verdict = autograd.gradcheck(real.apply, inputs, eps=eps, atol=atol, raise_exception=False)
    return bool(verdict)
