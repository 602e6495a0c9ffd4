#!/bin/sh
# Makes the keys when there are none yet, and becomes the server; arguments go to sshd.
set -eu

if ! [ -e /keys/fingerprint ]; then
  ssh-keygen -q -t ed25519 -N '' -f /keys/host
  ssh-keygen -q -t ed25519 -N '' -C ops -f /keys/ops
  # For the service that puts it into AWS, which runs as the user of pg-xcopy's image.
  chown 65532:65532 /keys/ops
  ssh-keygen -lf /keys/host.pub | cut -d' ' -f2 >/keys/fingerprint
fi

mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e "$@"
