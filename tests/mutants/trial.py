"""One model tried: its sample of mutants, and what killed each."""

import hashlib
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from mutants.golden import Golden
from mutants.killers import DataKiller, UnitKiller
from mutants.operators import Site, mutated, sites
from mutants.outcome import Mutant, Trial, keep, kept
from mutants.project import Model, models
from mutants.python_killers import TESTS, PythonKiller


@dataclass(frozen=True)
class Request:
    """What is asked of a worker."""

    model: str
    sample: int
    seed: int


class _Worker:
    """What a process needs for every model: parsed once, with a database of its own."""

    def __init__(self, golden: Golden, folder: Path) -> None:
        self.golden = golden
        self.models = {model.name: model for model in models(golden.target)}
        own = Path(tempfile.mkdtemp(dir=folder))
        shutil.copy(golden.database, own)
        self.data = DataKiller(own / golden.database.name)
        self.python = PythonKiller(list(self.models.values()))

    def killed_by(
        self, unit: UnitKiller, model: Model, site: Site, statement: exp.Expression
    ) -> tuple[str | None, str | None]:
        """Return the kind of the first test that notices, and its name."""
        if test := unit.killed_by(site):
            return "unit", test
        if test := self.python.killed_by(model, site, statement):
            return "python", test
        if test := self.data.killed_by(model, statement):
            return "data", test
        return None, None


_TOOLS = ("killers", "operators", "project", "python_killers", "trial")
"""Modules here on which the outcome of a trial depends."""

_WORKERS: list[_Worker] = []


def prepare(golden: Golden, folder: Path) -> None:
    """Get a process ready, with a database of its own in a folder."""
    # pytest, whose tests are called here, makes errors of some: none of them is a fault
    warnings.simplefilter("ignore")
    _WORKERS.append(_Worker(golden, folder))


def try_model(request: Request) -> Trial:
    """Try a sample of a model's mutants, or say what an earlier run found of them."""
    (worker,) = _WORKERS
    model = worker.models[request.model]
    path = worker.golden.trial(model.name, _digest(worker, request, model))
    found = kept(path)
    if found is None:
        found = _tried(worker, model, request)
        keep(path, found)
    return found


def _tried(worker: _Worker, model: Model, request: Request) -> Trial:
    unit = UnitKiller(model)
    worker.data.hold(model)
    places = sites(model.statement)
    tried: list[Mutant] = []
    for site in sorted(places, key=lambda each: _draw(request, each)):
        if len(tried) == request.sample:
            break
        statement = mutated(model.statement, site)
        if worker.data.is_statement(model, statement):
            killer, test = worker.killed_by(unit, model, site, statement)
            key = key_of(model, site)
            tried.append(Mutant(key, site.operator, site.name, killer, test))
    return Trial(model.name, model.layer, len(places), tuple(tried))


def key_of(model: Model, site: Site) -> str:
    """Return eight digits that name a mutant as long as its text is the same."""
    text = f"{model.name} {site.operator} {site.name}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _digest(worker: _Worker, request: Request, model: Model) -> str:
    """Return a digest of all that a trial depends on."""
    asked = [worker.golden.built(), model.statement.sql(), *model.data_tests.values()]
    for test in model.unit_tests:
        asked += [test.statement.sql(), *test.inputs.values(), test.expected]
    tools = [Path(__file__).with_name(f"{name}.py") for name in _TOOLS]
    asked += [path.read_text("utf-8") for path in (*tools, *map(Path, TESTS))]
    text = "\0".join([str(request), *asked])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _draw(request: Request, site: Site) -> bytes:
    text = f"{request.seed} {request.model} {site.operator} {site.name}"
    return hashlib.sha256(text.encode()).digest()
