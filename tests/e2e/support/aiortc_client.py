"""A participant on aiortc, a WebRTC stack that shares nothing with libwebrtc. Sends a colour and a tone; writes what it
receives as one JSON line each half second; ends when its standard input does.

usage: aiortc_client.py BASE_URL ROOM ID TONE_HZ R,G,B
"""

import asyncio
import fractions
import json
import sys
import time
import urllib.request

import aioice.ice
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription, codecs
from av import AudioFrame, VideoFrame

# aioice leaves loopback out, and the daemon of the test has no other address.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

# aiortc 1.4 gives id 2 to the audio level and to abs-send-time in one bundle, which its own parser then mixes up.
for extension in codecs.HEADER_EXTENSIONS["video"]:
    if "abs-send-time" in extension.uri:
        extension.id = 3

SAMPLE_RATE = 48000
AUDIO_SAMPLES = 960
VIDEO_CLOCK = 90000
FRAMES_PER_SECOND = 15
WIDTH, HEIGHT = 320, 240


class Paced:
    """Sleeps until each next unit is due."""

    def __init__(self):
        self.start = None

    async def wait(self, seconds):
        if self.start is None:
            self.start = time.monotonic()
        await asyncio.sleep(max(0, self.start + seconds - time.monotonic()))


class Tone(MediaStreamTrack):
    kind = "audio"

    def __init__(self, frequency):
        super().__init__()
        self.frequency, self.position, self.pace = frequency, 0, Paced()

    async def recv(self):
        await self.pace.wait(self.position / SAMPLE_RATE)
        at = (np.arange(AUDIO_SAMPLES) + self.position) / SAMPLE_RATE
        samples = (np.sin(2 * np.pi * self.frequency * at) * 6000).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self.position, fractions.Fraction(1, SAMPLE_RATE)
        self.position += AUDIO_SAMPLES
        return frame


class Color(MediaStreamTrack):
    kind = "video"

    def __init__(self, rgb):
        super().__init__()
        self.picture = np.full((HEIGHT, WIDTH, 3), rgb, dtype=np.uint8)
        self.number, self.pace = 0, Paced()

    async def recv(self):
        await self.pace.wait(self.number / FRAMES_PER_SECOND)
        frame = VideoFrame.from_ndarray(self.picture, format="rgb24")
        frame.pts, frame.time_base = self.number * VIDEO_CLOCK // FRAMES_PER_SECOND, fractions.Fraction(1, VIDEO_CLOCK)
        self.number += 1
        return frame


class Received:
    def __init__(self):
        self.frames, self.rgb, self.samples, self.rate = 0, [], np.zeros(0), SAMPLE_RATE

    async def video(self, track):
        while True:
            frame = await track.recv()
            self.frames += 1
            if self.frames % FRAMES_PER_SECOND == 0:
                self.rgb = [int(v) for v in np.median(frame.to_ndarray(format="rgb24").reshape(-1, 3), axis=0)]

    async def audio(self, track):
        while True:
            frame = await track.recv()
            channels = len(frame.layout.channels)
            mono = frame.to_ndarray().reshape(-1)[::channels] / 32768
            self.rate = frame.sample_rate
            self.samples = np.concatenate([self.samples, mono])[-self.rate // 2 :]

    def peak_hz(self):
        """The loudest frequency of the last half second; 0 in silence."""
        if len(self.samples) < self.rate // 4 or np.abs(self.samples).max() < 0.005:
            return 0
        spectrum = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples))))
        return round(float(np.fft.rfftfreq(len(self.samples), 1 / self.rate)[spectrum.argmax()]))


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=8) as response:
        return json.load(response)


async def main(base_url, room, participant, tone, color):
    loop = asyncio.get_running_loop()
    connection, received, readers = RTCPeerConnection(), Received(), []

    @connection.on("track")
    def on_track(track):
        read = received.video if track.kind == "video" else received.audio
        readers.append(asyncio.ensure_future(read(track)))

    audio = connection.addTransceiver(Tone(float(tone)), direction="sendonly")
    video = connection.addTransceiver(Color([int(v) for v in color.split(",")]), direction="sendonly")
    connection.addTransceiver("audio", direction="recvonly")
    connection.addTransceiver("video", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    join = {
        "id": participant,
        "transport": {"kind": "webrtc", "offer": connection.localDescription.sdp},
        "publish": [{"mid": audio.mid, "id": "mic"}, {"mid": video.mid, "id": "cam"}],
    }
    reply = await loop.run_in_executor(None, post, f"{base_url}/v1/rooms/{room}/participants", join)
    await connection.setRemoteDescription(RTCSessionDescription(reply["transport"]["answer"], "answer"))

    ended = loop.run_in_executor(None, sys.stdin.read)
    while not ended.done():
        seen = {"frames": received.frames, "rgb": received.rgb, "peak_hz": received.peak_hz()}
        print(json.dumps({"state": connection.connectionState, **seen}), flush=True)
        await asyncio.sleep(0.5)
    for reader in readers:
        reader.cancel()
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
