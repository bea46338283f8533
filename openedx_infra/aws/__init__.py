"""AWS resources by plain functions that know nothing of what they are for."""
