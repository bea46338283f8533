"""The verbs stop, start and `drift --fix`."""
