"""Copying the data of an older installation into an instance, comparing it, and putting it in force."""
