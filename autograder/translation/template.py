"""What is to translate: all that a notebook or the package says, from where it is declared."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from jinja2 import Environment, nodes

from autograder.course import Notebook, prose
from autograder.course.cells import BEGIN, END
from autograder.course.folder import Configuration
from autograder.course.prose import has_words
from autograder.course.translated import pieces
from autograder.exercises.cases import AGAIN
from autograder.feedback.blocks import FREE
from autograder.feedback.say import FLAT, NOT_FINITE, SHAPES
from autograder.feedback.sentences import SENTENCES
from autograder.feedback.wording import VERDICTS
from autograder.grading.selfcheck import PLAIN
from autograder.numerical.report import Verdict
from autograder.reports.pages import CONCERNS, LEGEND, STATUSES

Entries = dict[str | tuple[str, str], list[str]]
"""A text, or a noun's two forms -> where it stands."""

PACKAGE = Path(__file__).resolve().parent.parent
DOCSTRINGS = ("Args:", "Attributes:", "Returns:", "Raises:", "Example:")
"""Titles that stand in every docstring; they are the package's, not a notebook's."""
_CALLS = {"tr": 0, "Told": 0, "counted": 1, "Counted": 1, "_Regime": 0, "Line": 0}
"""Functions whose literals are translated -> which argument that is."""
_ERRORS = frozenset(
    {"CourseError", "GradingError", "DeclarationError", "IsolationError", "GradebookError"}
    | {"UnreadableError", "CheckError", "GradcheckError", "ContractError", "OutputError", "Note"}
    | {"NotFiniteError", "DesertedError"}
)
"""Errors whose first argument a person reads, who may have caused them."""
_NOTES = (
    *("grading/student_folder.py", "grading/notebook_json.py", "feedback/beside.py"),
    *("grading/doctor.py", "handout/handout.py"),
    *("course/release.py", "similar/command.py", "reports/give_back.py"),
    *("collect/command.py", "integrations/exports/write.py"),
)
"""Files that put notes together for a person; what they say is looked up when it is shown."""
_LABELS = frozenset(
    {"set_xlabel", "set_ylabel", "set_title", "set_label", "suptitle", "supxlabel", "supylabel"}
    | {"title", "label", "xlabel", "ylabel", "text", "annotate"}
)
"""Methods and options in which the plots of the lab say something."""
_PLACES = frozenset({"loc", "textcoords", "xycoords"})
"""Options in which they say something to matplotlib alone."""


def of_notebook(notebook: Notebook, known: Iterable[str | tuple[str, str]]) -> Entries:
    """What is to translate in a notebook.

    Args:
        known: What the package's catalogue holds already.
    """
    return _unknown(known, ((p.text, f"{p.kind}, {p.where}") for p in pieces(notebook)))


def of_guide(page: Path, known: Iterable[str | tuple[str, str]]) -> Entries:
    """What is to translate in a page of the docs.

    Args:
        known: What the package's catalogue holds already.
    """
    return _unknown(known, ((text, page.name) for text in page_texts(page)))


def page_texts(page: Path) -> list[str]:
    """What is to translate in a page of Markdown, in its order."""
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    prose.page(page.read_text(encoding="utf-8"), keep)
    return found


def of_package(texts: Mapping[str, Iterable[str]] | None = None) -> Entries:
    """What is to translate in the package.

    Args:
        texts: Of the command line: where -> what it says there.
    """
    entries: Entries = {}
    for key, sentence in SENTENCES.items():
        _add(entries, sentence, key)
    for where, some in {
        "verdict": VERDICTS.values(),
        "verdict of gradcheck": get_args(Verdict),
        "before a warning": [FREE],
        "status of a submission": [*STATUSES, *STATUSES.values()],
        "legend of the class's page": LEGEND.values(),
        "title of a docstring": DOCSTRINGS,
        "case": [AGAIN],
        "without a sandbox": [PLAIN],
        "title of docs/troubleshooting.md": [NOT_FINITE, SHAPES, FLAT],
        "what needs a person": [text for pair in CONCERNS.values() for text in pair],
        **(texts or {}),
    }.items():
        for text in some:
            _add(entries, text, where)
    for path in sorted(PACKAGE.rglob("*.py")):
        for where, found in _said(path):
            _add(entries, found, where)
    _add(entries, Configuration.hand_in, "how to hand in, where a course does not say")
    for path in sorted(PACKAGE.rglob("templates/*.md")):
        for text in page_texts(path):
            if not re.fullmatch(r"\{\w+\}", text):  # a gap alone is no text
                _add(entries, text, path.name)
    for path in sorted(PACKAGE.rglob("templates/*.html")):
        for where, found in _of_template(path):
            _add(entries, found, where)
    return entries


def _unknown(known: Iterable[str | tuple[str, str]], texts: Iterable[tuple[str, str]]) -> Entries:
    entries: Entries = {}
    elsewhere = set(known)
    for text, where in texts:
        if text not in elsewhere:
            _add(entries, text, where)
    return entries


def _add(entries: Entries, text: str | tuple[str, str], where: str) -> None:
    if text and where not in entries.setdefault(text, []):
        entries[text].append(where)


@cache
def _said(path: Path) -> tuple[tuple[str, str | tuple[str, str]], ...]:
    """What a file of the package says; it is taken apart once."""
    return tuple(_calls(path))


def _calls(path: Path) -> Iterator[tuple[str, str | tuple[str, str]]]:
    """The literals that a file hands to `tr`, to `counted` and to a regime's name."""
    content = path.read_text(encoding="utf-8")
    name = path.relative_to(PACKAGE).as_posix()
    draws = name.startswith("lab/")
    tree = ast.parse(content)
    # The markers of a solution are for authors, and would look like a leak in what students get.
    told = (text for text in _raised(tree, name) if BEGIN not in text and END not in text)
    yield from ((name, text) for text in told if has_words(text))
    if not (draws or any(f"{function}(" in content for function in _CALLS)):
        return
    if draws:
        tuples = name.startswith("lab/plots")
        yield from ((name, text) for text in _listed(tree, tuples) if has_words(text))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if draws:
            shown = [k.value for k in node.keywords if k.arg in _LABELS]
            if isinstance(node.func, ast.Attribute) and node.func.attr in _LABELS:
                shown += node.args
            for text in (text for argument in shown for text in _literals(argument)):
                if has_words(text):
                    yield name, text
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        for argument in node.args[_CALLS.get(function, len(node.args)) :][:1]:
            for text in _literals(argument):
                yield name, _noun(text) if function.lower() == "counted" else text


def _raised(tree: ast.AST, name: str) -> Iterator[str]:
    """What errors say, and whatever is put together in files that know no language."""
    for node in ast.walk(tree):
        if name in _NOTES:
            if isinstance(node, ast.JoinedStr) and " " in _template(node).strip():
                yield _template(node)
            elif isinstance(node, ast.Call | ast.Assign | ast.Return | ast.IfExp | ast.Tuple):
                yield from (t for part in ast.iter_child_nodes(node) for t in _plain(part))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _ERRORS and node.args:
            said = node.args[0]
            yield from ([_template(said)] if isinstance(said, ast.JoinedStr) else _plain(said))


def _plain(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
        yield node.value


def _template(text: ast.JoinedStr) -> str:
    """An f-string with gaps that have names: {path}, {error.name}, {s} of a plural, {2}."""
    parts = []
    for place, part in enumerate(text.values):
        if isinstance(part, ast.FormattedValue):
            name = ast.unparse(part.value)
            plural = isinstance(part.value, ast.IfExp) and "'s'" in name
            simple = name.replace(".", "").isidentifier()
            parts.append("{s}" if plural else f"{{{name if simple else place}}}")
        else:
            parts.append(str(getattr(part, "value", "")))
    return "".join(parts)


def _listed(tree: ast.AST, tuples: bool) -> Iterator[str]:
    """Names of lines, boxes and panels: in tuples, before what they name, given by a name."""
    options = [n for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in _PLACES]
    not_shown = {part for option in options for part in ast.walk(option)}
    for node in ast.walk(tree):
        parts: list[ast.expr | None] = []
        if tuples and isinstance(node, ast.Tuple) and node not in not_shown:
            yield from (text for part in node.elts for text in _literals(part))
        elif isinstance(node, ast.Dict):
            parts = node.keys
        elif tuples and isinstance(node, ast.Assign):
            parts = [node.value]
        elif tuples and isinstance(node, ast.arguments):
            parts = [*node.defaults, *node.kw_defaults]
        texts = (text for part in parts if part for text in _literals(part))
        yield from (text for text in texts if " " in text)


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _of_template(path: Path) -> Iterator[tuple[str, str | tuple[str, str]]]:
    tree = Environment(extensions=[]).parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    for call in tree.find_all(nodes.Call):
        for text in call.args[:1]:
            named = isinstance(call.node, nodes.Name) and call.node.name == "tr"
            if named and isinstance(text, nodes.Const):
                yield name, str(text.value)
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name == "counted" and isinstance(filtered.args[0], nodes.Const):
            yield name, _noun(str(filtered.args[0].value))


def _noun(noun: str) -> tuple[str, str]:
    return f"{{count}} {noun}", f"{{count}} {noun}s"
