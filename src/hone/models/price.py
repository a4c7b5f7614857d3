"""What a request cost."""

from hone.config.settings import Price
from hone.messages import Usage


def cost_usd(usage: Usage, price: Price | None) -> float | None:
    """US dollars: what the endpoint reported, else by `price`, else None."""
    if usage.cost_usd is not None or price is None:
        return usage.cost_usd
    cached_price = price.input if price.cached is None else price.cached
    fresh = usage.input - usage.cached
    return (fresh * price.input + usage.cached * cached_price + usage.output * price.output) / 1_000_000
