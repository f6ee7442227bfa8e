"""The faults of AWS that are known by their words, and what to do about each."""

from typing import Literal

Kind = Literal[
    "no_credentials",
    "expired_credentials",
    "missing_bucket",
    "missing_work_group",
    "wrong_region",
    "scan_limit",
    "throttled",
    "denied",
    "unreachable",
    "cancelled",
    "conflict",
]

_AGAIN = "then run the same command again"

SIGNS: tuple[tuple[Kind, str], ...] = (
    (
        "no_credentials",
        r"Unable to locate credentials|Partial credentials found"
        r"|config profile \(.*\) could not be found|No credentials in",
    ),
    (
        "expired_credentials",
        r"ExpiredToken|EXPIRED_TOKEN|RequestExpired|REQUEST_EXPIRED"
        r"|token .{0,60}expired|[Tt]oken has expired"
        r"|SSO session .* (?:expired|invalid)|SSO [Tt]oken"
        r"|InvalidClientTokenId|INVALID_CLIENT_TOKEN_ID|UnrecognizedClient"
        r"|InvalidAccessKeyId|INVALID_ACCESS_KEY_ID|SignatureDoesNotMatch"
        r"|SIGNATURE_DOES_NOT_MATCH|Error when retrieving (?:credentials|token)"
        r"|HTTP status 400\) during Head",
    ),
    (
        "missing_bucket",
        r"NoSuchBucket|NO_SUCH_BUCKET|specified bucket does not exist"
        r"|\(404\) when calling the HeadBucket|Unable to verify/create output bucket",
    ),
    ("missing_work_group", r"(?i:work ?group\b.{0,80}\bis not found)"),
    (
        "wrong_region",
        r"PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint"
        r"|must be addressed using the specified endpoint",
    ),
    ("scan_limit", r"(?i:bytes scanned limit)"),
    (
        "throttled",
        r"Throttl|TooManyRequests|SlowDown|SLOW_DOWN|RequestLimitExceeded"
        r"|Rate exceeded|THROTTLING|Please reduce your request rate",
    ),
    (
        "denied",
        r"AccessDenied|ACCESS_DENIED|[Aa]ccess [Dd]enied|not authorized to perform"
        r"|PERMISSION_DENIED|Insufficient (?:Lake Formation )?permission"
        r"|\(403\) when calling",
    ),
    (
        "unreachable",
        r"Could not connect to the endpoint|Connect timeout on endpoint"
        r"|Read timeout on endpoint|NETWORK_CONNECTION|Connection was closed before"
        r"|Failed to connect to proxy|SSL validation failed|EndpointConnectionError",
    ),
    (
        "conflict",
        r"ConcurrentModification|ICEBERG_COMMIT_ERROR|ConcurrentRunsExceeded"
        # dbt drops a table before it makes it: a killed build's query made this one
        r"|TABLE_ALREADY_EXISTS",
    ),
    ("cancelled", r"(?i:cancell?ed)"),
)
"""How each is known, as a regular expression; the first that matches wins."""

TEXTS: dict[Kind, tuple[str, str]] = {
    "no_credentials": (
        "there are no AWS credentials",
        "set AWS_PROFILE, or run in a role; `capacity doctor` shows what is found",
    ),
    "expired_credentials": (
        "AWS does not accept the credentials: they have expired or are not valid",
        f"renew them (such as `aws sso login`), {_AGAIN}",
    ),
    "missing_bucket": (
        "the S3 bucket does not exist",
        "create it, or correct CAPACITY_S3_WAREHOUSE, CAPACITY_S3_DATA and"
        f" CAPACITY_S3_STAGING, {_AGAIN}",
    ),
    "missing_work_group": (
        "the Athena workgroup does not exist",
        f"create it, or correct CAPACITY_WORK_GROUP, {_AGAIN}",
    ),
    "wrong_region": (
        "the S3 bucket is in another region",
        f"set AWS_REGION to the bucket's region, {_AGAIN}",
    ),
    "scan_limit": (
        "Athena cancelled the query at the workgroup's limit of scanned bytes",
        f"look at `capacity status`, raise the limit if it is meant, {_AGAIN}",
    ),
    "throttled": (
        "AWS throttled the calls, repeats included",
        "wait some minutes, then run the same command again; if it stays, lower"
        " `threads` in the profile or ask AWS for a higher quota",
    ),
    "denied": (
        "AWS denied the action",
        f"allow it in the policy of this role (docs/athena.md has it), {_AGAIN}",
    ),
    "unreachable": (
        "AWS does not answer",
        "check the network, AWS_REGION and, where it is set, AWS_ENDPOINT_URL,"
        f" {_AGAIN}",
    ),
    "conflict": (
        "another writer changed the table at the same time",
        "wait until it has ended, then run the same command again",
    ),
    "cancelled": (
        "the query was cancelled",
        "run the same command again, once it is clear who cancelled it and why",
    ),
}
"""What is said of each, and what to do."""

DURING_A_RUN = ("throttled", "scan_limit", "conflict", "cancelled")
"""Faults that stop a run in its middle; the others would have stopped any command."""
