"""Which servers does an instance run itself? One file for each, all of it: a single pod, and its volume."""
