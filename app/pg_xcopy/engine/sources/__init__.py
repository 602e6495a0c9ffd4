"""Where rows come from: the source's snapshot, its readers, one reading for several targets, or another server."""
