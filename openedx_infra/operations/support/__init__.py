"""The archive for whoever is helping: evidence of a stack, with secrets masked."""
