"""The proof of the whole course as a table, and what in it must be mended."""

import math
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from autograder.course import Course, load_course
from autograder.course.release import notebook_drift, stale
from autograder.errors import CourseError
from autograder.validation.proof import ExerciseProof, prove

PAGE = Path("docs") / "validation.md"
_COLUMNS = 10

_HEAD = """# The proof that the checks catch what they must

Written by `autograder validate --write`; `autograder validate` fails when the course no longer
keeps it. For every exercise, on public and on hidden cases: the gradients of the reference are
those of its forward, by numerical gradients ([gradcheck.md](gradcheck.md)); it earns everything,
the starter nothing; each declared mistake costs points and is *named* as itself; every automatic
*mutant* of the reference (an operator, a sign, an axis, a transpose, a factor, swapped arguments, a
dropped statement …) is *caught*, or gives what the reference gives on many further cases
(*equivalent*, listed below). *Mutants named* were recognised by the bank that people wrote: as a
known mistake, or by a general hypothesis; one that the public cases catch without a name is not run
on the hidden ones, and one with the very code of a declared mistake is proven with that. A name is
*false* when the mutant behaves otherwise on fresh cases. *Headroom* is by how much every tolerance
could shrink before the reference, moved in its last bits, failed itself; what is allowed for
measured noise (as of float32) is halved.

The mutants are mistakes that this bank was not written for. The *slips* that are derived from the
reference are left out here: they are made by the same operators, so they would name these mutants
of themselves, and the number would say nothing. How often an unseen mistake is recognised with
them, in answers of other styles, is measured in [benchmarks.md](benchmarks.md). No name is better
than a wrong one.
"""


_RECOGNISED = (
    "Of the mutants that were caught {share:.0%} were recognised without the derived slips: the "
    "share that the hand-written bank and the general hypotheses explain by themselves."
)


@dataclass(frozen=True)
class CourseProof:
    """The proofs of all notebooks: `(assignment, proofs of its exercises)` in order."""

    notebooks: tuple[tuple[str, tuple[ExerciseProof, ...]], ...]
    partial: bool = False  # whether some were left out, as they were not asked for
    drift: tuple[str, ...] = ()  # where assignments/ or docs/ is not what the sources make

    @property
    def problems(self) -> list[str]:
        """Everything that must be mended, in words; empty when the proof holds."""
        found = []
        for assignment, proofs in self.notebooks:
            for proof in proofs:
                found += [f"{assignment}, {proof.name}: {text}" for text in proof.complaints]
        return found

    def fallen(self, page: str) -> list[str]:
        """What an earlier page claims and this proof no longer reaches.

        Args:
            page: The text of docs/validation.md, or "" when there is none.
        """
        now = {
            (assignment, proof.name): proof
            for assignment, proofs in self.notebooks
            for proof in proofs
        }
        found = []
        for line in page.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) != _COLUMNS or not cells[2].isdigit() or not cells[1]:
                continue
            where, (_, named, _, caught) = f"{cells[0]}, {cells[1]}", map(int, cells[2:6])
            proof = now.get((cells[0], cells[1]))
            if proof is None and self.partial:
                continue
            if proof is None:
                found.append(f"{where}: {PAGE} has it, the course does not")
            elif proof.named < named:
                found.append(f"{where}: {proof.named} mistakes are named; {PAGE} says {named}")
            elif proof.caught < caught:
                found.append(f"{where}: {proof.caught} mutants are caught; {PAGE} says {caught}")
        return [f"{text}. If that is meant, run: autograder validate --write" for text in found]

    def page(self) -> str:
        """The table and the list of equivalent mutants, as Markdown."""
        lines = [
            _HEAD,
            "| notebook | exercise | mistakes | named | mutants | caught | equivalent "
            "| mutants named | false names | headroom |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        every = [proof for _, proofs in self.notebooks for proof in proofs]
        for assignment, proofs in self.notebooks:
            lines += [_line(assignment, proof) for proof in proofs]
        total = _total(every)
        lines.append(_line("**all**", total))
        share = total.mutants_named / max(total.caught, 1)
        lines += ["", _RECOGNISED.format(share=share)]
        lines += ["", "## Equivalent mutants", ""]
        for assignment, proofs in self.notebooks:
            for proof in proofs:
                lines += [f"- {assignment}, {text}" for text in proof.equivalent]
        return "\n".join(lines) + "\n"


def prove_course(
    root: Path,
    only: Sequence[str] = (),
    exercises: Collection[str] = (),
    *,
    seeds: int = 50,
    jobs: int | None = None,
    watch: Callable[[str], object] = lambda line: None,
) -> CourseProof:
    """Prove the notebooks of the course, several at a time.

    Args:
        only: The notebooks to prove, as `Course.chosen` takes them; all where none is named.
        exercises: The exercises of these to prove; all where none is named.
        watch: Is told a line about each exercise as soon as something is known: for one notebook
            when its proof is done, for several when all of that notebook are.

    Raises:
        CourseError: There is no such notebook or exercise, or a source is wrong.
    """
    course = load_course(root)
    chosen = course.chosen(only)
    known = [e.name for name in chosen for e in course.assignment(name).exercises if e.functions]
    for stranger in exercises:
        if stranger not in known:
            raise CourseError(
                f"no exercise {stranger!r} with functions in {', '.join(chosen)}; "
                f"there are {', '.join(known)}"
            )
    partial = bool(only or exercises)
    if len(chosen) == 1:  # in this process, so that each exercise can be told at once
        (name,) = chosen

        def tell(proof: ExerciseProof) -> None:
            watch(proof.line)

        proofs = prove(course.assignment(name), exercises, seeds=seeds, watch=tell)
        drift = notebook_drift(course, name) + ([] if only else stale(course))
        return CourseProof(((name, tuple(proofs)),), partial, tuple(drift))
    workers = min(jobs or os.cpu_count() or 1, len(chosen))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        largest = sorted(chosen, key=lambda name: -course.sources[name].stat().st_size)
        asked = tuple(exercises)
        todo = {name: pool.submit(_prove_one, course.root, name, asked, seeds) for name in largest}
        strays = [] if only else stale(course)
        found, drift = [], []
        for name in chosen:
            proven, own = todo[name].result()
            found.append((name, proven))
            drift += own
            for proof in proven:
                watch(f"{name}, {proof.line}")
    return CourseProof(tuple(found), partial, (*drift, *strays))


@cache
def _course(root: Path) -> Course:
    """The course, loaded once by each worker."""
    return load_course(root)


def _prove_one(
    root: Path, name: str, exercises: tuple[str, ...], seeds: int
) -> tuple[tuple[ExerciseProof, ...], list[str]]:
    """The proofs of a notebook, and its drift: both run the same references and mistakes."""
    course = _course(root)
    proofs = prove(course.assignment(name), exercises, seeds=seeds)
    return tuple(proofs), notebook_drift(course, name)


def _line(assignment: str, proof: ExerciseProof) -> str:
    room = "random" if math.isinf(proof.headroom) else f"{proof.headroom:.0f} ×"
    cells = (
        assignment,
        proof.name,
        proof.mistakes,
        proof.named,
        proof.mutants,
        proof.caught,
        len(proof.equivalent),
        proof.mutants_named,
        len(proof.false_names),
        room,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _total(proofs: Sequence[ExerciseProof]) -> ExerciseProof:
    total = ExerciseProof("")
    for proof in proofs:
        total.mistakes += proof.mistakes
        total.named += proof.named
        total.mutants += proof.mutants
        total.caught += proof.caught
        total.mutants_named += proof.mutants_named
        total.equivalent += proof.equivalent
        total.false_names += proof.false_names
    total.headroom = min((proof.headroom for proof in proofs), default=math.inf)
    return total
