"""The class as Markdown, for the summary of a GitHub Actions job."""

from autograder.feedback.markdown import inline
from autograder.feedback.wording import counted, points
from autograder.integrations.classbook import ClassBook, Paper

LARGEST = 1_000_000
"""GitHub takes 1 MiB for the summary of a step (docs.github.com, "Workflow commands")."""


def github_markdown(book: ClassBook) -> str:
    """A table for each assignment: append it to `$GITHUB_STEP_SUMMARY`.

    Every name is escaped: none is a mention, a link or a tag. Lines that would make the summary
    longer than GitHub takes are left out, and it says so.
    """
    lines: list[str] = []
    size = left_out = 0
    for assignment, papers in book.papers.items():
        lines += [f"## {inline(assignment)}", ""]
        lines += ["| student | status | score | points | to mend |", "|---|---|---:|---:|---|"]
        for paper in papers:
            line = _line(paper)
            size += len(line.encode("utf-8")) + 1
            if size > LARGEST:
                left_out += 1
            else:
                lines.append(line)
        lines.append("")
    if left_out:
        lines.append(f"{counted(left_out, 'submission')} left out: a summary has its limit.")
    return "\n".join(lines) + "\n"


def _line(paper: Paper) -> str:
    result = paper.result
    changes = f" ({paper.changes})" if paper.changes else ""
    cells = (
        inline(result.student),
        inline(result.status),
        paper.shown + changes,
        points(result.points),
        inline(_to_mend(paper)),
    )
    return f"| {' | '.join(cells)} |"


def _to_mend(paper: Paper) -> str:
    if paper.result.status == "missing":
        return ""
    if paper.result.status != "graded":
        return paper.result.message
    wrong = [line.result.id for line in paper.lines if line.status not in ("right", "manual")]
    said = ", ".join(wrong) if len(wrong) <= 4 else f"{len(wrong)} rows"
    return f"{said}; needs a person: {', '.join(paper.misplaced)}" if paper.misplaced else said
