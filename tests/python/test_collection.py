"""Tests collect in any combination of folders: what one imports, all find alike."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(TESTS.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, in programs it holds as text, too."""
    trees = [ast.parse(path.read_text("utf-8"))]
    while trees:
        for node in ast.walk(trees.pop()):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield str(node.module)
            elif isinstance(node, ast.Constant) and "import" in str(node.value):
                try:
                    trees.append(ast.parse(str(node.value)))
                except SyntaxError:
                    continue


def test_nothing_imports_from_a_conftest() -> None:
    """Of several files of that name the first one collected is the one imported."""
    assert len(FILES) > 100
    assert [str(path) for path in FILES if "conftest" in imported(path)] == []


def test_modules_of_tests_have_names_of_their_own() -> None:
    """Folders are no packages, so two modules of one name are one to Python."""
    kept = ("conftest", "__init__", "__main__")
    modules = [path for path in FILES if "athena_local" not in path.parts]
    names = Counter(path.stem for path in modules if path.stem not in kept)
    assert [name for name, count in names.items() if count > 1] == []


def test_modules_of_tests_are_found_from_where_they_are_imported() -> None:
    """A folder of tests is on the path only when something in it was collected.

    Packages are programs, whose path the Makefile gives.
    """
    places = {path.stem: path.parent for path in FILES if path.stem != "conftest"}
    everywhere = (TESTS, TESTS / "python")
    strangers = [
        f"{path} imports {name}"
        for path in FILES
        if not (path.parent / "__init__.py").exists()
        for name in set(imported(path)) & set(places)
        if places[name] not in (*everywhere, path.parent, path.parents[1])
        and "athena_local" not in path.parts
    ]
    assert strangers == []
