"""The services that an instance runs beside the platform's code: one file each, all of it."""
