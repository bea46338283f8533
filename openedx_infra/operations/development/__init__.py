"""What the verbs of a development instance do."""
