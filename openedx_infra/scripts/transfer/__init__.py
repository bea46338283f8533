"""What `import data` runs in a pod of the target: it loads beside what is there, compares, switches."""
