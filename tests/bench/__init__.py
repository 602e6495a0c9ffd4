"""Figures, not tests: `make bench` prints them, nothing asserts a time. docs/performance.md says how to read them."""
