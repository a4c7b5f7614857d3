"""What the project promises of proof, as a whole: the benchmark of learning and planted skills, with simulated models."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.driving import HONE

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from planted_skills import stream

pytestmark = pytest.mark.slow


def test_learning_saves_two_fifths_of_the_calls_harms_no_look_alike_and_recovers(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    home = {"HOME": str(tmp_path), "HONE_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
    command = [str(HONE), "bench", "--simulated", "--arms", "skills+tripwires", "--json", str(figures)]
    subprocess.run(command, env=home, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    fresh, learned = json.loads(figures.read_text())["arms"]
    assert (fresh["arm"], learned["arm"]) == ("fresh", "skills+tripwires")
    assert learned["saved"]["calls"]["low"] >= 0.4
    assert learned["harm"] == 0
    assert learned["recovered"] == 1
    assert learned["net_tokens"] > 0


@pytest.mark.parametrize(
    ("kind", "tasks", "becomes"),
    [("good", 40, {"proven"}), ("harmful", 10, {"retired"}), ("useless", 140, {"undecided", "retired"})],
)
def test_planted_skills_end_as_they_deserve(kind: str, tasks: int, becomes: set[str]) -> None:
    ended = stream(kind, tasks, seed=1)
    assert ended.status in becomes
    if kind == "harmful":
        assert ended.quarantined_after is not None
        assert ended.quarantined_after <= 3
