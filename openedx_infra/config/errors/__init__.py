"""How a wrong stack file is explained: the key, what it holds, the rule, the remedy."""
