// A sender whose SRTP keys come with the REST call: no ICE, no DTLS, no browser.

import { spawn } from 'node:child_process';
import crypto from 'node:crypto';

import { scene } from './support/scene.mjs';

const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const KEY_AND_SALT_BYTES = 16 + 14;
const COLOR = [0, 144, 0];
const TONE = 880;

scene('ffmpeg sends SRTP with given keys and is seen and heard in a page', async (scene) => {
  const daemon = await scene.startDaemon();
  await daemon.request('PUT', '/v1/rooms/r', {});

  // Each file of ffmpeg's has its own source port, so picture and sound are a participant each.
  const video = { id: 'v', kind: 'video', codec: 'VP8', payload_type: 96, ssrc: 1111 };
  const audio = { id: 'a', kind: 'audio', codec: 'opus', payload_type: 111, ssrc: 2222, channels: 2 };
  const encodeVideo = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '400k', '-g', '20'];
  const encodeAudio = ['-c:a', 'libopus', '-b:a', '48k', '-ac', '2'];
  await startSender(scene, 'cam-7', video, [`color=c=#${hex(COLOR)}:size=640x360:rate=20`, ...encodeVideo]);
  await startSender(scene, 'mic-7', audio, [`sine=frequency=${TONE}:sample_rate=48000`, ...encodeAudio]);

  const browser = await scene.launchBrowser();
  const ada = await scene.join(browser, { name: 'ada', tone: 440 });
  await ada.expectToSee('cam-7', COLOR);
  await ada.expectToHear([TONE], [440]);

  await ada.watchDepartures();
  await daemon.request('DELETE', '/v1/rooms/r/participants/cam-7');
  await ada.departureOf('cam-7', 2000);
});

/**
 * @param {import('./support/scene.mjs').Scene} scene
 * @param {string} id
 * @param {{ssrc: number, payload_type: number}} track
 * @param {string[]} source  the lavfi input, then the encoder's options
 */
async function startSender(scene, id, track, [input, ...encode]) {
  const key = crypto.randomBytes(KEY_AND_SALT_BYTES).toString('base64');
  const { transport } = await scene.daemon.request('POST', '/v1/rooms/r/participants', {
    id,
    transport: {
      kind: 'srtp',
      suite: SUITE,
      receive_key: key,
      send_key: crypto.randomBytes(KEY_AND_SALT_BYTES).toString('base64'),
    },
    publish: [track],
  });
  const ffmpeg = spawn(
    'ffmpeg',
    [
      '-nostdin',
      '-loglevel',
      'error',
      '-re',
      '-f',
      'lavfi',
      '-i',
      input,
      ...encode,
      '-ssrc',
      String(track.ssrc),
      '-payload_type',
      String(track.payload_type),
      '-f',
      'rtp',
      '-srtp_out_suite',
      SUITE,
      '-srtp_out_params',
      key,
      `srtp://${transport.local}?pkt_size=1200`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  scene.onClose(() => ffmpeg.kill('SIGKILL'));
}

/** @param {number[]} rgb */
function hex(rgb) {
  return rgb.map((value) => value.toString(16).padStart(2, '0')).join('');
}
