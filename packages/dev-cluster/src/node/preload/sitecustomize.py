"""What preload.cjs does for Node.js programs, for the Python programs of a pod (found by PYTHONPATH)."""

import os
import random
import socket

_pod_ip = os.environ.get("MOORAGE_POD_IP")
_names_file = os.environ.get("MOORAGE_NAMES_FILE")
_namespace = os.environ.get("MOORAGE_NAMESPACE", "default")
_everywhere = {"", "0.0.0.0", "127.0.0.1", "localhost"}


def _listen_on_pod_address():
    bind = socket.socket.bind

    def bind_to_pod(self, address):
        if self.family == socket.AF_INET and isinstance(address, tuple) and address[0] in _everywhere:
            address = (_pod_ip, *address[1:])
        return bind(self, address)

    socket.socket.bind = bind_to_pod


def _resolve_cluster_names():
    getaddrinfo = socket.getaddrinfo

    def getaddrinfo_with_cluster_names(host, port, *args, **kwargs):
        addresses = _addresses_of(host)
        if not addresses:
            return getaddrinfo(host, port, *args, **kwargs)
        found = []
        for address in addresses:
            found.extend(getaddrinfo(address, port, *args, **kwargs))
        return found

    socket.getaddrinfo = getaddrinfo_with_cluster_names


def _addresses_of(host):
    if not isinstance(host, str) or host in ("", "localhost"):
        return []
    name = host.lower().rstrip(".")
    names = _read_names()
    for suffix in ("", f".{_namespace}.svc.cluster.local", ".svc.cluster.local", ".cluster.local"):
        if name + suffix in names:
            addresses = list(names[name + suffix])
            random.shuffle(addresses)
            return addresses
    return []


def _read_names():
    names = {}
    try:
        with open(_names_file, encoding="ascii") as file:
            for line in file:
                address, *hosts = line.split()
                for host in hosts:
                    names.setdefault(host, []).append(address)
    except (OSError, ValueError):
        pass  # Without the file the cluster has no names; other names resolve as ever.
    return names


if _pod_ip:
    _listen_on_pod_address()
if _names_file:
    _resolve_cluster_names()
