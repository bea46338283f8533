"""Arguments of `report` and `graph`."""
