#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""A plain Autobus 2 program: discovers a service by its type, binds to it, calls one function.

Usage: plain_client.py DISCOVERY_PORT TYPE FUNCTION [ARGUMENT...]

An argument that is JSON is taken as that, any other as a string. Prints the result as JSON, or
"error TYPE: TEXT" and exits with 1. Knows the protocol and nothing of limpets.
"""
import json
import socket
import sys
import time


def discover(port, wanted):
    """Asks who is there until a service of the wanted type answers: (host, port, id)."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    receiver.bind(("0.0.0.0", port))
    receiver.settimeout(0.5)
    query = json.dumps({"command": "query"}).encode()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        receiver.sendto(query, ("127.255.255.255", port))
        try:
            while True:
                datagram, source = receiver.recvfrom(16384)
                packet = json.loads(datagram)
                if packet["command"] == "add" and packet["info"].get("type") == wanted:
                    return source[0], packet["port"], packet["service"]
        except socket.timeout:
            pass
    sys.exit("no service of type " + wanted)


def exchange(stream, message):
    """Sends a command, gives its response."""
    stream.write(json.dumps(message).encode() + b"\r\n")
    stream.flush()
    while True:
        line = stream.readline()
        if not line:
            sys.exit("the connection ended")
        response = json.loads(line)
        if response["_type"] == 2 and response["_id"] == message["_id"]:
            return response


def argument(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def main():
    port, wanted, function = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    host, tcp_port, service = discover(port, wanted)
    connection = socket.create_connection((host, tcp_port), timeout=60)
    stream = connection.makefile("rwb")
    bound = exchange(stream, {"_type": 1, "_id": "1", "_command": "bind", "service": service})
    assert "_error" not in bound, bound
    response = exchange(stream, {"_type": 1, "_id": "2", "_command": "call", "name": function,
                                 "args": [argument(text) for text in sys.argv[4:]]})
    if "_error" in response:
        print("error %s: %s" % (response["_error"].get("type"), response["_error"]["text"]))
        sys.exit(1)
    print(json.dumps(response["result"]))


main()
