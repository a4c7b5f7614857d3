"""The client side of an endpoint: `base` says what a model is, `chat` speaks Chat Completions, `roles` picks by role."""
