"""What is an Open edX instance made of? The nouns of the resource graph, as an operator says them."""
