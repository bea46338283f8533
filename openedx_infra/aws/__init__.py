"""How do we write AWS? Plain functions that know nothing of what it is for."""
