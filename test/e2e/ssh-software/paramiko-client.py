"""One command by paramiko: paramiko-client.py KEY PORT USER COMMAND; its debug log goes to stderr."""
import logging
import sys

import paramiko

key, port, user, command = sys.argv[1:]
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="paramiko: %(message)s")
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(
    "127.0.0.1",
    port=int(port),
    username=user,
    pkey=paramiko.Ed25519Key.from_private_key_file(key),
    allow_agent=False,
    look_for_keys=False,
    timeout=20,
)
_, output, _ = client.exec_command(command)
sys.stdout.write(output.read().decode())
client.close()
