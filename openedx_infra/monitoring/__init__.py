"""Alert rules and dashboards of a running instance, as data without Kubernetes or Pulumi."""
