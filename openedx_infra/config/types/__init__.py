"""The base model, and the types of single values: names, hosts, quantities, addresses."""
