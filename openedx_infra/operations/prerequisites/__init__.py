"""What a stack needs of its cluster, and what of it the cluster lacks, before anything is changed."""
