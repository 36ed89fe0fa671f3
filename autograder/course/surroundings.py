"""The cells that every released notebook has beside its own: get the kit, how far am I, am I ready.

They are generated as check cells are, tagged `experiment`: nothing that grades ever runs them.
"""

from collections.abc import Sequence

from autograder.course.cells import SourceCell

INSTALL_ID = "kit_install"
INSTALL = """\
# Does nothing where the kit is installed. On Colab it takes it from the handout's zip.
def get_the_kit():
    import importlib.util, os, subprocess, sys, zipfile
    from pathlib import Path

    def wheels():
        return [*Path().rglob("backprop_by_hand-*.whl"), *Path("..").glob("backprop_by_hand-*.whl")]

    if importlib.util.find_spec("autograder") is not None:
        return
    if "google.colab" in sys.modules and not [*wheels(), *Path().glob("*.zip")]:
        from google.colab import files
        files.upload()  # choose the handout's zip
    for archive in Path().glob("*.zip"):
        if not wheels():  # once: it would put back what you have written since
            zipfile.ZipFile(archive).extractall()
    if not wheels():
        raise SystemExit("No kit: put the handout's zip into this folder and run this cell again.")
    kit = Path.home() / ".backprop_by_hand"
    zipfile.ZipFile(wheels()[0]).extractall(kit)
    sys.path.append(str(kit))
    try:
        import attrs, matplotlib, numpy  # JupyterLite loads what a cell imports
    except ImportError:
        pip = [sys.executable, "-m", "pip", "install", "-q", "attrs", "babel", "matplotlib"]
        subprocess.run(pip, check=True)
    if not Path("{name}.check.json").exists():
        os.chdir(next(Path().rglob("{name}.check.json")).parent)

get_the_kit()
del get_the_kit  # so that your cells see no name that the grader does not have
"""


def surrounded(cells: Sequence[SourceCell], name: str) -> tuple[SourceCell, ...]:
    """The released cells with those in their places: before and after the imports, and at the end.

    Args:
        cells: What students get of the notebook itself.
        name: The notebook's name. Where nothing is checked nothing is added.
    """
    imports = next((i for i, cell in enumerate(cells) if cell.kind == "import"), None)
    if imports is None or not any(cell.kind == "check" for cell in cells):
        return tuple(cells)
    return (
        *cells[:imports],
        _cell(INSTALL_ID, INSTALL.rstrip().replace("{name}", name)),
        cells[imports],
        _cell("kit_progress", "from autograder import progress\n\nprogress()"),
        *cells[imports + 1 :],
        _cell("kit_hand_in", "from autograder import hand_in\n\nhand_in()"),
    )


def _cell(cell_id: str, source: str) -> SourceCell:
    return SourceCell("experiment", source, source, 0, cell_id=cell_id)
