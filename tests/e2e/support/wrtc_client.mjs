// A participant on @roamhq/wrtc, libwebrtc without a browser: sends a colour and a tone, and measures what it receives.

import wrtc from '@roamhq/wrtc';

import { rgbOf, sine, toneLevel, yuvOf } from './signal.mjs';

const { RTCVideoSource, RTCVideoSink, RTCAudioSource, RTCAudioSink } = wrtc.nonstandard;
const [WIDTH, HEIGHT] = [320, 240];
const AUDIO_WINDOW_SAMPLES = 24_000;

export class WrtcClient {
  framesReceived = 0;
  /** @type {number[]} of the last frame */
  colorReceived = [];
  #pc = new wrtc.RTCPeerConnection();
  #samples = new Float32Array(AUDIO_WINDOW_SAMPLES);
  #sampleRate = 48_000;
  /** @type {ReturnType<typeof setInterval>[]} */
  #timers = [];
  /** @type {{stop(): void}[]} */
  #sinks = [];

  /**
   * @param {import('./daemon.mjs').Daemon} daemon
   * @param {{room?: string, id: string, color: number[], tone: number}} options
   */
  static async join(daemon, { room = 'r', id, color, tone }) {
    const client = new WrtcClient();
    const pc = client.#pc;
    const audio = pc.addTransceiver(client.#toneTrack(tone), { direction: 'sendonly' });
    const video = pc.addTransceiver(client.#colorTrack(color), { direction: 'sendonly' });
    client.#listen(pc.addTransceiver('audio', { direction: 'recvonly' }).receiver.track);
    client.#watch(pc.addTransceiver('video', { direction: 'recvonly' }).receiver.track);
    await pc.setLocalDescription(await pc.createOffer());

    await daemon.request('PUT', `/v1/rooms/${room}`, {});
    const reply = await daemon.request('POST', `/v1/rooms/${room}/participants`, {
      id,
      transport: { kind: 'webrtc', offer: pc.localDescription.sdp },
      publish: [
        { mid: audio.mid, id: 'mic', source: 'microphone' },
        { mid: video.mid, id: 'cam', source: 'camera' },
      ],
    });
    await pc.setRemoteDescription({ type: 'answer', sdp: reply.transport.answer });
    return client;
  }

  get state() {
    return this.#pc.connectionState;
  }

  /** Level of a tone in the last half second, dB of full scale. @param {number} frequency */
  toneReceived(frequency) {
    return toneLevel(this.#samples, frequency, this.#sampleRate);
  }

  close() {
    this.#timers.forEach(clearInterval);
    this.#sinks.forEach((sink) => sink.stop());
    this.#pc.close();
  }

  /** @param {number[]} color */
  #colorTrack(color) {
    const source = new RTCVideoSource();
    const [y, u, v] = yuvOf(color);
    const data = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2);
    data.fill(y, 0, WIDTH * HEIGHT);
    data.fill(u, WIDTH * HEIGHT, (WIDTH * HEIGHT * 5) / 4);
    data.fill(v, (WIDTH * HEIGHT * 5) / 4);
    this.#timers.push(setInterval(() => source.onFrame({ width: WIDTH, height: HEIGHT, data }), 50));
    return source.createTrack();
  }

  /** @param {number} frequency */
  #toneTrack(frequency) {
    const source = new RTCAudioSource();
    const next = sine(frequency);
    let due = Date.now();
    const send = () => {
      // Timers are late by a little each time; the tone must not be.
      for (; due <= Date.now(); due += 10) {
        source.onData({ samples: next(), sampleRate: 48_000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
      }
    };
    this.#timers.push(setInterval(send, 10));
    return source.createTrack();
  }

  /** @param {MediaStreamTrack} track */
  #watch(track) {
    const sink = new RTCVideoSink(track);
    sink.onframe = ({ frame: { width, height, data } }) => {
      ++this.framesReceived;
      const luma = width * height;
      const chroma = data.length - luma;
      this.colorReceived = rgbOf(
        [data.subarray(0, luma), data.subarray(luma, luma + chroma / 2), data.subarray(luma + chroma / 2)].map(median),
      );
    };
    this.#sinks.push(sink);
  }

  /** @param {MediaStreamTrack} track */
  #listen(track) {
    const sink = new RTCAudioSink(track);
    sink.ondata = ({ samples, sampleRate, channelCount }) => {
      const mono = Float32Array.from(
        { length: samples.length / channelCount },
        (_, i) => samples[i * channelCount] / 32_768,
      );
      this.#sampleRate = sampleRate;
      this.#samples.copyWithin(0, mono.length);
      this.#samples.set(mono, this.#samples.length - mono.length);
    };
    this.#sinks.push(sink);
  }
}

/** @param {Uint8Array} plane */
function median(plane) {
  const counts = new Uint32Array(256);
  for (const value of plane) ++counts[value];
  let below = 0;
  return counts.findIndex((count) => (below += count) * 2 >= plane.length);
}
