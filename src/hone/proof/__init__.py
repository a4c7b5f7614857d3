"""Whether what was learned helps: tasks that recur, receipts, replay, and what follows from them. Meets learning only in the record."""
