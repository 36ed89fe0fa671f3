"""Grade a class: what is new, on all cores, with nothing lost when something breaks."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from sys import intern

from msgspec import structs

from autograder.course import Course
from autograder.errors import AutograderError, GradingError
from autograder.explain.repair import Repairs
from autograder.grading import submission
from autograder.grading.desk import OverloadError, Terms
from autograder.grading.dispatch import Pool, dispatch, interruptible, look, undisturbed
from autograder.grading.grade import Graded, without_answers
from autograder.grading.lines import Lined, with_lines
from autograder.grading.papers import Basis
from autograder.grading.result import (
    Copies,
    Result,
    Shortener,
    SubmissionStatus,
    from_row,
    to_row,
    writable_name,
)
from autograder.grading.store import ClassReport, ResultSink, Store, Watcher, is_current
from autograder.grading.student_folder import discover
from autograder.grading.submission import Handin


def grade_class(
    course: Course,
    terms: Terms,
    store: Store,
    make_pool: Callable[[Sequence[Handin]], Pool],
    *,
    assignments: Sequence[str] = (),
    roster: Iterable[str] = (),
    accept: Sequence[str] = (),
    force: bool = False,
    explain: bool = True,
    sinks: Sequence[ResultSink] = (),
    watcher: Watcher | None = None,
) -> ClassReport:
    """Grade every submission that is new or whose grade no longer holds.

    Args:
        make_pool: Makes the pool for these submissions; called only when there are any.
        assignments: Which; by default those that anybody handed in.
        roster: Students known from elsewhere; who handed in nothing is `missing`.
        accept: Other names, or patterns, under which a notebook is taken.
        explain: Look for the lines in which answers go wrong, after all is graded.
        force: Grade anew also what stands; a forced run that was stopped goes on where it was.

    Raises:
        CourseError: An unknown assignment, or no folder of submissions.
        GradingError: No result can be written; what was written stands.
        IsolationError: Student code cannot be contained.
    """
    notebooks = {name: path.stem for name, path in course.sources.items()}
    run = _Run(course, terms, store, sinks, watcher, ClassReport(), explain)
    with interruptible():
        try:
            wanted = course.chosen(assignments) if assignments else ()
            found = discover(terms.submitted, notebooks, wanted, roster, accept)
            run.report.strange = found.strange
            run.report.remaining = len(found.handins)
            store.probe()
            if force:
                run.force(found.handins)
            todo = [waiting for handin in found.handins if (waiting := run.settle(handin))]
            if watcher is not None:
                watcher.begin(len(todo))
            if todo:
                pool = make_pool(todo)
                try:
                    began = time.monotonic()
                    dispatch(todo, terms, pool, run.receive)
                    if explain:
                        run.explain(pool, time.monotonic() - began)
                finally:
                    with undisturbed():
                        pool.close()
            run.finish(found.handins)
        except KeyboardInterrupt:
            run.report.stopped = True
        finally:
            with undisturbed():
                run.close()
    run.report.results.sort(key=lambda r: (r.assignment, r.student))
    return run.report


LEAST_LOOK_SECONDS = 2.0
"""For the lines there is as much time as it took to grade, and at least that."""
ROWS_AT_ONCE = 4
"""In one notebook: its cells are run once for all of them."""
BATCH = 50
"""For so many results the disk is waited for at once."""
_SCORELESS = frozenset({"unreadable", "unclear", "overload"})
"""What was handed in and got no points for what is in it."""


@dataclass(frozen=True, slots=True)
class _Failing:
    """What is kept of a grade to look for lines in it later."""

    digest: str
    # rows, cells: as in `Graded`; of equal cells there is one dict
    rows: dict[str, str]
    cells: dict[str, int]


@dataclass
class _Run:
    """The parent's side of a run: the only writer of results and gradebooks."""

    course: Course
    terms: Terms
    store: Store
    sinks: Sequence[ResultSink]
    watcher: Watcher | None
    report: ClassReport
    explained: bool
    _silent: set[int] = field(default_factory=set)
    _failing: dict[Handin, _Failing] = field(default_factory=dict)
    _unsynced: list[Handin] = field(default_factory=list)
    _short: Shortener = field(default_factory=Shortener)
    _copies: Copies = field(default_factory=Copies)
    _cells: dict[tuple[tuple[str, int], ...], dict[str, int]] = field(default_factory=dict)

    def force(self, handins: Iterable[Handin]) -> None:
        """See to it that what was handed in is graded anew."""
        by_assignment: dict[str, list[str]] = {}
        for handin in handins:
            if handin.path is not None or handin.there:
                by_assignment.setdefault(handin.assignment, []).append(handin.student)
        for assignment, students in by_assignment.items():
            self.store.force(assignment, students)

    def settle(self, handin: Handin) -> Handin | None:
        """Deal with a submission that needs no worker; give back one that does."""
        try:
            old = self.store.get(handin.assignment, handin.student)
            if old is None:
                self._set_aside(handin)
            else:
                handin = self._as_accepted_before(handin, old)
            basis = self._basis(handin)
        except GradingError as error:
            self._failed(handin, str(error))
            return None
        if handin.path is not None and handin.note:
            self._note(handin, handin.note)
        if old is not None and old.status != "missing" and _is_absent(handin):
            self._record(handin, old, fresh=False)  # no absence takes away what stands
        elif old is not None and is_current(old, basis.digest):
            self._record(handin, old, fresh=False)
        elif handin.path is None:
            rows = self.course.assignment(handin.assignment).rows
            status: SubmissionStatus = "unclear" if handin.there else "missing"
            self._keep(handin, without_answers(handin, rows, status, handin.note, "", basis.digest))
        else:
            return self._in_part(handin, old, basis)
        return None

    def _in_part(self, handin: Handin, old: Result | None, basis: Basis) -> Handin | None:
        """Keep the rows that still hold; where all of them do, nothing is left to grade."""
        if old is None or old.status != "graded" or not old.digest:
            return handin
        holding = basis.holding((row.id, row.digest) for row in old.rows)
        if len(holding) < len(basis.rows):
            return replace(handin, holding=tuple(holding.items()))
        try:
            result = basis.merged(old)
            self.store.put(result, handin.student)
        except GradingError as error:
            self.store.probe()
            self._failed(handin, str(error))
        else:
            self._record(handin, result, fresh=False)
        return None

    def explain(self, pool: Pool, seconds: float) -> None:
        """Add the lines in which answers go wrong to results that are on file.

        The same code of a row, in whoever's notebook, is looked at once; what most wrote, first.

        Args:
            seconds: What it may take, about.
        """
        alike: dict[tuple[str, str], list[Handin]] = {}
        for handin, failing in self._failing.items():
            for text in failing.rows.values():
                alike.setdefault((handin.assignment, text), []).append(handin)
        sought: dict[Handin, list[str]] = {}
        for (_, text), handins in sorted(alike.items(), key=lambda pair: -len(pair[1])):
            begun = (h for h in handins if 0 < len(sought.get(h, ())) < ROWS_AT_ONCE)
            one = next(begun, handins[0])
            rows = {t: row for row, t in self._failing[one].rows.items()}
            sought.setdefault(one, []).append(rows[text])
        known: dict[tuple[str, str], Repairs] = {}

        def learn(handin: Handin, outcome: Graded | Lined | Exception) -> None:
            if isinstance(outcome, Lined):
                texts = self._failing[replace(handin, sought=())].rows
                known.update({(handin.assignment, texts[r]): x for r, x in outcome.lines.items()})

        jobs = [replace(handin, sought=tuple(rows)) for handin, rows in sought.items()]
        look(jobs, self.terms, pool, learn, time.monotonic() + max(seconds, LEAST_LOOK_SECONDS))
        for handin, failing in self._failing.items():
            found = {
                row: known[handin.assignment, text]
                for row, text in failing.rows.items()
                if (handin.assignment, text) in known
            }
            if found:
                self._amend(handin, failing, found)

    def _amend(self, handin: Handin, failing: _Failing, found: dict[str, Repairs]) -> None:
        """Write a result once more, with lines; where that fails, the one on file stands."""
        old = self.store.get(handin.assignment, handin.student)
        if old is None or old.digest != failing.digest or old.status != "graded":
            return
        rows = tuple(
            structs.replace(
                from_row(with_lines(to_row(row), found[row.id], failing.cells)), digest=row.digest
            )
            if row.id in found
            else row
            for row in old.rows
        )
        result = structs.replace(old, rows=rows)
        try:
            self.store.put(result, handin.student)
        except GradingError as error:
            self._note(handin, f"the line that was found is not on file: {error}")
        else:
            self._copies.keep(_key(result), result)

    def receive(self, handin: Handin, outcome: Graded | Lined | Exception) -> None:
        """Write down what a worker gave back."""
        if isinstance(outcome, Graded):
            if outcome.failing and self.explained:
                cells = self._cells.setdefault(tuple(outcome.cells.items()), outcome.cells)
                rows = {intern(row): intern(text) for row, text in outcome.failing.items()}
                self._failing[handin] = _Failing(outcome.result.digest, rows, cells)
            self._keep(handin, outcome.result)
        elif isinstance(outcome, OverloadError):
            self._overload(handin, str(outcome))
        else:
            self._failed(handin, str(outcome) or type(outcome).__name__)

    def finish(self, handins: Sequence[Handin]) -> None:
        """All is dealt with: add the grades of those whom nobody expects here."""
        self._sync()
        self._put_back(handins)
        files = {self.store.path(handin.assignment, handin.student) for handin in handins}
        for assignment in dict.fromkeys(handin.assignment for handin in handins):
            self.store.finished(assignment)
            for student, old in self.store.all(assignment, besides=files):
                if old.status != "missing":
                    self._record(Handin(student, assignment, None), old, fresh=False)

    def _put_back(self, handins: Sequence[Handin]) -> None:
        """Write again what somebody took out of the folder of results during the run."""
        for handin in handins:
            if self.store.path(handin.assignment, handin.student).exists():
                continue
            if self._put_again(handin):
                self._note(handin, "its result vanished during the run, and was written again")

    def _put_again(self, handin: Handin) -> bool:
        """Write what was put by of a result; whether there is anything."""
        result = self._copies.get((handin.assignment, writable_name(handin.student)))
        if result is None or not result.is_settled:
            return False
        self.store.put(result, handin.student)
        return True

    def close(self) -> None:
        """Let every sink write what it holds back, and forget the copies."""
        try:
            self._sync()
        except GradingError as error:
            self._complain(error)
        self._copies.close()
        for sink in self.sinks:
            try:
                sink.close()
            except Exception as error:
                self._complain(error)

    def _basis(self, handin: Handin) -> Basis:
        if handin.fault:
            raise GradingError(handin.fault)
        content = f"missing: {handin.note}"
        if handin.path is not None:
            folder = self.terms.submitted / handin.student
            content = submission.fingerprint(handin.path, folder)
        return self.terms.basis(handin.assignment, content)

    def _set_aside(self, handin: Handin) -> None:
        """A result that cannot be read may hold a grade: it is kept, and not taken for none."""
        aside = self.store.set_aside(handin.assignment, handin.student)
        if aside is None:
            return
        if _is_absent(handin):
            raise GradingError(
                f"the result on file cannot be read (it is kept as {aside}), and nothing is there "
                "to be graded anew; put a whole result back, or remove both files"
            )
        self._note(handin, "the result on file cannot be read; it is kept as *.damaged beside it")

    def _as_accepted_before(self, handin: Handin, old: Result) -> Handin:
        """What was accepted under another name once is taken again, as long as it is there."""
        for file in handin.there if handin.path is None else ():
            if old.file == writable_name(file):
                path = self.terms.submitted / handin.student / file
                return replace(handin, path=path, file=file, note="")
        return handin

    def _note(self, handin: Handin, text: str) -> None:
        who = f"{handin.assignment}, {writable_name(handin.student)}"
        self.report.notes.setdefault(text, []).append(who)

    def _keep(self, handin: Handin, result: Result) -> None:
        """Put a result in its place; a score yields to nothing but a score."""
        try:
            old = self.store.get(handin.assignment, handin.student)
            if old is not None and _has_score(old) and result.status in _SCORELESS:
                why = f"What lies there now has no score: {result.message}"
                result = self.store.mark_stale(old, why, handin.student, result.digest)
            else:
                if handin.holding and result.status == "graded":
                    result = self._whole(handin, old, result)
                note = handin.note if handin.path is not None and not result.message else ""
                result = structs.replace(
                    result, message=result.message or note, file=writable_name(handin.file)
                )
                self.store.put(result, handin.student, durable=False)
                self._unsynced.append(handin)
        except GradingError as error:
            self.store.probe()  # where no result can be written, there is no use in going on
            self._failed(handin, str(error))
            return
        self._record(handin, result, fresh=True)
        if len(self._unsynced) >= BATCH:
            self._sync()

    def _sync(self) -> None:
        """Wait for the disk; what it refuses is written once more, and told if that fails, too.

        Raises:
            GradingError: No result can be written any more.
        """
        unsynced, self._unsynced = self._unsynced, []
        for handin in unsynced:
            try:
                self.store.sync(handin.assignment, handin.student)
            except GradingError as error:
                try:
                    written = self._put_again(handin)
                except GradingError:
                    written = False
                if not written:
                    self._complain(error)
                    self.store.probe()

    def _whole(self, handin: Handin, old: Result | None, new: Result) -> Result:
        """A grade with the rows that stood, where some were graded anew."""
        basis = self._basis(handin)
        missing = set(basis.rows) - {row.id for row in new.rows}
        if not missing:
            return new
        if new.digest != basis.digest or old is None or missing - {row.id for row in old.rows}:
            raise GradingError(
                "the submission, the course or the result on file changed while some rows were "
                "graded anew. Run the same command again."
            )
        return basis.merged(old, new)

    def _overload(self, handin: Handin, message: str) -> None:
        rows = self.course.assignment(handin.assignment).rows
        try:
            digest = self._basis(handin).digest
        except GradingError as error:
            self._failed(handin, str(error))
        else:
            self._keep(handin, without_answers(handin, rows, "overload", message, "", digest))

    def _failed(self, handin: Handin, message: str) -> None:
        """The grader's own fault: an old score stays, but marked."""
        rows = self.course.assignment(handin.assignment).rows
        result = without_answers(handin, rows, "failed", writable_name(message), "", "")
        try:
            old = self.store.get(handin.assignment, handin.student)
            if old is not None and _has_score(old):
                result = self.store.mark_stale(old, result.message, handin.student)
            else:
                self.store.put(result, handin.student)
        except GradingError as error:  # it is at least said
            result = structs.replace(result, message=str(error))
        self._record(handin, result, fresh=True)

    def _record(self, handin: Handin, result: Result, fresh: bool) -> None:
        kept = _is_absent(handin) and result.is_grade and result.status != "missing"
        (self.report.kept if kept else self.report.results).append(self._short(result))
        self._copies.keep(_key(result), result)
        self.report.fresh += fresh
        if self.report.remaining:
            self.report.remaining -= 1
        if fresh and self.watcher is not None and handin.path is not None:
            self.watcher.graded(handin, result)
        self._tell(handin, result, fresh)

    def _tell(self, handin: Handin, result: Result, fresh: bool) -> None:
        for sink in self.sinks:
            if id(sink) not in self._silent:
                try:
                    sink.write(handin, result, fresh)
                except Exception as error:
                    self._silent.add(id(sink))  # one broken gradebook must not stop the grading
                    self._complain(error)

    def _complain(self, error: Exception) -> None:
        kind = "" if isinstance(error, AutograderError) else f"{type(error).__name__}: "
        self.report.problems.append(f"{kind}{error}")


def _key(result: Result) -> tuple[str, str]:
    return result.assignment, result.student


def _is_absent(handin: Handin) -> bool:
    """Whether nothing at all was handed in."""
    return handin.path is None and not handin.there and not handin.fault


def _has_score(old: Result) -> bool:
    """Whether a person got it for an answer; it may be out of date."""
    return old.status in ("graded", "stale")
