"""What a stack needs in its namespaces that others make: limits with room for it, and Secrets."""
