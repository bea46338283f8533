"""Reads an installation by Ansible (edx/configuration), and writes the stack file that continues it."""
