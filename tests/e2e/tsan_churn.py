#!/usr/bin/python3
"""tsan_churn.py TUTTID [--seconds N]: the daemon with two workers under everything at once: rooms and participants that come and
go, changing subscriptions and layouts, event streams, statistics and metrics, RTP through rooms on both workers that forward, mix or do both, bytes that mean nothing.
Then SIGTERM in the middle of it. Exit status 0 if it ended with 0, forwarded on both workers, answered nothing with a 5xx and
ThreadSanitizer had nothing to say. TUTTID is a build of the tsan preset; without it this only tests that nothing breaks."""

import argparse
import base64
import collections
import http.client
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HOST = "127.0.0.1"
WORKERS = 2
FLOWS = 4  # rooms that live through the test, with media; new rooms go to the worker that has the fewest
CHURNERS = 3
SUITES = {"AEAD_AES_128_GCM": 28, "AES_CM_128_HMAC_SHA1_80": 30}  # bytes of key and salt
START_SECONDS, STOP_SECONDS = 30, 20
SUPPRESSIONS = Path(__file__).resolve().parent.parent / "tsan.supp"


def udp_socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((HOST, 0))
    s.setblocking(False)
    return s


def address(s):
    return "%s:%d" % s.getsockname()


def free_tcp_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def free_udp_ports(count):
    """A port that is free, and those that follow it."""
    while True:
        base = random.randrange(20000, 60000)
        sockets = []
        try:
            for port in range(base, base + count):
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sockets[-1].bind((HOST, port))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()


class Daemon:
    def __init__(self, binary):
        self.port = free_tcp_port()
        self.media_port = free_udp_ports(WORKERS)
        self.folder = tempfile.TemporaryDirectory(prefix="tutti-churn-")
        config = Path(self.folder.name) / "tutti.yaml"
        config.write_text(
            f'http: {{ listen: "{HOST}:{self.port}" }}\n'
            f'media: {{ listen: ["{HOST}"], port_base: {self.media_port}, workers: {WORKERS}, allow_plain_rtp: true }}\n'
            "admission: { limit: 0 }\n"  # under ThreadSanitizer everything is an overload
            "log: { level: debug }\n"
        )
        options = ["exitcode=66", "history_size=4"]
        if SUPPRESSIONS.exists():
            options.append(f"suppressions={SUPPRESSIONS}")
        self.log = open(Path(self.folder.name) / "log", "w+")
        environment = dict(os.environ, TSAN_OPTIONS=" ".join(options))
        self.process = subprocess.Popen([binary, "--config", str(config)], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=environment)

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if Client(self).call("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit("the daemon did not become ready:\n" + self.read_log())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return f"none within {STOP_SECONDS} s of SIGTERM"

    def read_log(self):
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")


class Client:
    """Calls with a connection that is kept for a random number of calls, so that connections end in every state."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.connection = None

    def call(self, method, path, body=None):
        if self.connection is None or random.random() < 0.3:
            self.close()
            self.connection = http.client.HTTPConnection(HOST, self.daemon.port, timeout=20)
        text = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            self.connection.request(method, path, text, headers)
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return response.status, data

    def call_and_leave(self, path):
        """Asks, and hangs up without reading the answer."""
        connection = http.client.HTTPConnection(HOST, self.daemon.port, timeout=20)
        connection.request("GET", path)
        connection.close()

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Churn:
    def __init__(self, daemon):
        self.daemon = daemon
        self.stopping = threading.Event()  # no more requests are begun
        self.failures = []
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.flows = []
        self.asked = collections.defaultdict(lambda: collections.deque(maxlen=32))  # by receiver, to ask only once

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] += n

    def run(self, task, *arguments):
        """`task` again and again in a thread of its own, until the end."""

        def loop():
            client = Client(self.daemon)
            while not self.stopping.is_set():
                try:
                    task(client, *arguments)
                except Exception as error:  # a refused connection is one too, unless it is the end
                    if not self.stopping.is_set():
                        self.failures.append(f"{task.__name__}: {error!r}")
            client.close()

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        return thread

    def ask(self, client, method, path, body=None, expected=None):
        status, data = client.call(method, path, body)
        self.count("requests")
        wrong = status >= 500 if expected is None else status not in expected
        if wrong and not self.stopping.is_set():
            self.failures.append(f"{method} {path}: {status} {data[:300]!r}")
        return status, data

    # Rooms that live through the test: a publisher, two plain receivers and one that is sent SRTP. In every other one the receivers
    # choose between the track and the mix.
    def make_flow(self, client, index):
        room = f"/v1/rooms/flow{index}"
        mode = "hybrid" if index % 2 else "sfu"
        self.ask(client, "PUT", room, {"mode": mode}, [201])
        sender = udp_socket()
        _, data = self.ask(client, "POST", room + "/participants", {
            "id": "pub", "transport": {"kind": "rtp", "remote": address(sender)},
            "publish": [{"id": "v", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 1111},
                        {"id": "a", "kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 2222}]}, [201])
        port = int(json.loads(data)["transport"]["local"].rsplit(":", 1)[1])
        receivers = [udp_socket() for _ in range(3)]
        for number, receiver in enumerate(receivers):
            self.join(client, room, f"sub{number}", receiver, encrypted=number == 2, track="mix" if mode == "hybrid" and number else "pub/v")
        self.flows.append({"mode": mode, "port": port, "sender": sender, "receivers": receivers, "sequence": 0, "room": room})

    def join(self, client, room, name, receiver, encrypted, track):
        transport = {"kind": "rtp", "remote": address(receiver)}
        if encrypted:
            suite, size = random.choice(list(SUITES.items()))
            keys = [base64.b64encode(os.urandom(size)).decode() for _ in range(2)]
            transport.update(kind="srtp", suite=suite, receive_key=keys[0], send_key=keys[1])
        return self.ask(client, "POST", room + "/participants", {
            "id": name, "transport": transport, "replace": True,
            "receive": [{"kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 5001, "track": track},
                        {"kind": "audio", "codec": "opus", "payload_type": 111, "ssrc": 5003, "track": "mix" if track == "mix" else "auto"}]}, [201])

    def send_media(self, _client):
        """A frame of two packets and one of audio into each flow, 50 times a second."""
        for flow in self.flows:
            n = flow["sequence"] = flow["sequence"] + 2
            for part in range(2):
                # RFC 7741: the first packet begins a partition; the frame tag's lowest bit says what is no keyframe.
                descriptor = bytes([0x10 if part == 0 else 0x00, 0 if n % 50 == 0 else 1])
                header = struct.pack("!BBHII", 0x80, 96 | (part << 7), (n + part) & 0xFFFF, n * 900 & 0xFFFFFFFF, 1111)
                flow["sender"].sendto(header + descriptor + os.urandom(200), (HOST, flow["port"]))
            header = struct.pack("!BBHII", 0x80, 111, n // 2 & 0xFFFF, n * 480 & 0xFFFFFFFF, 2222)
            flow["sender"].sendto(header + os.urandom(60), (HOST, flow["port"]))
            self.count("sent", 3)
        time.sleep(0.02)

    def receive_media(self, _client):
        """Counts what arrives by worker, and asks for some of it again, and for keyframes."""
        sockets = [r for flow in self.flows for r in flow["receivers"]]
        asked = self.asked
        for s in select.select(sockets, [], [], 0.1)[0]:
            while True:
                try:
                    data, (_, port) = s.recvfrom(2048)
                except BlockingIOError:
                    break
                if 192 <= data[1] <= 223:
                    self.count("rtcp received")
                    continue
                self.count(f"received from worker {port - self.daemon.media_port}")
                sequence = struct.unpack("!H", data[2:4])[0]
                empty_report = struct.pack("!BBHI", 0x80, 201, 1, 7)
                if sequence in asked[s]:
                    continue  # sent again, as asked
                if sequence % 20 == 0 or sequence % 90 == 0:
                    asked[s].append(sequence)
                if sequence % 20 == 0:
                    s.sendto(empty_report + struct.pack("!BBHIIHH", 0x81, 205, 3, 7, 5001, sequence, 0x5555), (HOST, port))
                if sequence % 90 == 0:
                    s.sendto(empty_report + struct.pack("!BBHII", 0x81, 206, 2, 7, 5001), (HOST, port))

    def send_nonsense(self, _client):
        stranger = udp_socket()
        for port in range(self.daemon.media_port, self.daemon.media_port + WORKERS):
            stun = struct.pack("!HHI", 1, 0, 0x2112A442) + os.urandom(12)
            rtp = struct.pack("!BBHII", 0x80, 96, 1, 1, 1111) + bytes(50)
            for data in (stun, rtp, os.urandom(random.randrange(1, 1400)), b""):
                stranger.sendto(data, (HOST, port))
        stranger.close()
        time.sleep(0.02)

    def churn_room(self, client, name, mode):
        """A short room: people join, change their minds, ask for figures, leave; it is deleted with some of them in it."""
        room = f"/v1/rooms/{name}"
        choices = {"sfu": ["p0/v", "auto", None], "mcu": ["mix", None], "hybrid": ["p0/v", "auto", "mix", "mix", None]}[mode]
        self.ask(client, "PUT", room, {"mode": mode, "limits": {"participants": 20}}, [200, 201])
        if mode != "sfu":
            self.ask(client, "PUT", room + "/layouts/wide", {"kind": random.choice(["grid", "speaker", "pip"]), "self": "hide"}, [201])
        sockets = [udp_socket() for _ in range(4)]
        for number, s in enumerate(sockets):
            self.join(client, room, f"p{number}", s, encrypted=number % 2 == 1, track=choices[0] if mode == "mcu" else "auto")
            self.ask(client, "PATCH", f"{room}/participants/p{number}/subscriptions",
                     {"subscriptions": [{"slot": "0", "track": random.choice(choices), "paused": random.random() < 0.2}]}, [200])
        publisher = udp_socket()
        self.ask(client, "POST", room + "/participants", {
            "id": "late", "transport": {"kind": "rtp", "remote": address(publisher)}, "name": "the last one",
            "publish": [{"id": "v", "kind": "video", "codec": "VP8", "payload_type": 96, "ssrc": 1}]}, [201])
        change = {"slot": "0", "track": "late/v"} if mode != "mcu" else {"slot": "0", "layout": "wide", "max_height": 360}
        self.ask(client, "PUT", f"{room}/participants/p1/subscriptions", {"subscriptions": [change]}, [200])
        self.ask(client, "PATCH", f"{room}/participants/late", {"publish": [{"id": "v", "muted": True}], "voice": {"gain_db": -6, "deaf": True}}, [200])
        for path in ("", "/participants", "/tracks", "/stats", "/participants/p1/stats", "/participants/p1"):
            self.ask(client, "GET", room + path, expected=[200])
        for number in random.sample(range(4), 2):
            self.ask(client, "DELETE", f"{room}/participants/p{number}", expected=[204])
        self.ask(client, "DELETE", room, expected=[204])
        self.count("rooms")
        for s in (*sockets, publisher):
            s.close()

    def churn_flow(self, client):
        """Somebody comes into a room with media, and goes."""
        flow = random.choice(self.flows)
        receiver = udp_socket()
        name = f"guest{random.randrange(8)}-{threading.get_ident()}"
        self.join(client, flow["room"], name, receiver, encrypted=random.random() < 0.5,
                  track=random.choice(["pub/v", "mix"]) if flow["mode"] == "hybrid" else "pub/v")
        for paused in (True, False):
            self.ask(client, "PATCH", f"{flow['room']}/participants/{name}/subscriptions",
                     {"subscriptions": [{"slot": "0", "paused": paused}]}, [200])
        self.ask(client, "GET", f"{flow['room']}/participants/{name}/stats", expected=[200])
        self.ask(client, "DELETE", f"{flow['room']}/participants/{name}", expected=[204])
        receiver.close()

    def look_around(self, client):
        for path in ("/metrics", "/v1/rooms", "/healthz", "/readyz", "/", "/openapi.yaml"):
            self.ask(client, "GET", path, expected=[200])
        flow = random.choice(self.flows)
        self.ask(client, "GET", flow["room"] + "/stats", expected=[200])
        if flow["mode"] == "hybrid":
            self.ask(client, "PUT", flow["room"] + "/layouts/default", {"kind": random.choice(["grid", "speaker", "side-by-side"])}, [200])
        for path in ("/metrics", "/v1/rooms", random.choice(self.flows)["room"] + "/stats"):
            client.call_and_leave(path)

    def listen(self, _client, rooms):
        """An event stream, read for a while and dropped."""
        path = f"/v1/rooms/{random.choice(rooms)}/events" + random.choice(["", "?participant=sub0"])
        headers = {"Last-Event-ID": str(random.randrange(1 << 52))} if random.random() < 0.3 else {}
        connection = http.client.HTTPConnection(HOST, self.daemon.port, timeout=5)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        if response.status == 200:
            until = time.monotonic() + random.uniform(0, 0.5)
            while time.monotonic() < until and (line := response.readline()):
                if line.startswith(b"event:"):
                    self.count("events")
        elif response.status != 404:
            self.failures.append(f"GET {path}: {response.status}")
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tuttid")
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()

    daemon = Daemon(arguments.tuttid)
    churn = Churn(daemon)
    try:
        daemon.wait_until_ready()
        client = Client(daemon)
        for index in range(FLOWS):
            churn.make_flow(client, index)
        client.close()
        rooms = [f"flow{i}" for i in range(FLOWS)] + [f"short{i}" for i in range(CHURNERS)]
        threads = [churn.run(churn.send_media), churn.run(churn.receive_media), churn.run(churn.send_nonsense),
                   churn.run(churn.churn_flow), churn.run(churn.churn_flow), churn.run(churn.look_around)]
        threads += [churn.run(churn.churn_room, f"short{i}", ["sfu", "mcu", "hybrid"][i % 3]) for i in range(CHURNERS)]
        threads += [churn.run(churn.listen, rooms) for _ in range(4)]
        time.sleep(arguments.seconds)
        # Everything goes on while it ends.
        churn.stopping.set()
        status = daemon.stop()
        for thread in threads:
            thread.join(10)
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()

    log = daemon.read_log()
    failures = churn.failures
    if status != 0:
        failures.append(f"exit status {status}, not 0")
    if races := log.count("WARNING: ThreadSanitizer"):
        failures.append(f"{races} reports of ThreadSanitizer")
        print(log[log.index("WARNING: ThreadSanitizer"):][:20000], file=sys.stderr)
    for worker in range(WORKERS):
        if churn.counts[f"received from worker {worker}"] < 100:
            failures.append(f"worker {worker} forwarded next to nothing")
    for what in ("rooms", "events", "rtcp received"):
        if churn.counts[what] == 0:
            failures.append(f"no {what}")
    print(", ".join(f"{what}: {n}" for what, n in sorted(churn.counts.items())))
    for failure in failures[:20]:
        print(f"FAILED: {failure}", file=sys.stderr)
    if failures and not races:
        print("--- the daemon's last lines\n" + "\n".join(log.splitlines()[-30:]), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
