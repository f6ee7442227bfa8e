"""Impossible configurations: each message names file, line and key."""

from pathlib import Path

import pytest

from python_jobs.cli.config import load_config
from python_jobs.generator import GeneratorConfig
from python_jobs.platform.errors import InputError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server_count: 0", ":2 generator.server_count 0: Input should be greater"),
        ("server_count: many", ":2 generator.server_count 'many': Input should be"),
        ("servers: 3", ":2 generator.servers is no known key → use one of: anomalies"),
        ("seed: -1", ":2 generator.seed -1: Input should be greater than or equal"),
        ("granularity: weekly", "generator.granularity 'weekly': Input should be"),
        ("first_date: '2025-02-30'", "generator.first_date '2025-02-30'"),
        ("first_date: 2026-06-01", "last_date 2025-12-31 is before first_date"),
        ("calendar_id: mars", "generator.calendar_id 'mars': no known calendar → use"),
        ("regions: {}", "generator.regions: no entry has a weight above 0"),
        ("regions: {a: -1}", "generator.regions.a -1: Input should be greater"),
        ("criticalities: {Huge: 1}", "generator.criticalities.Huge"),
        ("noise_phi: [0.5, 1.2]", "generator.noise_phi.1 1.2: Input should be less"),
        ("noise_phi: [0.6, 0.3]", "generator.noise_phi [0.6, 0.3]: the second number"),
        ("network_mbps: [900, 100]", "generator.network_mbps [900, 100]: the second"),
        (
            "archetypes: {web: {share: 0.9}}",
            "generator.archetypes: the shares sum to 1.55, expected 1 → correct",
        ),
        (
            "archetypes: {web: {spike_size: 0.5}}",
            "generator.archetypes.web.spike_size 0.5: Input should be greater",
        ),
        (
            "archetypes: {web: {base: {cpu: 130}}}",
            "generator.archetypes.web: base.cpu is 130 percent → at most 100",
        ),
        (
            "archetypes: {web: {correlations: {cpu_memory: 1.5}}}",
            "generator.archetypes.web.correlations.cpu_memory 1.5: Input should be",
        ),
        (
            "archetypes: {mail: {share: 0}}",
            "generator.archetypes.mail.base is missing → add it",
        ),
        (
            "metrics: {gpu: {weekend: 1}}",
            "generator.metrics.gpu.eoq is missing → add it",
        ),
        (
            "sizes: {oversized_share: 0.7, idle_share: 0.5}",
            "generator.sizes: oversized_share and idle_share are more than 1 together",
        ),
        (
            "events: {leak_days: [9, 3]}",
            "generator.events.leak_days [9, 3]: the second",
        ),
        ("anomalies: {rate: 2}", "generator.anomalies.rate 2: Input should be less"),
        ("anomalies: {rate: .nan}", "generator.anomalies.rate nan: Input should be"),
        ("switches: {eoq: perhaps}", "generator.switches.eoq 'perhaps': Input should"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, said: str) -> None:
    """The message begins with the file and ends with what to do."""
    path = tmp_path / "capacity.yml"
    path.write_text(f"generator:\n  {text}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:")
    assert said in message
    assert "→" in message


def test_a_file_names_only_what_it_changes(tmp_path: Path) -> None:
    """One parameter of one archetype; all others keep their defaults."""
    path = tmp_path / "capacity.yml"
    path.write_text(
        "generator:\n"
        "  archetypes: {web: {spike_size: 2}}\n"
        "  metrics: {cpu: {eoq: 0.9}}\n",
        encoding="utf-8",
    )
    found = load_config(path).generator
    usual = GeneratorConfig()
    assert found.archetypes["web"].spike_size == 2
    assert found.archetypes["web"].base == usual.archetypes["web"].base
    assert found.archetypes["batch"] == usual.archetypes["batch"]
    assert found.metrics["cpu"].eoq == 0.9
    assert found.metrics["disk"] == usual.metrics["disk"]
