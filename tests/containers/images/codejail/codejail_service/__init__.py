"""Stands for codejail-service: addresses, answers and checks at start, by the real codejail library."""
