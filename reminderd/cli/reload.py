"""``reminderd reload``: ask the running service to read its files anew."""

import click

from reminderd.cli.output import print_json


@click.command("reload", short_help="Let the running service read its files anew.")
@click.option("--wait", is_flag=True, help="Return when it is decided, with the service's answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.pass_context
def command(ctx: click.Context, *, wait: bool, as_json: bool) -> None:
    """Let the running service read configuration, rules and wordings anew, as one.

    Where anything is wrong with them, the service keeps all it had and says why: exit status 78. 69: no
    service answers. Passwords that systemd lends, and ledger.url, are read at a restart only.
    """
    from reminderd.service.control import ask, socket_path

    answer = ask(socket_path(), "reload wait" if wait else "reload", seconds=None if wait else 10)
    if as_json:
        print_json({"reloaded": answer.fine and wait, "lines": answer.lines})
    else:
        for line in answer.lines:
            click.echo(line, err=not answer.fine)
    ctx.exit(answer.status)
