"""One command by asyncssh: asyncssh-client.py KEY PORT USER COMMAND; its debug log goes to stderr."""
import asyncio
import logging
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

key, port, user, command = sys.argv[1:]
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(message)s")
asyncssh.set_debug_level(2)


async def main():
    async with asyncssh.connect(
        "127.0.0.1", int(port), username=user, client_keys=[key], known_hosts=None, config=None, agent_path=None
    ) as connection:
        sys.stdout.write((await connection.run(command, check=True)).stdout)


asyncio.run(main())
