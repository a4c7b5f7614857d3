"""The scenarios of the benchmark: recurring work of four kinds, three of each, with traps that no README tells of."""

from hone.bench.scenario import Scenario
from hone.bench.scenarios import build, data, operate, report

ALL: tuple[Scenario, ...] = tuple(
    plan.scenario() for plans in (operate.PLANS, build.PLANS, data.PLANS, report.PLANS) for plan in plans
)
"""All of them."""
