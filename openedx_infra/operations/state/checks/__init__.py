"""Whether a state backend and a secrets provider are configured as a whole, judged without asking them."""
