"""A server by asyncssh: asyncssh-server.py HOSTKEY AUTHORIZED PORT; its debug log to stderr."""
import asyncio
import logging
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

host, authorized, port = sys.argv[1:]
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="%(message)s")
asyncssh.set_debug_level(2)


async def run(process):
    """Gives the channel to a shell."""
    pipe = subprocess.PIPE
    child = subprocess.Popen(["sh", "-c", process.command], stdin=pipe, stdout=pipe, stderr=pipe)
    await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
    # Returns when all that the command has written is sent.
    await process.stdout.drain()
    process.exit(await asyncio.get_running_loop().run_in_executor(None, child.wait))


async def main():
    await asyncssh.listen(
        "127.0.0.1",
        int(port),
        server_host_keys=[host],
        authorized_client_keys=authorized,
        process_factory=run,
        encoding=None,
        sftp_factory=True,
    )
    await asyncio.Event().wait()


asyncio.run(main())
