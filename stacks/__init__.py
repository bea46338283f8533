"""Pulumi programs, one for each kind of stack: they compose components and export outputs."""
