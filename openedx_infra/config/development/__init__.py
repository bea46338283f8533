"""The section of development instances, and what mounted folders are."""
