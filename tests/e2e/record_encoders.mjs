// Records what Chromium's encoders send, into tests/fixtures/encoders (see the README.md there):
//   node tests/e2e/record_encoders.mjs RECORDER [FOLDER [NAME...]]
// RECORDER is the executable record_encoder. A mode that the browser does not encode is named and left out.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Browser } from './support/browser.mjs';
import { sleep, waitFor } from './support/wait.mjs';

const SECONDS = 5.5;
const FRAME_RATE = 20;
const KEYFRAMES_AT = [2, 4]; // seconds, beside the one that it begins with

/** One stream with its layers in it. No spatial layer is made below 240x135, none sent below its minimum. */
const layered = (codec, scalabilityMode, maxBitrate, size = [640, 360]) => ({
  codec,
  size,
  encodings: [{ scalabilityMode, maxBitrate, maxFramerate: FRAME_RATE }],
});
const simulcast = (codec, scalabilityMode) => ({
  codec,
  size: [960, 540],
  encodings: [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 60_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 120_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 260_000 },
  ].map((encoding) => ({ ...encoding, scalabilityMode, maxFramerate: FRAME_RATE })),
});
const MODES = {
  vp8_simulcast: simulcast('VP8', 'L1T3'),
  vp8_simulcast_no_dd: { ...simulcast('VP8', 'L1T3'), dependencyDescriptor: false },
  vp9_l3t3: layered('VP9', 'L3T3', 640_000, [960, 540]),
  vp9_l3t3_key: layered('VP9', 'L3T3_KEY', 640_000, [960, 540]),
  vp9_l3t3_key_no_dd: { ...layered('VP9', 'L3T3_KEY', 640_000, [960, 540]), dependencyDescriptor: false },
  vp9_l2t2: layered('VP9', 'L2T2', 300_000),
  vp9_l1t3: layered('VP9', 'L1T3', 200_000),
  av1_l3t3: layered('AV1', 'L3T3', 640_000, [960, 540]),
  av1_l3t3_key: layered('AV1', 'L3T3_KEY', 640_000, [960, 540]),
  av1_l2t2: layered('AV1', 'L2T2', 300_000),
  av1_l1t3: layered('AV1', 'L1T3', 200_000),
  h264_l1t1: layered('H264', 'L1T1', 250_000),
  h264_l1t2: layered('H264', 'L1T2', 250_000),
};

/** A record_encoder process: lines in, lines out. */
class Recorder {
  #process;
  #output = '';

  /** @param {string} executable @param {string} codec */
  constructor(executable, codec) {
    this.#process = spawn(executable, [codec], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdout.on('data', (data) => (this.#output += data));
  }

  /** @param {string} text @param {RegExp} ending @returns {Promise<string>} */
  async #ask(text, ending) {
    this.#output = '';
    this.#process.stdin.write(text);
    return waitFor(`what the recorder says to ${text.split('\n')[0]}`, () => this.#output.match(ending)?.[1], {
      every: 10,
    });
  }

  /** @param {string} offer @returns {Promise<string>} the answer */
  answer(offer) {
    return this.#ask(`${offer}end\n`, /^([\s\S]*)end\n$/);
  }

  /** @param {string} line  a command @returns {Promise<Record<string, number>>} the counts after it */
  async command(line) {
    return JSON.parse(await this.#ask(`${line}\n`, /^(.*)\n$/));
  }

  stop() {
    this.#process.kill();
  }
}

/** Runs in the page: a moving picture, sent with these encodings. */
async function publish({ codec, size: [width, height], encodings, frameRate, dependencyDescriptor = true }) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  const draw = () => {
    const t = performance.now() / 1000;
    const sky = pen.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, '#345');
    sky.addColorStop(1, '#9ab');
    pen.fillStyle = sky;
    pen.fillRect(0, 0, width, height);
    for (let i = 0; i < 40; ++i) {
      pen.fillStyle = `hsl(${i * 37} 40% ${30 + ((i * 29) % 40)}%)`;
      pen.fillRect((i * width) / 40, height * (0.1 + ((i * 7) % 5) / 50), width / 40 - 2, height * 0.25);
    }
    const x = width * (0.5 + 0.25 * Math.sin(t));
    const y = height * (0.6 + 0.08 * Math.sin(2.3 * t));
    pen.fillStyle = '#c96';
    pen.beginPath();
    pen.ellipse(x, y, height * 0.17, height * 0.25, 0, 0, 7);
    pen.fill();
    pen.fillStyle = '#522';
    pen.fillRect(x - height * 0.06, y + height * 0.08, height * 0.12, height * (0.02 + 0.02 * Math.sin(9 * t)));
    pen.fillStyle = '#fff';
    pen.font = `${height / 9}px sans-serif`;
    pen.fillText(t.toFixed(1), width * 0.05, height * 0.93);
  };
  setInterval(draw, 1000 / frameRate);
  draw();

  const connection = new RTCPeerConnection();
  const transceiver = connection.addTransceiver(canvas.captureStream(frameRate).getVideoTracks()[0], {
    direction: 'sendonly',
    sendEncodings: encodings,
  });
  const { codecs } = RTCRtpSender.getCapabilities('video');
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => [`video/${codec}`, 'video/rtx'].includes(mimeType)));
  const extensions = transceiver.getHeaderExtensionsToNegotiate();
  for (const extension of extensions) {
    if (extension.uri.includes('video-layers-allocation')) extension.direction = 'sendrecv';
    if (extension.uri.includes('dependency-descriptor')) extension.direction = dependencyDescriptor ? 'sendrecv' : 'stopped';
  }
  transceiver.setHeaderExtensionsToNegotiate(extensions);
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 20));
  Object.assign(window, { connection });
  return connection.localDescription.sdp;
}

/** Runs in the page: the sizes and modes that are being sent. */
async function encodersAtWork() {
  const { connection } = window;
  const stats = [...(await connection.getStats()).values()].filter(({ type }) => type === 'outbound-rtp');
  return {
    sent: stats.map(({ rid = '', frameWidth = 0, frameHeight = 0, scalabilityMode = '', framesPerSecond = 0 }) => ({
      rid,
      size: [frameWidth, frameHeight],
      scalabilityMode,
      framesPerSecond,
    })),
  };
}

/** @param {Browser} browser @param {string} executable @param {string} file @param {(typeof MODES)[string]} mode */
async function record(browser, executable, file, mode) {
  const page = await browser.newPage();
  const recorder = new Recorder(executable, mode.codec);
  try {
    const offer = await page.evaluate(publish, { ...mode, frameRate: FRAME_RATE });
    const answer = await recorder.answer(offer);
    await page.evaluate((sdp) => window.connection.setRemoteDescription({ type: 'answer', sdp }), answer);
    // A browser begins low, and adds layers as it learns what the path carries.
    const state = await waitFor('all layers', () => page.evaluate(encodersAtWork), {
      accept: ({ sent }) =>
        sent.length === mode.encodings.length &&
        sent.every(({ rid, size, framesPerSecond }) => {
          const by = mode.encodings.find((e) => (e.rid ?? '') === rid)?.scaleResolutionDownBy ?? 1;
          return size[0] === mode.size[0] / by && size[1] === mode.size[1] / by && framesPerSecond > 0;
        }),
      timeout: 40_000,
      every: 500,
    });
    const wanted = mode.encodings[0].scalabilityMode;
    const others = state.sent.filter(({ scalabilityMode }) => scalabilityMode !== wanted);
    if (others.length > 0) throw new Error(`asked for ${wanted}, encoded as ${others[0].scalabilityMode}`);
    await sleep(3000);
    const begun = Date.now();
    await recorder.command('record');
    for (const seconds of KEYFRAMES_AT) {
      await sleep(begun + seconds * 1000 - Date.now());
      await recorder.command('keyframe');
    }
    await sleep(begun + SECONDS * 1000 - Date.now());
    const version = await page.evaluate(() => navigator.userAgent.match(/Chrome\/([\d.]+)/)?.[1]);
    const note = `Chromium ${version} ${mode.codec} ${wanted} ${mode.size.join('x')} ${FRAME_RATE} fps`;
    const counts = await recorder.command(`write ${file} ${note}`);
    console.log(path.basename(file), note, JSON.stringify(counts), fs.statSync(file).size, 'bytes');
  } finally {
    recorder.stop();
    await page.context().close();
  }
}

const [executable, folder, ...names] = process.argv.slice(2);
const target = folder ?? fileURLToPath(new URL('../fixtures/encoders/', import.meta.url));
const browser = await Browser.launch();
try {
  for (const [name, mode] of Object.entries(MODES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    await record(browser, executable, path.join(target, `${name}.rtp`), mode).catch((error) =>
      console.log(`${name}: not recorded: ${error.message}`),
    );
  }
} finally {
  await browser.close();
}
