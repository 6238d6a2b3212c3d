"""One file per format. A new file is found by itself: see docs/new-format.md."""
