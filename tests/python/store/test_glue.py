"""The Glue catalog stands on private methods of pyiceberg: they must stay as they are.

When one of these tests fails after an upgrade, read `pyiceberg.catalog.glue` again: the
method that `SafeGlueCatalog` overrides may be gone, or the fault it cures.
"""

import inspect
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Transaction

from python_jobs.store.glue import SafeGlueCatalog


def test_the_overridden_method_is_the_one_upstream_calls() -> None:
    """Same name, same parameters, and commit_table goes through it."""
    assert version("pyiceberg").startswith("0.12.")
    own = inspect.signature(SafeGlueCatalog._update_glue_table)
    upstream = inspect.signature(GlueCatalog._update_glue_table)
    assert list(own.parameters) == list(upstream.parameters)
    assert "self._update_glue_table(" in inspect.getsource(GlueCatalog.commit_table)
    own = inspect.signature(SafeGlueCatalog._load_file_io)
    assert list(own.parameters) == list(
        inspect.signature(GlueCatalog._load_file_io).parameters
    )
    # both the metadata and the table are read with the properties it returns
    assert (
        inspect.getsource(GlueCatalog._convert_glue_to_iceberg).count(
            "self._load_file_io("
        )
        == 2
    )
    for helper in ("_get_glue_table", "_convert_glue_to_iceberg"):
        assert len(inspect.signature(getattr(GlueCatalog, helper)).parameters) >= 2


def test_upstream_still_deletes_the_files_of_a_refused_commit() -> None:
    """That is the fault which makes recognising one's own commit a must."""
    source = inspect.getsource(Transaction.commit_transaction)
    assert "except (CommitFailedException, ValidationException):" in source
    assert "_clean_all_uncommitted()" in source


class _Refused:
    """Stands in for Glue: the update is refused, the table is as given."""

    def __init__(self, current: str, *logged: str) -> None:
        log = [SimpleNamespace(metadata_file=file) for file in logged]
        self.table = SimpleNamespace(
            metadata_location=current, metadata=SimpleNamespace(metadata_log=log)
        )

    def catalog(self, monkeypatch: pytest.MonkeyPatch) -> SafeGlueCatalog:
        def refuse(*_: Any, **__: Any) -> None:
            raise CommitFailedException("concurrent update")

        monkeypatch.setattr(GlueCatalog, "_update_glue_table", refuse)
        monkeypatch.setattr(GlueCatalog, "_get_glue_table", lambda *_: {})
        monkeypatch.setattr(
            GlueCatalog, "_convert_glue_to_iceberg", lambda *_, **__: self.table
        )
        return SafeGlueCatalog.__new__(SafeGlueCatalog)


@pytest.mark.parametrize("state", [("own",), ("next", "before", "own")])
def test_its_own_commit_is_recognised(
    monkeypatch: pytest.MonkeyPatch, state: tuple[str, ...]
) -> None:
    """The response was lost, the commit landed, and others may have followed."""
    catalog = _Refused(*state).catalog(monkeypatch)
    table_input: Any = {"Parameters": {"metadata_location": "own"}}
    catalog._update_glue_table("capacity_ml", "runs", table_input, "1")


def test_a_foreign_commit_is_still_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone else was faster: the writer starts again."""
    catalog = _Refused("theirs", "before").catalog(monkeypatch)
    table_input: Any = {"Parameters": {"metadata_location": "own"}}
    with pytest.raises(CommitFailedException):
        catalog._update_glue_table("capacity_ml", "runs", table_input, "1")
