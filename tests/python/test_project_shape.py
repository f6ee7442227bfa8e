"""The shape of the project: names, layers, contracts, readers and writers.

dbt parses the project once; everything else is read from its manifest and the files.
"""

import ast
import importlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mmh3
import pytest
import yaml
from pydantic import BaseModel

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "python_jobs"
TOP_LEVEL = {
    ".ci", ".github", ".gitignore", ".sqlfluff", ".yamllint", "CHANGELOG.md",
    "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "analyses",
    "dbt_project.yml", "docs", "findings", "infra", "macros", "models",
    "profiles.yml.example", "pyproject.toml", "python_jobs", "requirements.lock",
    "seeds", "tests",
}  # fmt: skip
DOCUMENTS = sorted((PROJECT / "docs").glob("*.md"))
# folders that commands make, which documents speak of
MADE = {"warehouse/", "warehouse/lake/"}
LAYERS = ("staging", "intermediate", "features", "core", "forecasts", "reports")
# what each layer may read
PARENTS = {
    "staging": {"source", "staging"},
    "intermediate": {"seed", "staging", "intermediate"},
    "features": {"intermediate", "features"},
    "core": {"seed", "staging", "intermediate", "core", "forecasts"},
    "forecasts": {"seed", "staging", "intermediate", "core", "forecasts"},
    "reports": {"core", "forecasts"},
}
PREFIXES = {
    "staging": ("stg_raw__", "stg_python_jobs__"),
    "intermediate": ("int_",),
    "features": ("feat_",),
    "core": ("dim_", "fct_"),
    "forecasts": ("fct_",),
    "reports": ("rpt_",),
}
COMPUTES = re.compile(
    r"\b(sum|avg|count|min|max|ln|exp|sqrt|power|abs|stddev\w*|var_\w+|regr_\w+"
    r"|row_number|rank|dense_rank|lag|lead|ntile|case)\b\s*(\(|when|$)"
    r"|[\w)] [*/+-] [\w(]",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Parse the project for the default target and return dbt's manifest."""
    folder = tmp_path_factory.mktemp("parse")
    shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")
    dbt = Path(sysconfig.get_path("scripts")) / "dbt"
    command = [str(dbt), "--no-use-colors", "parse", "--profiles-dir", str(folder)]
    done = subprocess.run(
        [*command, "--target", "duckdb", "--target-path", str(folder)],
        cwd=PROJECT,
        env=os.environ
        | {"CAPACITY_WAREHOUSE": str(folder), "DBT_LOG_PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return content


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the project's models."""
    return [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model"
    ]


def layer(node: dict[str, Any]) -> str:
    """Return the layer of a model: its folder, below marts the sub-folder."""
    parts = Path(node["original_file_path"]).parts
    return parts[2] if parts[1] == "marts" else parts[1]


def sql_files() -> list[Path]:
    """Return every SQL file that dbt reads."""
    folders = ("models", "macros", "analyses", "tests")
    return sorted(path for each in folders for path in (PROJECT / each).rglob("*.sql"))


def job_names() -> list[str]:
    """Return the jobs: the modules at the root of the package."""
    return sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def tracked_files() -> list[str]:
    """Return the paths of the files that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - git is where the checkout came from
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def test_top_level_holds_nothing_unexpected() -> None:
    """What git tracks at the top is the tree that the README describes."""
    assert {name.split("/")[0] for name in tracked_files()} <= TOP_LEVEL


@pytest.mark.parametrize(
    "document",
    ["CONTRIBUTING.md", "README.md", *(f"docs/{path.name}" for path in DOCUMENTS)],
)
def test_documents_name_files_that_are_there(document: str) -> None:
    """Each file and package that a reader is sent to exists, below a folder named."""
    text = (PROJECT / document).read_text("utf-8")
    named = re.findall(r"`([\w./-]+(?:\.(?:py|csv|sql|yml|toml|md|sh)|/))`", text)
    listed = {f"/{name}" for name in tracked_files()}
    folders = {f"{parent}/" for name in listed for parent in Path(name).parents}
    lost = {
        name
        for name in named
        if not any(path.endswith(f"/{name}") for path in listed | folders)
    }
    assert lost <= MADE


def test_one_stem_per_job(manifest: dict[str, Any]) -> None:
    """feat_<stem>, python_jobs/<stem>.py, source <stem> and its staging model exist."""
    features = {
        node["name"].removeprefix("feat_")
        for node in models(manifest)
        if layer(node) == "features"
    }
    sources = {
        source["name"]
        for source in manifest["sources"].values()
        if source["source_name"] == "python_jobs"
    }
    staged = {
        node["name"].removeprefix("stg_python_jobs__")
        for node in models(manifest)
        if node["name"].startswith("stg_python_jobs__")
    }
    assert features == set(job_names())
    assert features <= staged <= sources


def test_each_model_has_yaml_of_its_stem(manifest: dict[str, Any]) -> None:
    """A reader finds the text of a model beside it, and nothing else in that file."""
    for node in models(manifest):
        sql = PROJECT / node["original_file_path"]
        described = yaml.safe_load(sql.with_suffix(".yml").read_text("utf-8"))
        assert [each["name"] for each in described["models"]] == [node["name"]]


def test_descriptions_say_what_a_row_is(manifest: dict[str, Any]) -> None:
    """The first words of every model, in YAML and in SQL, are its grain."""
    for node in models(manifest):
        assert node["description"].startswith("One row per "), node["name"]
        assert node["raw_code"].startswith("-- One row"), node["name"]


def test_every_column_is_described_once(manifest: dict[str, Any]) -> None:
    """Columns have texts, and a long one that two models share is a doc block."""
    seen: dict[str, str] = {}
    for node in models(manifest):
        path = PROJECT / node["original_file_path"]
        content = yaml.safe_load(path.with_suffix(".yml").read_text("utf-8"))
        for column in content["models"][0].get("columns", []):
            text = " ".join(str(column.get("description", "")).split())
            where = f"{node['name']}.{column['name']}"
            assert text, where
            if "doc(" not in text and len(text) > 60:
                assert text not in seen, f"{where} copies {seen[text]}: use a doc block"
                seen[text] = where


def test_contracts_from_intermediate_on(manifest: dict[str, Any]) -> None:
    """What another model or a person reads cannot change its columns unseen."""
    for node in models(manifest):
        if layer(node) != "staging":
            assert node["config"]["contract"]["enforced"], node["name"]
            assert all(column["data_type"] for column in node["columns"].values()), (
                node["name"]
            )


def test_names_tell_the_layer(manifest: dict[str, Any]) -> None:
    """A model's prefix is its layer's."""
    for node in models(manifest):
        assert layer(node) in LAYERS, node["original_file_path"]
        assert node["name"].startswith(PREFIXES[layer(node)]), node["name"]


def test_data_flows_one_way(manifest: dict[str, Any]) -> None:
    """Each layer reads only those before it, and no model reads a report."""
    for node in models(manifest):
        for parent in node["depends_on"]["nodes"]:
            kind = parent.split(".")[0]
            above = layer(manifest["nodes"][parent]) if kind == "model" else kind
            assert above in PARENTS[layer(node)], f"{node['name']} reads {parent}"


def test_computing_models_have_unit_tests(manifest: dict[str, Any]) -> None:
    """Each model that computes has a test worked out by hand, and says how."""
    tested: dict[str, list[str]] = {}
    for test in manifest["unit_tests"].values():
        tested.setdefault(test["model"], []).append(test["description"])
    for node in models(manifest):
        code = re.sub(r"--[^\n]*|\{#.*?#\}", "", node["raw_code"], flags=re.DOTALL)
        code = code.replace("select * from", "")
        if COMPUTES.search(code) and layer(node) != "staging":
            assert tested.get(node["name"]), f"{node['name']} has no unit test"
        for text in tested.get(node["name"], []):
            assert text, f"a unit test of {node['name']} does not say its arithmetic"


def test_unit_tests_beside_the_models_are_read(manifest: dict[str, Any]) -> None:
    """They lie in `tests/unit`, from where dbt reads them without promising it."""
    written = {
        (path.stem, test["name"])
        for path in (PROJECT / "tests" / "unit").glob("*.yml")
        for test in yaml.safe_load(path.read_text("utf-8"))["unit_tests"]
    }
    read = {(each["model"], each["name"]) for each in manifest["unit_tests"].values()}
    assert len(written) > 50
    assert written <= read


def test_unit_tests_have_names_of_their_own(manifest: dict[str, Any]) -> None:
    """On Athena the name alone is that of a table: two at once would collide."""
    names = Counter(test["name"] for test in manifest["unit_tests"].values())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_model_has_a_key_test(manifest: dict[str, Any]) -> None:
    """Each model, the staging views included, has the primary_key test."""
    keyed = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and (test.get("test_metadata") or {}).get("name") == "primary_key"
    }
    assert not {node["unique_id"] for node in models(manifest)} - keyed


def test_ratios_and_percents_have_ranges(manifest: dict[str, Any]) -> None:
    """A model with a _pct or _ratio column says in which range it must be."""
    bounded: dict[str, set[str]] = {}
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "ranges":
            bounds = metadata["kwargs"].get("bounds", {})
            bounded.setdefault(test["attached_node"], set()).update(bounds)
    for node in models(manifest):
        if layer(node) == "staging":
            continue
        for column in node["columns"]:
            if column.endswith(("_pct", "_ratio")):
                assert column in bounded.get(node["unique_id"], set()), (
                    f"{node['name']}.{column} has no range"
                )


def test_each_job_has_an_exposure(manifest: dict[str, Any]) -> None:
    """The lineage shows every job, behind exactly the features that it reads."""
    exposed = {
        each["name"]: {parent.split(".")[-1] for parent in each["depends_on"]["nodes"]}
        for each in manifest["exposures"].values()
        if each["type"] == "ml"
    }
    reads = {
        name: {
            frame
            for frame in importlib.import_module(f"python_jobs.{name}").READS
            if not frame.startswith("ml.")
        }
        for name in job_names()
    }
    assert exposed == reads


def test_each_dashboard_has_an_exposure(manifest: dict[str, Any]) -> None:
    """Whatever is published from the marts is on the lineage, and nothing else is."""
    published = {path.stem for path in (PROJECT / "docs").rglob("*.html")}
    exposed = {
        each["name"]
        for each in manifest["exposures"].values()
        if each["type"] == "dashboard"
    }
    assert exposed == published


def test_each_variable_has_a_reader() -> None:
    """A knob that nothing reads is refused."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    text = "\n".join(path.read_text("utf-8") for path in sql_files())
    read = set(re.findall(r"""\bvar\(\s*['"](\w+)['"]""", text))
    assert set(project["vars"]) == read


def test_each_seed_column_has_a_reader(manifest: dict[str, Any]) -> None:
    """A column of policy that no SQL reads is refused, and each is described."""
    text = "\n".join(
        re.sub(r"--[^\n]*", "", path.read_text("utf-8")) for path in sql_files()
    )
    words = set(re.findall(r"\w+", text))
    seeds = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "seed"
    ]
    assert seeds
    keys = {
        column
        for test in manifest["nodes"].values()
        if (test.get("test_metadata") or {}).get("name") == "primary_key"
        for column in test["test_metadata"]["kwargs"]["columns"]
    }
    for seed in seeds:
        path = PROJECT / seed["original_file_path"]
        header = path.read_text("utf-8").splitlines()[0].split(",")
        assert seed["name"] in words, f"no SQL reads seed {seed['name']}"
        assert set(header) == set(seed["columns"]), seed["name"]
        unread = [
            column
            for column in header
            if column not in words | keys and column != "description"
        ]
        assert not unread, f"{seed['name']}: no SQL reads {', '.join(unread)}"


def test_each_config_key_has_a_reader() -> None:
    """A key that the code never reads is refused."""
    from python_jobs.cli.config import Config  # noqa: PLC0415 - slow import

    attributes: set[str] = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                attributes.add(node.attr)
    unread = sorted(key for key in config_keys(Config) if key not in attributes)
    assert not unread


def config_keys(model: type[BaseModel]) -> Iterator[str]:
    """Yield the fields of a configuration model and of the models inside it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in inner_models(field.annotation):
            yield from config_keys(inner)


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the configuration models that a type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from inner_models(part)


def test_each_table_has_one_writer(manifest: dict[str, Any]) -> None:
    """Jobs write tables of their own; dbt writes none of the Iceberg tables."""
    from python_jobs.store import TABLES  # noqa: PLC0415 - slow import

    writers: dict[str, list[str]] = {}
    for name in job_names():
        for table in importlib.import_module(f"python_jobs.{name}").WRITES:
            writers.setdefault(table, []).append(name)
    assert all(len(names) == 1 for names in writers.values()), writers
    # the runner alone writes the ledger of runs
    jobs_tables = {table for table in TABLES if table.startswith("ml.")}
    assert set(writers) == jobs_tables - {"ml.runs"}
    sources = {
        f"{source['schema']}.{source['identifier']}"
        for source in manifest["sources"].values()
    }
    built = {
        f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert sources <= set(TABLES)
    assert not built & set(TABLES)


def test_tables_are_written_in_one_place() -> None:
    """Rows of ml come from the runner, those of raw from generator and loader."""
    places = {"ml": {"jobs"}, "raw": {"generator", "loader"}}
    write = re.compile(
        r"\.(?:overwrite|merge|append|delete)\(\s*[\"'](raw|ml)\.", re.MULTILINE
    )
    for path in modules():
        folder = path.relative_to(PACKAGE).parts[0]
        for schema in write.findall(path.read_text("utf-8")):
            assert folder in places[schema], f"{path} writes {schema}"


def test_jobs_do_no_io() -> None:
    """A job is a pure function: no database, network, environment or clock in it."""
    forbidden = {"boto3", "duckdb", "os", "time", "pyiceberg", "sqlalchemy"}
    for name in job_names():
        tree = ast.parse((PACKAGE / f"{name}.py").read_text("utf-8"))
        imported = {each.split(".")[0] for each in imported_names(tree)}
        assert not imported & forbidden, name


def test_functions_are_short() -> None:
    """No function has more than 40 lines of code: it is one thought."""
    for path in modules():
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = code_lines(node)
                assert length <= 40, f"{path}: {node.name} has {length} lines"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function's body without its docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize(
    "name",
    [
        "requirements.lock",
        *(
            f".ci/requirements-{tool}.lock"
            for tool in ("uv", "bouncer", "spark", "bench")
        ),
    ],
)
def test_locks_are_hashed_and_name_no_index(name: str) -> None:
    """Each requirement has a version and hashes; no line says where it came from."""
    text = (PROJECT / name).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    requirements = re.split(r"\n(?=[a-zA-Z])", text)
    for requirement in requirements:
        assert "==" in requirement.split("\n")[0], requirement
        assert "--hash=sha256:" in requirement, requirement


def test_each_dependency_is_imported() -> None:
    """What users must install is what the package needs: dbt finds its own adapters."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    required = {re.split(r"[\[=]", each)[0] for each in project["dependencies"]}
    modules_of = {"pyyaml": "yaml", "scikit-learn": "sklearn", "dbt-core": "dbt"}
    adapters = {"dbt-athena-community", "dbt-duckdb"}
    imported = {
        name.split(".")[0]
        for path in modules()
        for name in imported_names(ast.parse(path.read_text("utf-8")))
    }
    needed = {name: modules_of.get(name, name) for name in required - adapters}
    assert not {name for name, module in needed.items() if module not in imported}


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_lock_holds_the_pins() -> None:
    """The lock was made after the last change of a pin."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (PROJECT / "requirements.lock").read_text("utf-8").lower()
    pinned = project["dependencies"] + project["optional-dependencies"]["dev"]
    pins = [re.sub(r"\[.*\]", "", pin).split("==") for pin in pinned]
    assert pins
    for package, version in pins:
        assert f"\n{package}=={version}" in f"\n{lock}", package


def test_continuous_integration_runs_one_script() -> None:
    """The workflow has no steps of its own: what it does, anybody can run."""
    text = (PROJECT / ".github/workflows/ci.yml").read_text("utf-8")
    steps = yaml.safe_load(text)["jobs"]["ci"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_the_same_pythons_everywhere() -> None:
    """What the package says it runs on is what make looks for and what is tested."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest, above = re.findall(r"3\.(\d+)", project["requires-python"])
    versions = [f"3.{minor}" for minor in range(int(oldest), int(above))]
    text = (PROJECT / ".github/workflows/ci.yml").read_text("utf-8")
    assert yaml.safe_load(text)["jobs"]["ci"]["strategy"]["matrix"] == {
        "python": versions
    }
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    names = " ".join(f"python{version}" for version in reversed(versions))
    assert f"PYTHONS := {names} python3\n" in makefile
    newest = int(above) - 1
    assert f"not (3, {oldest}) <= sys.version_info[:2] <= (3, {newest})" in makefile
    assert f"Python 3.{oldest} to 3.{newest}" in makefile
    assert f"Python 3.{oldest} to 3.{newest}" in (PROJECT / "README.md").read_text()


@pytest.mark.parametrize("found", ["python3.10", "python3.15", "nothing"])
def test_make_says_what_is_missing(found: str, tmp_path: Path) -> None:
    """An interpreter that is too old, too new or none: one message, and no folder."""
    if found != "nothing":
        minor = found.removeprefix("python3.")
        fake = tmp_path / "python3"
        fake.write_text(
            f"#!{sys.executable}\nimport sys\nsys.version_info = (3, {minor}, 0)\n"
            "exec(sys.argv[2])\n"
        )
        fake.chmod(0o755)
    venv = tmp_path / "venv"
    done = subprocess.run(
        ["make", f"{venv}/uv", f"VENV={venv}", f"PYTHONS={tmp_path}/python3"],  # noqa: S607 - the project's own command
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name != "PYTHON"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"no Python 3.11 to 3.14 with venv and pip: tried {tmp_path}" in done.stderr
    assert not venv.exists()


def test_athenas_adapter_takes_one_hash_of_mmh3() -> None:
    """Our lock has a newer mmh3 than the adapter asks for on Python 3.13 and newer.

    The values are those of the Iceberg specification (appendix B): 34 as a long, and
    "iceberg".
    """
    folder = Path(sysconfig.get_path("purelib"), "dbt/adapters/athena")
    uses = {
        use
        for path in folder.rglob("*.py")
        for use in re.findall(r"\bmmh3\b(.*)", path.read_text("utf-8"))
    }
    assert {use.split("(")[0] for use in uses} == {"", ".hash"}
    assert mmh3.hash(struct.pack("<q", 34)) == 2_017_239_379
    assert mmh3.hash("iceberg") == 1_210_000_089
