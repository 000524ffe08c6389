"""`python -m backend serve | migrate | openapi | token | login-code | housekeeping`."""

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

from backend.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m backend", description="Ahora's API server")
    commands = parser.add_subparsers(dest="command", required=True)

    serve = commands.add_parser("serve", help="bring the tables up to date and serve")
    serve.add_argument("--host", help="address to listen on (AHORA_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (AHORA_PORT)")
    serve.add_argument(
        "--embedded", action="store_true", help="make secrets/{user,worker}.token when missing"
    )
    commands.add_parser("migrate", help="bring the tables to this version")
    commands.add_parser("openapi", help="print the description of the API")
    token = commands.add_parser("token", help="make a token")
    token.add_argument("--kind", choices=["user", "worker"], required=True)
    token.add_argument("--name", required=True, help="shown beside what it did")
    token.add_argument("--file", type=Path, help="write it there (0600) instead of printing it")
    code = commands.add_parser("login-code", help="print a URL that logs one browser in, once")
    code.add_argument("--name", default=getpass.getuser(), help="name of the user")

    keep = commands.add_parser(
        "housekeeping", help="list files of the artifact store that nothing needs, or delete them"
    )
    keep.add_argument("--delete", action="store_true", help="delete what is listed")
    keep.add_argument(
        "--foreign", action="store_true", help="also what belongs to runs this database lacks"
    )

    options = parser.parse_args(arguments)
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    changed = {
        name: value
        for name in ("host", "port")
        if (value := getattr(options, name, None)) is not None
    }
    settings = Settings(**changed)
    if options.command == "openapi":
        from backend.app import create_app
        from backend.openapi import describe

        document = describe(create_app(settings))
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return 0

    from backend import operate

    os.umask(0o077)  # database, secrets and artifacts are nobody else's
    if options.command == "serve":
        operate.serve(settings, embedded=options.embedded)
    elif options.command == "migrate":
        operate.prepare(settings).dispose()
    elif options.command == "token":
        secret = operate.make_token(settings, options.kind, options.name)
        if options.file is None:
            sys.stdout.write(secret + "\n")
        else:
            operate.write_secret(options.file, secret)
    elif options.command == "housekeeping":
        operate.keep_house(settings, delete=options.delete, foreign=options.foreign)
    else:
        sys.stdout.write(operate.login_url(settings, options.name) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
