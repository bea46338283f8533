"""Which servers does AWS run for an instance? The instance's own stack makes them."""
