"""An AWS of our own, behind Pulumi's real engine: a provider plugin that keeps its cloud in a folder.

The engine finds `bin/pulumi-resource-aws` on PATH and talks to it as to the real provider: it checks,
previews, diffs, creates, updates, replaces, refreshes and deletes. So the whole life of a stack on AWS is
proven: order, replacement, protection, secrets, failure and recovery, drift.

What it does not prove: that AWS takes what we send (sizes, versions, limits of names, quotas), that IAM
allows it, how long it takes, and what it costs. It knows no defaults that AWS fills in; what it answers is
made up by `openedx_infra/operations/offline/simulated_aws.py`; and of replacement and names it knows what
stands in `kinds.py`.

Environment of the plugin:

- `SIMULATED_AWS_DIR`: folder of the cloud (`cloud.py`), where tests look and meddle.
- `SIMULATED_AWS_PACE`: seconds that stand for one minute of AWS'; default 0, nothing takes time.
"""
