"""Components of the resource graph: what an Open edX instance is made of, in the words of its operator."""
