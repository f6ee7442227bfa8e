"""How many properties there are, of how many examples: a figure of the documents."""

import ast
from collections.abc import Callable
from pathlib import Path

from drawing import EXAMPLES
from odd_kinds import EACH, KINDS

FOLDER = Path(__file__).parent


def test_there_are_enough_properties_and_examples(
    record_figure: Callable[[str, str], None],
) -> None:
    """Of pure functions, models and deliveries, whole vectors of them a statement."""
    trees = [
        ast.parse(path.read_text("utf-8")) for path in FOLDER.glob("*_properties.py")
    ]
    properties = {
        node.name
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert len(properties) >= 15
    assert min(EXAMPLES, EACH * len(KINDS)) >= 500
    record_figure(
        "properties",
        f"{len(properties)} properties of {EXAMPLES} examples or more each",
    )
