"""The queue of nudges: work that waits until nobody does."""
