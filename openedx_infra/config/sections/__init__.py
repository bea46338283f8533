"""One file for each section of an instance's stack file."""
