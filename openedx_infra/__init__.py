"""Open edX as a Pulumi program: one stack file becomes a whole instance on Kubernetes."""
