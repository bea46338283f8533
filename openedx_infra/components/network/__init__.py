"""Network policies: who talks to whom, inside the namespace and beyond it."""
