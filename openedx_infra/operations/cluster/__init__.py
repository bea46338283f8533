"""Reading a cluster and waiting for it: health, stuck pods, Jobs, operators."""
