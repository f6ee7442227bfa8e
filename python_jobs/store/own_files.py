"""Files of a local warehouse: read anywhere, written and deleted in its lake only."""

from pyiceberg.io import InputFile, OutputFile
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from python_jobs.store.place import refuse_outside

LAKE_PROPERTY = "capacity.lake"


class OwnFileIO(PyArrowFileIO):
    """Refuses to write or delete outside of the lake that the catalog names.

    Everything that pyiceberg writes or cleans up passes here; it loads the class by
    name.
    """

    def new_output(self, location: str) -> PyArrowFile:
        """Return a file to write.

        Raises
        ------
        PlatformError
            If it is outside of the lake.
        """
        refuse_outside(location, lake=self.properties[LAKE_PROPERTY])
        return super().new_output(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete a file.

        Raises
        ------
        PlatformError
            If it is outside of the lake.
        """
        path = location if isinstance(location, str) else location.location
        refuse_outside(path, lake=self.properties[LAKE_PROPERTY])
        super().delete(location)


def own_file_properties(lake: str) -> dict[str, str]:
    """Return the properties with which pyiceberg uses these files."""
    own = f"{OwnFileIO.__module__}.{OwnFileIO.__qualname__}"
    return {"py-io-impl": own, LAKE_PROPERTY: lake}
