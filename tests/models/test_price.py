"""What a request costs."""

import pytest

from hone.config.settings import Price
from hone.messages import Usage
from hone.models.price import cost_usd

USAGE = Usage(input=1_000_000, cached=400_000, output=100_000)


@pytest.mark.parametrize(
    ("usage", "price", "cost"),
    [
        (USAGE, None, None),
        (USAGE, Price(input=3, output=15, cached=0.3), 1.8 + 0.12 + 1.5),
        (USAGE, Price(input=3, output=15), 3 + 1.5),
        (USAGE, Price(), 0.0),
        (Usage(input=9, cost_usd=0.5), Price(input=3), 0.5),
        (Usage(input=9, cost_usd=0.5), None, 0.5),
    ],
)
def test_the_cost_is_the_reported_one_else_by_price_else_unknown(
    usage: Usage, price: Price | None, cost: float | None
) -> None:
    assert cost_usd(usage, price) == (cost if cost is None else pytest.approx(cost))
