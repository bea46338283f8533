"""Rules on containers and Kubernetes objects of the operator's own."""
