"""Translations by atlas, as the platform's commands take its options."""

import subprocess

from django.core.management.base import BaseCommand


class PullCommand(BaseCommand):
    """Pulls one folder of translations."""

    folder = ""

    def add_arguments(self, parser):
        """Take what atlas takes."""
        parser.add_argument("--verbose", action="store_true")
        parser.add_argument("--repository")
        parser.add_argument("--revision")

    def handle(self, *args, **options):
        """Pull."""
        subprocess.run(
            [
                "atlas",
                "pull",
                f"--repository={options['repository']}",
                f"--revision={options['revision']}",
                f"translations/{self.folder}:conf/plugins-locale/{self.folder}",
            ],
            check=True,
        )


class CompileCommand(BaseCommand):
    """Compiles one folder of translations: msgfmt must be there."""

    folder = ""

    def handle(self, *args, **options):
        """Compile."""
        find = f"find conf/plugins-locale/{self.folder} -name '*.po' -execdir msgfmt -o text.mo {{}} ';'"
        subprocess.run(find, shell=True, check=True)
