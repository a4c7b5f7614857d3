"""The learning benchmark: recurring work in small worlds of its own, done by an agent that learns and by one that does not."""
