"""What many instances share: operators in the cluster, and servers on AWS."""
