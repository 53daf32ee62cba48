"""The command line: `dateline COMMAND`. Results go to stdout, all other output to stderr."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from archive.errors import DatelineError

EXIT_CODES = "Exit codes: 0 done, 1 a finding or failure, 2 wrong usage, 130 interrupted."

# A new command is one file and one line here, `module:function`. Modules are imported on use, for a fast start.
COMMANDS = {
    "serve": "serve:serve",
    "web": "web:web",
    "worker": "worker:worker",
    "migrate": "migrate:migrate",
    "settings": "settings:settings",
    "import": "import_:import_",
    "export": "export:export",
    "search": "search:search",
    "token": "token:token",
    "index": "index:index",
    "feeds": "feeds:feeds",
    "check": "check:check",
}
_STEPS = {"_prepare": "serve:prepare"}  # hidden commands, run by others in a process of their own


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        place = COMMANDS.get(cmd_name) or _STEPS.get(cmd_name)
        if place is None:
            return None
        module, _, function = place.partition(":")
        command: click.Command = getattr(import_module(f"service.cli.{module}"), function)
        own = command.commands.values() if isinstance(command, click.Group) else ()
        for one in (command, *own):
            one.epilog = EXIT_CODES
        return command


@click.command(cls=_Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dateline", prog_name="dateline")
def dateline() -> None:
    """Self-hosted archive, search and feeds for dated articles."""
    from service.settings import unknown_names

    for name in unknown_names():
        click.echo(f"dateline: {name} is not a setting; `dateline settings` lists all settings", err=True)
        del os.environ[name]  # so that child processes do not report it again


def main() -> NoReturn:
    """Run the program. Expected errors are printed as one sentence; only defects print a traceback."""
    try:
        result = dateline.main(standalone_mode=False, prog_name="dateline")
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else 1)
    except click.Abort:
        click.echo("dateline: stopped", err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has closed the pipe, as `head` does.
        sys.stdout = None
        sys.exit(0)
    except DatelineError as error:
        click.echo(f"dateline: {error}", err=True)
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)
