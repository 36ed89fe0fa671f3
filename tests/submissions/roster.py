"""The sample class: who handed in what, and what it must get.

A piece of work starts from the solved notebook or from the released starter, puts the functions of
an answer file in, and may then be tampered with. `expect` says what is not right: row -> status, or
row -> the outputs that are wrong. Rows that it does not name are right (or unanswered, in a starter).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
LAYERS, NORMALISATION, RNN = "02_layers", "05_normalisation", "06_rnn"
CONVOLUTION = "09_convolution"
ATTENTION = "10_attention"
LIBRARY = "11_library"
MULTIHEAD = ("dx", "dWq", "dWk", "dWv", "dWo")


@dataclass(frozen=True)
class Work:
    """One submission.

    Args:
        base: `"solved"`, `"starter"`, or how the submission is broken: `"not json"`,
            `"empty folder"`, `"old format"`, `"cut off"`.
        answers: Names of files in `answers/` and `trouble/`.
        tamper: Names of functions in `tamper.py`, applied in order.
        status: What the whole submission gets.
        place: Where the file lies, from the student's folder; empty where it belongs.
        beside: Another notebook in the same folder.
    """

    base: str = "solved"
    answers: tuple[str, ...] = ()
    tamper: tuple[str, ...] = ()
    status: str = "graded"
    expect: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    place: str = ""
    beside: str = ""


def misplaced(place: str) -> Work:
    """The solved notebook under another name, or in another place: nothing is guessed."""
    return Work("solved", status="unclear", place=place)


def solved(*answers: str, tamper: tuple[str, ...] = (), **expect: str | tuple[str, ...]) -> Work:
    """The solved notebook, with other answers to some functions."""
    return Work("solved", answers, tamper, expect={**declared(answers), **expect})


def starter(*answers: str, **expect: str | tuple[str, ...]) -> Work:
    """The released notebook, with answers to some functions."""
    return Work("starter", answers, expect={**declared(answers), **expect})


def broken(base: str, status: str) -> Work:
    """Something that is no notebook."""
    return Work(base, status=status)


def source(name: str) -> Path:
    """The file of an answer."""
    for folder in ("answers", "trouble"):
        path = HERE / folder / f"{name}.py"
        if path.exists():
            return path
    raise FileNotFoundError(f"no answer is called {name!r} in {HERE}")


def declared(answers: tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    """What the answers say of themselves in their second lines."""
    expect: dict[str, str | tuple[str, ...]] = {}
    for name in answers:
        line = source(name).read_text(encoding="utf-8").splitlines()[1]
        for token in line.removeprefix("# expect:").split():
            if "=" in token:
                row, _, status = token.partition("=")
                expect[row] = status
            elif "." in token:
                row, _, output = token.partition(".")
                expect[row] = (*expect.get(row, ()), output)  # type: ignore[misc]
    return expect


ROSTER: dict[str, dict[str, Work]] = {
    "ada": {
        LAYERS: solved(),
        NORMALISATION: solved(),
        RNN: solved(),
        CONVOLUTION: solved(),
        ATTENTION: solved(),
        LIBRARY: solved(),
    },
    "bela": {
        LAYERS: solved("right_closures_and_objects"),
        NORMALISATION: solved("right_staged"),
        RNN: solved("right_cache_serves_once"),
        ATTENTION: solved("right_attention_by_einsum"),
        LIBRARY: solved("right_library_in_other_words"),
    },
    "chidi": {
        LAYERS: solved("right_loops"),
        NORMALISATION: solved("right_in_place"),
        RNN: solved("right_unrolled_alone"),
        CONVOLUTION: solved("right_windows_and_closures"),
    },
    "dana": {
        LAYERS: solved("right_class_behind"),
        NORMALISATION: solved(tamper=("reordered",)),
        RNN: solved(tamper=("helper_cells",)),
    },
    "emre": {
        LAYERS: solved("wrong_db_averaged"),
        NORMALISATION: solved("wrong_gamma_forgotten"),
        RNN: solved("wrong_no_carry"),
        CONVOLUTION: solved("wrong_axes_and_ties", spatial_batchnorm_backward="error"),
        ATTENTION: solved("wrong_attention_square"),
        LIBRARY: solved("wrong_library_forgets"),
    },
    "fatima": {
        LAYERS: solved("wrong_sigmoid_of_input"),
        NORMALISATION: solved("wrong_normalisation"),
        RNN: solved("wrong_time"),
        ATTENTION: solved(
            "wrong_attention_peeks",
            multihead_backward=MULTIHEAD, block_backward=("dx", "dparams"),
            TinyTransformer=("scores", "loss_and_gradients"),
            checkpointed_backward=("dx", "dblocks"),
        ),
    },
    "goran": {
        LAYERS: solved("wrong_broadcast_and_scale", TwoLayerNet=("loss_and_gradients",)),
        NORMALISATION: starter(),
    },
    "hana": {
        LAYERS: solved(
            "wrong_zeros_and_constants",
            TwoLayerNet=("scores", "loss_and_gradients"),
            relu_backward=(),  # it is right for the leaky ReLU that stands above it
        ),
        RNN: starter("right_unrolled_alone"),
    },
    "ines": {LAYERS: starter(), NORMALISATION: starter(), RNN: starter()},
    "jun": {
        LAYERS: starter("wrong_db_averaged"),
        NORMALISATION: broken("empty folder", "missing"),
        RNN: broken("cut off", "unreadable"),
    },
    "karl": {
        LAYERS: solved("endless", TwoLayerNet="timeout"),
        NORMALISATION: solved(tamper=("old_format",)),
    },
    "lena": {
        LAYERS: solved("crash", TwoLayerNet="exit"),
        NORMALISATION: solved(tamper=("syntax_error_elsewhere",)),
    },
    "mina": {LAYERS: solved("memory", TwoLayerNet="memory"), RNN: solved(tamper=("magics",))},
    "nils": {LAYERS: solved("flood"), NORMALISATION: solved(tamper=("plots",))},
    "olga": {LAYERS: broken("not json", "unreadable")},
    "pavel": {
        LAYERS: Work("starter", tamper=("forged",)),
        NORMALISATION: starter(),
        RNN: solved("wrong_no_carry", tamper=("forged",)),
    },
    "quinn": {
        LAYERS: misplaced("02_layers/layers (1).ipynb"),
        NORMALISATION: misplaced("05_normalisation/normalisation.IPYNB"),
        RNN: misplaced("06_rnn/06_rnn/rnn.ipynb"),
    },
    "rosa": {
        LAYERS: misplaced("02_layers/layers.ipynb.txt"),
        NORMALISATION: misplaced("normalisation.ipynb"),
        RNN: misplaced("06_rnn/homework.zip"),
    },
    "sven": {LAYERS: Work("solved", beside="layers-final.ipynb")},
    "Łukasz Żółć": {LAYERS: solved(tamper=("no_metadata",))},
    "李小龙": {LAYERS: solved(tamper=("duplicated", "reordered", "missing_checks"))},
}
