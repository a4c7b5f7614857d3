"""What the gate asks of a change, one module a group of rules; each is pure and answers with findings."""
