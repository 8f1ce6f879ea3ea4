"""delayed_link.py NAMESPACE_A DEVICE_A NAMESPACE_B DEVICE_B MILLISECONDS

A cable between two network namespaces, each with a TAP device, over which every frame takes a while: for kernels without
sch_netem. Ends with SIGTERM, or with whoever started it.
"""

import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIGTERM = 15
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """The network namespace of a file, for this process."""
    with open(path) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), path)


def open_tap(namespace, device):
    enter(f"/run/netns/{namespace}")
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP_NO_PI))
    return tap


def write(end, packet):
    try:
        os.write(end, packet)
    except OSError:  # the device is not up yet
        pass


def relay(ends, delay):
    """Carries packets both ways, in order."""
    waiting = {end: collections.deque() for end in ends}  # by the end to write to: (due, packet)
    other = dict(zip(ends, reversed(ends)))
    while True:
        now = time.monotonic()
        for end, packets in waiting.items():
            while packets and packets[0][0] <= now:
                write(end, packets.popleft()[1])
        due = min((packets[0][0] for packets in waiting.values() if packets), default=now + 1)
        for end in select.select(ends, [], [], max(0, due - now))[0]:
            while True:
                try:
                    packet = os.read(end, 65536)
                except OSError:  # nothing more, or not up yet
                    break
                waiting[other[end]].append((time.monotonic() + delay, packet))


def main():
    libc.prctl(PR_SET_PDEATHSIG, SIGTERM)
    ends = [open_tap(*sys.argv[1:3]), open_tap(*sys.argv[3:5])]
    relay(ends, float(sys.argv[5]) / 1000)


main()
