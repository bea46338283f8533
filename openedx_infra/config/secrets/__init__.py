"""Which secrets exist, which a stack needs, and the form each must have."""
