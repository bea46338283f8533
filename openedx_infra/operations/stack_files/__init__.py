"""Reading stack files, and finding the checkout and the target that they belong to."""
