"""How do we write Kubernetes? Plain functions over pulumi_kubernetes; no word of what runs in the pods."""
