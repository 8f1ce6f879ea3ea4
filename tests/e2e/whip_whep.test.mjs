// A browser publishes by WHIP (RFC 9725) and another one plays by WHEP, with nothing but fetch and RTCPeerConnection.

import assert from 'node:assert/strict';
import http from 'node:http';

import { colorOf, framesDecoded, tonesOf } from './support/media.mjs';
import { scene } from './support/scene.mjs';
import { HEARD_DB, cssColor, sameColor } from './support/signal.mjs';
import { waitFor } from './support/wait.mjs';

const COLOR = [0, 144, 0];
const TONE = 660;

scene('a WHIP publisher is watched by a WHEP player and by a page', async (scene) => {
  const daemon = await scene.startDaemon();
  await daemon.request('PUT', '/v1/rooms/r', {});
  const browser = await scene.launchBrowser();

  const publisher = await scene.newPage(browser, 'publisher');
  await publisher.goto(daemon.baseUrl);
  const published = await publish(publisher);
  assert.equal(published.status, 201);
  assert.match(published.location, /^\/v1\/whip\/r\/[A-Za-z0-9_-]+$/);
  assert.match(published.etag, /^"[^"]+"$/);
  assert.equal(published.acceptPatch, 'application/trickle-ice-sdpfrag');

  const player = await scene.newPage(browser, 'player');
  await player.goto(daemon.baseUrl);
  const playing = await play(player);
  assert.equal(playing.status, 201);
  await expectPicture(player, playing.mid);
  await waitFor('the tone', () => tonesOf(player, 'audio#whep', [TONE]), {
    accept: (levels) => levels[TONE] > HEARD_DB,
  });

  const ada = await scene.join(browser, { name: 'ada', source: 'watch' });
  const [id] = await waitFor('a tile', () => ada.shown(), { accept: (shown) => shown.length === 1 });
  await ada.expectToSee(id, COLOR);
  await ada.expectToHear([TONE]);

  await ada.watchDepartures();
  const ended = await publisher.evaluate(
    async (location) => (await fetch(location, { method: 'DELETE' })).status,
    published.location,
  );
  assert.equal(ended, 200);
  await ada.departureOf(id, 2000);
});

scene('WHIP refuses other origins while no API key protects it', async (scene) => {
  const daemon = await scene.startDaemon();
  assert.equal((await preflight(`${daemon.baseUrl}/v1/whip/r`)).status, 403);
});

scene('WHIP answers preflight requests of other origins where an API key protects it', async (scene) => {
  const daemon = await scene.startDaemon({ http: { api_keys: [{ id: 'encoder', secret: 'let-me-in' }] } });
  const { status, headers } = await preflight(`${daemon.baseUrl}/v1/whip/r`);
  assert.ok(status === 200 || status === 204, `status ${status}`);
  assert.ok(headers['access-control-allow-origin']);
  assert.match(String(headers['access-control-allow-methods']), /POST/);
});

/** @param {import('playwright-core').Page} page */
function publish(page) {
  return page.evaluate(
    async ({ color, tone }) => {
      const { openTestSource } = await import('/sources.js');
      const source = openTestSource({ tone, color, label: 'whip', width: 640, height: 360 });
      await source.resume();
      const pc = (window.whip = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
      for (const { track } of source.tracks) pc.addTransceiver(track, { direction: 'sendonly' });
      await pc.setLocalDescription();
      const response = await fetch('/v1/whip/r', {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body: pc.localDescription.sdp,
      });
      if (response.status === 201) await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
      return {
        status: response.status,
        location: new URL(response.headers.get('location') ?? '', response.url).pathname,
        etag: response.headers.get('etag') ?? '',
        acceptPatch: response.headers.get('accept-patch') ?? '',
      };
    },
    { color: cssColor(COLOR), tone: TONE },
  );
}

/** @param {import('playwright-core').Page} page */
function play(page) {
  return page.evaluate(async () => {
    const pc = (window.whep = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
    const elements = { audio: document.createElement('audio'), video: document.createElement('video') };
    for (const [kind, element] of Object.entries(elements)) {
      const { receiver } = pc.addTransceiver(kind, { direction: 'recvonly' });
      element.id = 'whep';
      element.autoplay = true;
      element.muted = kind === 'video';
      element.srcObject = new MediaStream([receiver.track]);
      document.body.append(element);
    }
    await pc.setLocalDescription();
    const response = await fetch('/v1/whep/r', {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: pc.localDescription.sdp,
    });
    if (response.status === 201) await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    return { status: response.status, mid: pc.getTransceivers()[1].mid };
  });
}

/**
 * @param {import('playwright-core').Page} player
 * @param {string} mid
 */
async function expectPicture(player, mid) {
  await waitFor('the player to decode', () => framesDecoded(player, 'window.whep', mid), {
    accept: (frames) => frames > 30,
  });
  await waitFor('the colour', () => colorOf(player, 'video#whep'), { accept: (color) => sameColor(color, COLOR) });
}

/**
 * @param {string} url
 * @returns {Promise<{status: number | undefined, headers: http.IncomingHttpHeaders}>}
 */
function preflight(url) {
  const headers = {
    origin: 'https://encoder.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'OPTIONS', headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    request.on('error', reject);
    request.end();
  });
}
