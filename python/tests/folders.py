"""How results folders are compared."""

from pathlib import Path


def contents(folder):
    """The bytes of every file, by path; wall times apart, which are the one thing that two sessions do not share."""
    folder = Path(folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path for path in paths if path.name not in ("wall.json", ".lock")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in names}
