"""Over thousands of commands of simulated agents, tripwires stop the known mistakes and next to nothing else."""

import pytest
from tests.skills.tripwire_simulation import simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_of_the_harmless_commands_at_most_one_in_a_thousand_is_stopped(seed: int) -> None:
    report = simulate(seed, commands=5_000)
    assert report.tripwires >= 40
    assert report.share_stopped <= 0.001, report.false_alarms
    assert report.caught / report.mistakes >= 0.9, report.missed
