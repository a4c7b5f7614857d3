"""What happened, in SQLite: sessions, turns and events (`store`), full-text search over them (`search`)."""
