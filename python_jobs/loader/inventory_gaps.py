"""Servers that are measured and not described, and described and not measured."""

from dataclasses import dataclass

from python_jobs.loader.stored_servers import stored_servers
from python_jobs.platform.progress import Progress
from python_jobs.platform.texts import case_twins, warn_of_twins
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

_NAMED_SERVERS = 5


@dataclass(frozen=True)
class InventoryGaps:
    """Servers that only one of metrics and inventory knows, and look-alikes; sorted."""

    servers_without_inventory: tuple[str, ...]
    inventory_without_data: tuple[str, ...]
    case_twins: tuple[tuple[str, ...], ...] = ()


def inventory_gaps(store: Store) -> InventoryGaps:
    """Compare the servers of ``raw.server_metrics`` with those of ``raw.servers``."""
    columns = ("file_kind", "rows_accepted", "first_date", "last_date")
    loads = store.read("raw.loads", columns=columns, where=equal_to("status", "loaded"))
    dated = [load for load in loads.to_pylist() if load["first_date"] is not None]
    described = set(
        store.read("raw.servers", columns=("server_id",))["server_id"].to_pylist()
    )
    measured: set[str] = set()
    if dated:
        measured = stored_servers(
            store,
            first_date=min(load["first_date"] for load in dated),
            last_date=max(load["last_date"] for load in dated),
            row_count=sum(load["rows_accepted"] for load in dated),
        )
    return InventoryGaps(
        servers_without_inventory=tuple(sorted(measured - described)),
        inventory_without_data=tuple(sorted(described - measured)),
        case_twins=case_twins(measured | described),
    )


def warn_of_gaps(gaps: InventoryGaps, *, progress: Progress) -> None:
    """Tell how many servers only one side knows, which look alike, and the first."""
    for servers, meaning in (
        (gaps.servers_without_inventory, "servers have no inventory row"),
        (gaps.inventory_without_data, "servers of the inventory have no data"),
    ):
        if servers:
            progress.warn(
                f"{len(servers)} {meaning}", first=", ".join(servers[:_NAMED_SERVERS])
            )
    warn_of_twins(gaps.case_twins, progress=progress)
