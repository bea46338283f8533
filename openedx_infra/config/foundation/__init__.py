"""The stack file of a foundation, and the contract that it offers to instances."""
