"""What pods of a development instance have: mounted folders, and processes that start again on change."""
