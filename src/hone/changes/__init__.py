"""The one door: every edit of a skill or of memory is a change that is judged, applied, recorded and can be undone."""
