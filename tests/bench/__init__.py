"""Measurements of time and memory: `python -m tests.bench`, or `make bench`.

Everything is measured on the machine at hand, in one run; what is compared is measured in turns. Nothing here
is a test: figures are judged by whoever reads the table.
"""
