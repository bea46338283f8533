"""The tools the project runs on: found, downloaded or built, and an embedded cluster made of them."""
