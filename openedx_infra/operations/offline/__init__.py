"""check and render: what the program would register, without engine, cluster or network."""
