"""Compile Sass of the sites and of themes into CSS, from left to right and from right to left."""

import subprocess
from pathlib import Path

import click
import sass

COMMON = ["common/static/sass", "node_modules"]


@click.command()
@click.option("--theme-dir", "theme_dirs", multiple=True, type=click.Path(path_type=Path))
@click.option("--skip-default", is_flag=True)
@click.option("--skip-themes", is_flag=True)
def main(theme_dirs, skip_default, skip_themes):
    """Compile the default Sass, and that of each theme with its own partials first."""
    for site in ("lms", "cms"):
        own = Path(site, "static/sass")
        if not skip_default:
            compile_folder(own, Path(site, "static/css"), [own / "partials", *COMMON])
        for theme in [] if skip_themes else [theme for folder in theme_dirs for theme in folder.iterdir()]:
            partials = [theme / site / "static/sass/partials", own / "partials"]
            if (theme / site).is_dir():
                compile_folder(own, theme / site / "static/css", [*partials, *COMMON])


def compile_folder(source, target, includes):
    """Compile what is no partial; a file's right-to-left twin is made from its CSS."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("[!_]*.scss")):
        text = sass.compile(
            filename=str(path), include_paths=[str(folder) for folder in includes], output_style="compressed"
        )
        css = target / f"{path.stem}.css"
        css.write_text(text, encoding="utf-8")
        subprocess.run(["rtlcss", css, target / f"{path.stem}-rtl.css"], check=True)


main()
