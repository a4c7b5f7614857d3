"""What may run and where: approvals, the sandbox, path policy, secrets, trust of texts."""
