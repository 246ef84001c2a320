#!/bin/sh
# Chromium in a network namespace of its own: WebRTC offers every address that it finds, and here it finds loopback.
exec unshare --net sh -c '
  ip link set lo up
  ip link add v0 type veth peer name v1
  ip addr add 127.0.0.53/32 dev v0
  ip link set v0 up
  ip link set v1 up
  exec "$NEXCHAT_ALONE" "$@"' chromium "$@"
