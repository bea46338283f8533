"""Going from one version to another: upgrade, rollback, switch, moved datastores."""
