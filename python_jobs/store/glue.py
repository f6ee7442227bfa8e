"""A Glue catalog that survives a lost response and credentials that expire."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io import FileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableInputTypeDef


class SafeGlueCatalog(GlueCatalog):
    """Glue catalog that recognises its own commit.

    When the response of ``UpdateTable`` is lost, botocore sends the request again and
    Glue answers that the version is outdated: by the commit itself. pyiceberg 0.12
    takes that for a foreign commit and deletes the manifest list that the table now
    points to. Here a refused commit first looks whether it is the one that landed.

    Its files are read and written with the credentials of the moment: a run outlives
    the hour that those of a role are valid.

    Overrides private methods of the pinned pyiceberg 0.12; a test fails when upstream
    changes what this stands on.

    Attributes
    ----------
    file_properties
        Returns the properties for S3, asked for each table; None: pyiceberg's own way.
    """

    file_properties: Callable[[], Properties] | None = None

    def _load_file_io(
        self, properties: Properties = EMPTY_DICT, location: str | None = None
    ) -> FileIO:
        current = self.file_properties() if self.file_properties else {}
        return super()._load_file_io({**current, **properties}, location)

    def _update_glue_table(
        self,
        database_name: str,
        table_name: str,
        table_input: "TableInputTypeDef",
        version_id: str,
    ) -> None:
        try:
            super()._update_glue_table(
                database_name, table_name, table_input, version_id
            )
        except CommitFailedException:
            own_location = table_input["Parameters"]["metadata_location"]
            if own_location not in self._landed_locations(database_name, table_name):
                raise

    def _landed_locations(self, database_name: str, table_name: str) -> set[str]:
        """Return every metadata file that is or was the table's current one."""
        glue_table = self._get_glue_table(database_name, table_name)
        table = self._convert_glue_to_iceberg(glue_table)
        logged = {entry.metadata_file for entry in table.metadata.metadata_log}
        return {table.metadata_location, *logged}
