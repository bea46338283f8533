"""What Pulumi's backend knows of a stack: state, history, locks, recovery."""
