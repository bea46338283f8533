"""Which images run, and how those are built that are built here."""
