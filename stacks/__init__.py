"""Which stacks are there? One module for each life cycle; they compose components and export outputs."""
