"""Build contexts of the images, which are no Python: a package, so that wheels have them."""
