"""The help of a command: options in groups, the rarer ones with `--help-all` alone."""

import textwrap
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

ALL = "fusedmlp.help_all"  # a key of the context: whether all groups are asked for
MOST_COLUMNS = 28  # of the names; a longer one has its text below
GAP = 2


class GroupedCommand(TyperCommand):
    """A command whose help has a section for each `rich_help_panel` of its options.

    Where there is an option `--help-all`, `--help` shows those without a panel alone, which are
    those that matter most. No name is cut, nor broken at a hyphen.
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the sections."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        parameters = self.get_params(ctx)
        some = any(p.name == "help_all" for p in parameters) and not ctx.meta.get(ALL)
        hidden = 0
        for parameter in parameters:
            record = parameter.get_help_record(ctx)
            title = getattr(parameter, "rich_help_panel", None) or "Options"
            if parameter.param_type_name == "argument":
                title = "Arguments"
            if record is None:
                continue
            if some and title not in sections:
                hidden += 1
            else:
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    _write(formatter, records)
        if hidden:
            formatter.write_paragraph()
            formatter.write_text(f"{hidden} more options: {ctx.command_path} --help-all")


def _write(formatter: Any, records: list[tuple[str, str]]) -> None:
    """Write names, and their texts beside them; a text begins below a name that is too long."""
    most = min(MOST_COLUMNS, formatter.width // 3)
    column = min(max(len(name) for name, _ in records), most) + GAP
    before = " " * formatter.current_indent
    width = formatter.width - formatter.current_indent - column
    for name, text in records:
        lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
        if len(name) + GAP > column:
            formatter.write(f"{before}{name}\n")
        else:
            formatter.write(f"{before}{name:{column}}{lines.pop(0)}".rstrip() + "\n")
        for line in lines:
            formatter.write(f"{before}{'':{column}}{line}\n")


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted:
        context.meta[ALL] = True
        typer.echo(context.get_help())
        raise typer.Exit


HelpAll = Annotated[
    bool,
    typer.Option(
        "--help-all", is_eager=True, callback=_show_all, help="Show all options and exit."
    ),
]
