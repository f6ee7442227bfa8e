"""Workgroups: where results go, and how much a query may scan."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from athena_local.failures import ApiError

_ENGINE = "Athena engine version 3"
ENGINE_VERSION = {
    "SelectedEngineVersion": _ENGINE,
    "EffectiveEngineVersion": _ENGINE,
}


@dataclass
class WorkGroup:
    """A workgroup and its configuration as the API writes it."""

    name: str
    configuration: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    state: str = "ENABLED"
    created: float = field(default_factory=time.time)

    @property
    def location(self) -> str | None:
        """Where its results go; none: the request must say."""
        results: dict[str, str] = self.configuration.get("ResultConfiguration", {})
        return results.get("OutputLocation")

    @property
    def is_enforced(self) -> bool:
        """Whether its location counts, whatever the request says."""
        return bool(self.configuration.get("EnforceWorkGroupConfiguration", False))

    @property
    def cutoff(self) -> int | None:
        """Bytes that a query may scan; none: without a limit."""
        return self.configuration.get("BytesScannedCutoffPerQuery")

    def output_location(self, requested: str | None) -> str:
        """Return where a query's results go.

        Raises
        ------
        ApiError
            When neither the request nor the workgroup says, or it is no place in S3.
        """
        location = self.location if self.is_enforced else requested or self.location
        if not location:
            raise ApiError(
                "No output location provided. An output location is required either "
                "through the Workgroup result configuration setting or as an API input."
            )
        if not location.startswith("s3://"):
            raise ApiError(
                f"outputLocation is not a valid S3 path. Provided {location}"
            )
        return location

    def described(self) -> dict[str, Any]:
        """Return it as ``GetWorkGroup`` answers."""
        defaults = {
            "EnforceWorkGroupConfiguration": False,
            "PublishCloudWatchMetricsEnabled": False,
            "EngineVersion": ENGINE_VERSION,
        }
        return {
            "Name": self.name,
            "State": self.state,
            "Description": self.description,
            "CreationTime": self.created,
            "Configuration": defaults | self.configuration,
        }


class WorkGroups:
    """The workgroups of the account: ``primary``, and those that were created."""

    def __init__(self) -> None:
        self._groups = {"primary": WorkGroup("primary")}
        self._lock = threading.Lock()

    def find(self, name: str | None) -> WorkGroup:
        """Return a workgroup, or refuse the request that names an unknown one."""
        with self._lock:
            group = self._groups.get(name or "primary")
        if group is None:
            raise ApiError(f"WorkGroup {name} is not found.")
        return group

    def usable(self, name: str | None) -> WorkGroup:
        """Return a workgroup that queries may run in."""
        group = self.find(name)
        if group.state != "ENABLED":
            raise ApiError(f"WorkGroup {name} is disabled.")
        return group

    def create(self, request: dict[str, Any]) -> None:
        """Add a workgroup as ``CreateWorkGroup`` asks."""
        configuration = dict(request.get("Configuration", {}))
        description = request.get("Description", "")
        group = WorkGroup(request["Name"], configuration, description)
        with self._lock:
            if group.name in self._groups:
                raise ApiError("WorkGroup is already created")
            self._groups[group.name] = group

    def update(self, request: dict[str, Any]) -> None:
        """Change a workgroup as ``UpdateWorkGroup`` asks."""
        group = self.find(request["WorkGroup"])
        updates = dict(request.get("ConfigurationUpdates", {}))
        results = updates.pop("ResultConfigurationUpdates", {})
        configuration = dict(group.configuration)
        if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
            configuration.pop("BytesScannedCutoffPerQuery", None)
        if results.pop("RemoveOutputLocation", False):
            configuration.pop("ResultConfiguration", None)
        if "OutputLocation" in results:
            configuration["ResultConfiguration"] = results
        group.configuration = configuration | updates
        group.state = request.get("State", group.state)
        group.description = request.get("Description", group.description)

    def delete(self, name: str) -> None:
        """Remove a workgroup; ``primary`` stays."""
        if self.find(name).name == "primary":
            raise ApiError("Primary WorkGroup cannot be deleted.")
        with self._lock:
            del self._groups[name]
