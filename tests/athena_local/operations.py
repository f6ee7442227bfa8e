"""The calls of Athena's API that dbt, PyAthena and the project make."""

from collections.abc import Callable
from typing import Any

from athena_local.failures import ApiError
from athena_local.glue_tables import GlueTables
from athena_local.queries import Queries
from athena_local.results import page
from athena_local.workgroups import WorkGroups

PATIENCE_SECONDS = 0.5
"""How long ``GetQueryExecution`` waits for a query's end before it says RUNNING.

Clients sleep a second or more between two looks: the wait saves them one.
"""

Request = dict[str, Any]


class Operations:
    """Answers one call at a time, from many threads.

    Parameters
    ----------
    queries, work_groups
        The account's.
    glue
        Tables behind the metadata calls.
    """

    def __init__(
        self, queries: Queries, work_groups: WorkGroups, glue: GlueTables
    ) -> None:
        self._queries, self._groups, self._glue = queries, work_groups, glue
        self._served: dict[str, Callable[[Request], Request]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": self._results,
            "GetWorkGroup": self._get_work_group,
            "CreateWorkGroup": self._create_work_group,
            "UpdateWorkGroup": self._update_work_group,
            "DeleteWorkGroup": self._delete_work_group,
            "GetDataCatalog": self._data_catalog,
            "ListDatabases": self._databases,
            "GetTableMetadata": self._table_metadata,
            "ListTableMetadata": self._tables_metadata,
        }

    def call(self, operation: str, request: Request) -> Request:
        """Return the answer of an operation.

        Raises
        ------
        ApiError
            As Athena words it, or for a call that is not served here.
        """
        serve = self._served.get(operation)
        if serve is None:
            raise ApiError(f"The local Athena does not serve {operation}")
        return serve(request)

    def _start(self, request: Request) -> Request:
        group = self._groups.usable(request.get("WorkGroup"))
        return {"QueryExecutionId": self._queries.start(request, group).id}

    def _get(self, request: Request) -> Request:
        query = self._queries.find(request["QueryExecutionId"])
        query.ended.wait(PATIENCE_SECONDS)
        return {"QueryExecution": query.described()}

    def _batch_get(self, request: Request) -> Request:
        found, missing = [], []
        for query_id in request["QueryExecutionIds"]:
            try:
                found.append(self._queries.find(query_id).described())
            except ApiError as error:
                missing.append(
                    {
                        "QueryExecutionId": query_id,
                        "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                        "ErrorMessage": error.message,
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _list(self, request: Request) -> Request:
        group = self._groups.find(request.get("WorkGroup"))
        ids = [query.id for query in self._queries.of(group.name)]
        start = int(request.get("NextToken") or 0)
        end = start + int(request.get("MaxResults") or 50)
        more = {"NextToken": str(end)} if end < len(ids) else {}
        return {"QueryExecutionIds": ids[start:end], **more}

    def _stop(self, request: Request) -> Request:
        self._queries.find(request["QueryExecutionId"]).stop.set()
        return {}

    def _results(self, request: Request) -> Request:
        query = self._queries.find(request["QueryExecutionId"])
        return page(
            query.require_result(),
            token=request.get("NextToken"),
            limit=request.get("MaxResults"),
        )

    def _get_work_group(self, request: Request) -> Request:
        return {"WorkGroup": self._groups.find(request["WorkGroup"]).described()}

    def _create_work_group(self, request: Request) -> Request:
        self._groups.create(request)
        return {}

    def _update_work_group(self, request: Request) -> Request:
        self._groups.update(request)
        return {}

    def _delete_work_group(self, request: Request) -> Request:
        self._groups.delete(request["WorkGroup"])
        return {}

    @staticmethod
    def _data_catalog(request: Request) -> Request:
        name = request["Name"]
        if name.lower() != "awsdatacatalog":
            raise ApiError(f"Data catalog {name} was not found")
        parameters = {"catalog-id": "123456789012"}
        return {"DataCatalog": {"Name": name, "Type": "GLUE", "Parameters": parameters}}

    def _databases(self, _request: Request) -> Request:
        return {"DatabaseList": [{"Name": name} for name in self._glue.schemas()]}

    def _table_metadata(self, request: Request) -> Request:
        found = self._glue.tables(request["DatabaseName"])
        for entry in found:
            if entry["Name"] == request["TableName"].lower():
                return {"TableMetadata": _metadata(entry)}
        message = f"EntityNotFoundException: {request['TableName']} not found"
        raise ApiError(message, name="MetadataException")

    def _tables_metadata(self, request: Request) -> Request:
        found = self._glue.tables(request["DatabaseName"])
        return {"TableMetadataList": [_metadata(entry) for entry in found]}


def _metadata(entry: dict[str, Any]) -> Request:
    return {
        "Name": entry["Name"],
        "TableType": entry.get("TableType", ""),
        "Columns": entry.get("StorageDescriptor", {}).get("Columns", []),
        "PartitionKeys": entry.get("PartitionKeys", []),
        "Parameters": entry.get("Parameters", {}),
    }
