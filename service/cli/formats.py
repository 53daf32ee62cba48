"""Options whose values are the formats of a table, which is read when the command runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

Descriptions = Callable[[], Mapping[str, str]]  # of all formats, by name


class FormatName(click.ParamType[str]):
    """The name of a format. Any other value is a usage error that lists the known names."""

    name = "format"

    def __init__(self, descriptions: Descriptions) -> None:
        self.descriptions = descriptions

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return f"[{'|'.join(self.descriptions())}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = self.descriptions()
        if value not in known:
            self.fail(f"{value!r} is not one of {', '.join(known)}", param, ctx)
        return value


class FormatsCommand(click.Command):
    """A command whose help describes the formats of its FormatName option."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        for param in self.get_params(ctx):
            if isinstance(param.type, FormatName):
                with formatter.section("Formats"):
                    formatter.write_dl(list(param.type.descriptions().items()))
