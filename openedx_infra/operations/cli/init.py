"""Arguments of `init`, and of `import`, which finds the answers elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    StackName,
    Yes,
    confirm,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()

Answer = str | None


@app.command()
def init(
    situation: Annotated[Answer, typer.Option(help="evaluation, server, nodes or aws.")] = None,
    stack: Annotated[Answer, typer.Option("--stack", "-s", help="Name of the new stack.")] = None,
    lms_host: Annotated[Answer, typer.Option(help="Public host of the LMS, as learn.example.org.")] = None,
    studio_host: Annotated[Answer, typer.Option(help="Default: studio.<lms-host>.")] = None,
    mfe_host: Annotated[Answer, typer.Option(help="Default: apps.<lms-host>.")] = None,
    search_host: Annotated[Answer, typer.Option(help="Default: meilisearch.<lms-host>.")] = None,
    name: Annotated[Answer, typer.Option(help="Name of the site.")] = None,
    email: Annotated[Answer, typer.Option(help="Contact address, also at Let's Encrypt.")] = None,
    tls: Annotated[Answer, typer.Option(help="cert-manager, upstream or none.")] = None,
    context: Annotated[Answer, typer.Option(help="Context of the kubeconfig. On k3s: default.")] = None,
    kubeconfig: Annotated[Answer, typer.Option(help="Path of the kubeconfig.")] = None,
    storage_class: Annotated[Answer, typer.Option(help="For several nodes: with ReadWriteMany.")] = None,
    smtp_host: Annotated[Answer, typer.Option(help="SMTP server of a mail provider.")] = None,
    smtp_user: Annotated[Answer, typer.Option(help="User name there.")] = None,
    backup_bucket: Annotated[Answer, typer.Option(help="Bucket for backups, at any S3 provider.")] = None,
    backup_endpoint: Annotated[Answer, typer.Option(help="Address of that S3 server.")] = None,
    backup_region: Annotated[Answer, typer.Option(help="Region of the bucket, at AWS.")] = None,
    secrets: Annotated[bool, typer.Option(help="Generate the secrets, too.")] = True,
) -> None:
    """Write the stack file of a new instance, and its secrets; in a terminal, ask for what is open."""
    given = dict(locals())
    from openedx_infra.operations.init import init as verb

    del given["secrets"]
    request = verb.Request(options=given, secrets=secrets)
    verb.init(request, new_console(), interactive=sys.stdin.isatty())


_group = typer.Typer(no_args_is_help=True)
app.add_typer(_group, name="import")


@_group.callback()
def _import() -> None:
    """Continue a site that something else runs: its stack file and secrets, and then its data."""


@_group.command()
def tutor(
    root: Annotated[Path, typer.Argument(help="Root of Tutor, as `tutor config printroot` prints it.")],
    stack: Annotated[str, typer.Option("--stack", "-s", help="Name of the new stack.")] = "campus",
    situation: Annotated[
        str, typer.Option(help="evaluation, server, nodes or aws, as in `init`.")
    ] = "server",
    plugins_root: Annotated[
        Path | None, typer.Option(help="Folder of plugins, as `tutor plugins printroot` prints it.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig. On k3s: default.")] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="Path of the kubeconfig.")] = None,
    storage_class: Annotated[str | None, typer.Option(help="For several nodes: with ReadWriteMany.")] = None,
    backup_bucket: Annotated[str | None, typer.Option(help="Bucket for backups, at any S3 provider.")] = None,
    backup_endpoint: Annotated[str | None, typer.Option(help="Address of that S3 server.")] = None,
    backup_region: Annotated[str | None, typer.Option(help="Region of the bucket, at AWS.")] = None,
    secrets: Annotated[bool, typer.Option(help="Write the secrets, too.")] = True,
) -> None:
    """Write the stack file and the secrets of an instance that continues a site of Tutor 19 to 22.

    The root is only read. What has no place here is listed, with what to do instead.
    """
    given = dict(locals())
    from openedx_infra.operations.imports.tutor import command

    options = {
        name: value for name, value in given.items() if name not in ("root", "plugins_root", "secrets")
    }
    request = command.Request(root=root, plugins=plugins_root, options=options, secrets=secrets)
    command.import_tutor(request, new_console())


@_group.command()
def native(
    lms: Annotated[Path, typer.Option(help="Settings of the LMS: /edx/etc/lms.yml.")],
    studio: Annotated[Path, typer.Option(help="Settings of Studio: /edx/etc/studio.yml.")],
    server_vars: Annotated[
        Path | None, typer.Option(help="Variables that Ansible was given: server-vars.yml.")
    ] = None,
    history: Annotated[
        str, typer.Option(help="Database edxapp_csmh: keep it as second database, or fold it in.")
    ] = "keep",
    stack: Annotated[str, typer.Option("--stack", "-s", help="Name of the new stack.")] = "campus",
    situation: Annotated[
        str, typer.Option(help="evaluation, server, nodes or aws, as in `init`.")
    ] = "server",
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig. On k3s: default.")] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="Path of the kubeconfig.")] = None,
    storage_class: Annotated[str | None, typer.Option(help="For several nodes: with ReadWriteMany.")] = None,
    backup_bucket: Annotated[str | None, typer.Option(help="Bucket for backups, at any S3 provider.")] = None,
    backup_endpoint: Annotated[str | None, typer.Option(help="Address of that S3 server.")] = None,
    backup_region: Annotated[str | None, typer.Option(help="Region of the bucket, at AWS.")] = None,
    secrets: Annotated[bool, typer.Option(help="Write the secrets, too.")] = True,
) -> None:
    """Write the stack file and the secrets of an instance that continues a site of edx/configuration.

    It reads files of Maple and later releases, and changes none. What has no place here is listed, with what
    to do instead.
    """
    given = dict(locals())
    from openedx_infra.operations.imports.native import command

    own = ("lms", "studio", "server_vars", "history", "secrets")
    request = command.Request(
        lms=lms,
        studio=studio,
        variables=server_vars,
        history=history,
        options={name: value for name, value in given.items() if name not in own},
        secrets=secrets,
    )
    command.import_native(request, new_console())


@_group.command()
def data(
    kind: Annotated[str, typer.Option("--from", help="tutor, dump, or ssh for dumps on another machine.")],
    place: Annotated[str, typer.Argument(help="Tutor root or folder of dumps, perhaps as HOST:FOLDER.")],
    warm: Annotated[
        bool, typer.Option(help="Copy beforehand, while the old site runs; put nothing in force.")
    ] = False,
    tutor_mode: Annotated[str, typer.Option(help="How Tutor runs the site: local, dev or k8s.")] = "local",
    host: Annotated[
        list[str] | None, typer.Option(help="A host with another name now, as OLD=NEW. May be repeated.")
    ] = None,
    fold_history: Annotated[bool, typer.Option(help="Add the database edxapp_csmh to the main one.")] = False,
    report: Annotated[Path, typer.Option(help="Folder of the report.")] = Path(),
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    yes: Yes = False,
) -> None:
    """Copy databases and files of an older site into an instance that nobody has used.

    The old site is only read. What is copied is counted and added up on both sides before it is put in force.
    The same command goes on where one was interrupted.
    """
    from openedx_infra.operations.transfer import data as verb

    pairs = [each.partition("=") for each in host or ()]
    options = verb.Options(
        kind=kind,
        place=place,
        tutor_mode=tutor_mode,
        warm=warm,
        hosts={old: new for old, _, new in pairs if new},
        fold_history=fold_history,
        report=report,
    )
    request = verb.Request(name=stack, config_file=config_file)
    verb.import_data(request, options, new_console(), confirm=None if yes else confirm)
