"""Keys of stack files that were renamed: still read for one minor version, then refused with the remedy."""
