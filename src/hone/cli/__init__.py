"""The command line: a face that renders events and holds no decisions."""
