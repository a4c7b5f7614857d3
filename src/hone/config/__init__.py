"""Settings: their types (`settings`), reading and layering them (`load`), finding a model without any (`detect`)."""
