"""Rules over several keys, each of which is right alone. `all.py` lists them."""
