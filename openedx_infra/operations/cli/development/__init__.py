"""The group `dev`: arguments of verbs on a development instance."""
