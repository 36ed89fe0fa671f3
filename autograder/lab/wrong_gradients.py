"""Wrong gradients made of the right ones: the student's own functions, each with a slip added."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Functions = dict[str, Callable[..., Any]]


def wrong_gradients(own: Mapping[str, Any]) -> dict[str, Functions]:
    """What goes wrong -> the functions that take the place of the student's.

    Args:
        own: The notebook's names, with the functions of notebook 10.
    """
    attention, softmax = own["attention_backward"], own["softmax_backward"]
    embed, block, multihead = (
        own["embed_backward"], own["block_backward"], own["multihead_backward"],
    )  # fmt: skip

    def of_attention(change: Callable[..., Any]) -> Functions:
        return {"attention_backward": lambda dout, cache: change(*attention(dout, cache))}

    def of_embed(change: Callable[..., Any]) -> Functions:
        return {"embed_backward": lambda dout, cache: change(*embed(dout, cache))}

    def without_highway(dout: np.ndarray, cache: Any) -> Any:
        dx, rest = block(dout.copy(), cache)  # a function may change what it is given
        return dx - dout, rest

    def branch_cut(dout: np.ndarray, cache: Any) -> Any:
        dx, *rest = multihead(dout, cache)
        return (0 * dx, *rest)

    return {
        "1/√d lost on the way back": of_attention(
            lambda dq, dk, dv: (
                dq * float(np.sqrt(dq.shape[-1])),
                dk * float(np.sqrt(dq.shape[-1])),
                dv,
            )
        ),
        "the keys get no gradient": of_attention(lambda dq, dk, dv: (dq, 0 * dk, dv)),
        "only the values get one": of_attention(lambda dq, dk, dv: (0 * dq, 0 * dk, dv)),
        "dq and dk swapped": of_attention(lambda dq, dk, dv: (dk, dq, dv)),
        "dk has the wrong sign": of_attention(lambda dq, dk, dv: (dq, -dk, dv)),
        "softmax's coupling missing": _uncoupled(own["softmax_forward"], softmax),
        "softmax skipped": {"softmax_backward": lambda dp, cache: dp},
        "norm taken for a constant": _constant_norm(
            own["rmsnorm_forward"], own["rmsnorm_backward"]
        ),
        "attention sends nothing to x": {"multihead_backward": branch_cut},
        "highway forgotten": {"block_backward": without_highway},
        "places get no gradient": of_embed(lambda dW, dP: (dW, 0 * dP)),
        "repeated letters count once": _last_occurrence(own["embed_forward"], embed),
    }


def _uncoupled(forward: Callable[..., Any], backward: Callable[..., Any]) -> Functions:
    """The diagonal of softmax's Jacobian alone."""

    def remember(x: np.ndarray) -> Any:
        p, cache = forward(x)
        return p, (p, cache)

    return {"softmax_forward": remember, "softmax_backward": lambda dp, kept: kept[0] * dp}


def _constant_norm(forward: Callable[..., Any], backward: Callable[..., Any]) -> Functions:
    """The gradient straight through the norm, as if it divided by a constant."""

    def remember(x: np.ndarray, gamma: np.ndarray, param: Any) -> Any:
        out, cache = forward(x.copy(), gamma, param)
        return out, (out / x, cache)

    def straight(dout: np.ndarray, kept: Any) -> Any:
        return dout * kept[0], backward(dout, kept[1])[1]

    return {"rmsnorm_forward": remember, "rmsnorm_backward": straight}


def _last_occurrence(forward: Callable[..., Any], backward: Callable[..., Any]) -> Functions:
    """What an assignment through an index array does: the last occurrence wins."""

    def remember(idx: np.ndarray, W: np.ndarray, P: np.ndarray) -> Any:
        out, cache = forward(idx, W, P)
        return out, (idx, cache)

    def last(dout: np.ndarray, kept: Any) -> Any:
        dW, dP = backward(dout.copy(), kept[1])
        lost = np.zeros_like(dW)
        lost[kept[0]] = dout
        return lost, dP

    return {"embed_forward": remember, "embed_backward": last}
