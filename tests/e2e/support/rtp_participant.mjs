// A participant that sends VP8 in plain RTP, packet by packet: pictures of ffmpeg's, or anything else.

import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';

import { cssColor } from './signal.mjs';

const PAYLOAD_TYPE = 96;
const SSRC = 3333;
const ORIENTATION_ID = 3;
const ORIENTATION_URI = 'urn:3gpp:video-orientation';
const RTP_HEADER_BYTES = 12;

export class RtpParticipant {
  /** What the orientation extension says (3GPP TS 26.114 §7.4.5), if the participant has it. */
  quarterTurns = 0;
  #scene;
  #socket;
  #to;
  #orientation;
  #sequence = crypto.randomInt(0x8000);

  /**
   * The daemon must allow plain RTP.
   * @param {import('./scene.mjs').Scene} scene
   * @param {string} id
   * @param {{room?: string, orientation?: boolean}} [options]
   */
  static async join(scene, id, { room = 'r', orientation = false } = {}) {
    const socket = await bind();
    const remote = `127.0.0.1:${socket.address().port}`;
    const { transport } = await scene.daemon.request('POST', `/v1/rooms/${room}/participants`, {
      id,
      transport: { kind: 'rtp', remote, extensions: orientation ? { [ORIENTATION_ID]: ORIENTATION_URI } : {} },
      publish: [{ id: 'cam', kind: 'video', codec: 'VP8', payload_type: PAYLOAD_TYPE, ssrc: SSRC }],
    });
    return new RtpParticipant(scene, socket, transport.local, orientation);
  }

  /**
   * @param {import('./scene.mjs').Scene} scene
   * @param {dgram.Socket} socket
   * @param {string} local  where the daemon receives
   * @param {boolean} orientation
   */
  constructor(scene, socket, local, orientation) {
    const [address, port] = local.split(':');
    this.#scene = scene;
    this.#socket = socket;
    this.#to = { address, port: Number(port) };
    this.#orientation = orientation;
    scene.onClose(() => socket.close());
  }

  /**
   * Sends one packet that is a frame of its own.
   * @param {Buffer} payload
   */
  sendFrame(payload) {
    const header = Buffer.alloc(RTP_HEADER_BYTES);
    header[0] = 0x80;
    header[1] = 0x80 | PAYLOAD_TYPE;
    header.writeUInt16BE(this.#nextSequence(), 2);
    header.writeUInt32BE((Date.now() * 90) >>> 0, 4);
    header.writeUInt32BE(SSRC, 8);
    this.#send(Buffer.concat([header, payload]));
  }

  /**
   * Sends a moving picture of two colours, side by side, until the scene ends.
   * @param {number[]} left
   * @param {number[]} right
   */
  async play(left, right) {
    const relay = await bind();
    relay.on('message', (packet) => {
      packet.writeUInt16BE(this.#nextSequence(), 2); // as one sender's, whatever was sent before
      this.#send(this.#orientation ? this.#withOrientation(packet) : packet);
    });
    const half = (color) => `color=c=${cssColor(color)}:size=320x360:rate=20`;
    const ffmpeg = spawn(
      'ffmpeg',
      [
        ...['-nostdin', '-loglevel', 'error', '-re', '-f', 'lavfi'],
        ...['-i', `${half(left)}[l];${half(right)}[r];[l][r]hstack`],
        ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '400k', '-g', '10'],
        ...['-ssrc', String(SSRC), '-payload_type', String(PAYLOAD_TYPE), '-f', 'rtp'],
        `rtp://127.0.0.1:${relay.address().port}?pkt_size=1200`,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#scene.onClose(() => {
      ffmpeg.kill('SIGKILL');
      relay.close();
    });
  }

  /** RFC 8285 §4.2: one-byte header extension. @param {Buffer} packet */
  #withOrientation(packet) {
    const extension = Buffer.from([0xbe, 0xde, 0, 1, ORIENTATION_ID << 4, this.quarterTurns & 3, 0, 0]);
    const out = Buffer.concat([packet.subarray(0, RTP_HEADER_BYTES), extension, packet.subarray(RTP_HEADER_BYTES)]);
    out[0] |= 0x10;
    return out;
  }

  #nextSequence() {
    return this.#sequence++ & 0xffff;
  }

  /** @param {Buffer} packet */
  #send(packet) {
    this.#socket.send(packet, this.#to.port, this.#to.address);
  }
}

/** @returns {Promise<dgram.Socket>} */
function bind() {
  const socket = dgram.createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
