// libwebrtc without a browser (@roamhq/wrtc: DTLS 1.2, SRTP_AES128_CM_HMAC_SHA1_80 only) in a room with Chromium.

import { after } from 'node:test';

import { scene } from './support/scene.mjs';
import { HEARD_DB, sameColor } from './support/signal.mjs';
import { waitFor } from './support/wait.mjs';
import { WrtcClient } from './support/wrtc_client.mjs';

scene('a libwebrtc client and a page see and hear each other', async (scene) => {
  const daemon = await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const ada = await scene.join(browser, { name: 'ada', tone: 440, color: [192, 0, 0] });
  const client = await WrtcClient.join(daemon, { id: 'wrtc', color: [0, 0, 192], tone: 660 });
  scene.onClose(() => client.close());
  await waitFor('the client to be connected', () => client.state, { accept: (state) => state === 'connected' });

  await ada.expectToSee('wrtc', [0, 0, 192]);
  await ada.expectToHear([660], [440]);
  await waitFor('frames of the page', () => client.framesReceived, { accept: (frames) => frames > 30 });
  await waitFor('the colour of the page', () => client.colorReceived, {
    accept: (color) => sameColor(color, [192, 0, 0]),
  });
  await waitFor('the tone of the page', () => client.toneReceived(440), { accept: (level) => level > HEARD_DB });
});

// Its native threads keep the process alive.
after(() => setTimeout(() => process.exit(), 500).unref());
