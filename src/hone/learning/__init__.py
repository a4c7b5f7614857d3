"""Learning: what was hard in a turn (friction), whether it is worth a review (nudge), and the review itself."""
