// aiortc in a room with Chromium: a stack that shares nothing with libwebrtc, without transport-wide feedback and simulcast.

import { spawn, spawnSync } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

import { scene } from './support/scene.mjs';
import { sameColor } from './support/signal.mjs';
import { waitFor } from './support/wait.mjs';

const PYTHON = '/usr/bin/python3'; // Debian's, which has Debian's aiortc
const available = spawnSync(PYTHON, ['-c', 'import aiortc, numpy']).status === 0;

scene(
  'an aiortc client and a page see and hear each other',
  async (scene) => {
    const daemon = await scene.startDaemon();
    const browser = await scene.launchBrowser();
    const ada = await scene.join(browser, { name: 'ada', tone: 440, color: [192, 0, 0] });
    const seen = startClient(scene, [daemon.baseUrl, 'r', 'aiortc', '660', '0,0,192']);
    await waitFor('aiortc to be connected', () => seen.last.state, { accept: (state) => state === 'connected' });

    await ada.expectToSee('aiortc', [0, 0, 192]);
    await ada.expectToHear([660], [440]);
    await waitFor('aiortc to decode the page', () => seen.last.frames, { accept: (frames) => frames > 30 });
    await waitFor('aiortc to see the colour', () => seen.last.rgb, { accept: (rgb) => sameColor(rgb, [192, 0, 0]) });
    await waitFor('aiortc to hear the tone', () => seen.last.peak_hz, { accept: (peak) => Math.abs(peak - 440) <= 5 });
  },
  { skip: available ? false : `${PYTHON} has no aiortc (python3-aiortc, python3-numpy)` },
);

/**
 * @param {import('./support/scene.mjs').Scene} scene
 * @param {string[]} args
 */
function startClient(scene, args) {
  const script = fileURLToPath(new URL('support/aiortc_client.py', import.meta.url));
  const child = spawn(PYTHON, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = new Promise((resolve) => child.on('exit', resolve));
  scene.onClose(async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exit;
    clearTimeout(timer);
  });
  const seen = { last: { state: 'new', frames: 0, rgb: [], peak_hz: 0 } };
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    seen.last = JSON.parse(line);
  });
  return seen;
}
