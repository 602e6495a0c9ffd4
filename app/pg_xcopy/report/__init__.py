"""The HTML report: one page that says what became of a run, where its time went, and what was planned."""
