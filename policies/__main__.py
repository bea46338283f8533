"""The official language host starts the pack here, for `pulumi up --policy-pack policies`."""

from policies.pack import main

main()
