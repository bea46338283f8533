"""Pulumi starts here: one program, and the stack file says what it deploys."""

from stacks import openedx

openedx.main()
