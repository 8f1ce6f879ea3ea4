// A viewer picks layers of a picture that is sent in three sizes.

import assert from 'node:assert/strict';

import { scene } from './support/scene.mjs';
import { waitFor } from './support/wait.mjs';

const LIMIT_MS = 1000;
const switches = [
  { quality: 'low', height: 180 },
  { quality: 'high', height: 720 },
  { quality: 'mid', height: 360 },
  { quality: 'high', height: 720 },
  { quality: 'low', height: 180 },
];

scene('the height of the picture follows the layer picker within a second', async (scene) => {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  await scene.join(browser, { name: 'ada', color: [192, 96, 0], picture: '1280x720' });
  const viewer = await scene.join(browser, { name: 'bob', source: 'watch' });

  // A browser begins with low layers and adds the others as it learns its bandwidth.
  const height = () =>
    viewer
      .tile('ada')
      .locator('video')
      .evaluate((video) => /** @type {HTMLVideoElement} */ (video).videoHeight);
  await viewer.tile('ada').waitFor();
  await waitFor('the full size', height, { accept: (value) => value === 720, timeout: 30_000 });

  const took = [];
  for (const { quality, height } of switches) {
    took.push({ quality, milliseconds: await viewer.switchLayer('ada', /** @type {any} */ (quality), height) });
    await viewer.expectFramesFrom('ada');
  }
  console.log(took.map(({ quality, milliseconds }) => `${quality}: ${milliseconds} ms`).join(', '));
  for (const { quality, milliseconds } of took)
    assert.ok(milliseconds <= LIMIT_MS, `${quality} took ${milliseconds} ms`);
  await viewer.expectToSee('ada', [192, 96, 0]);
});

scene('a layer that nobody watches is no longer sent', async (scene) => {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const publisher = await scene.join(browser, { name: 'ada', picture: '1280x720' });
  const viewer = await scene.join(browser, { name: 'bob', source: 'watch' });
  await viewer.expectFramesFrom('ada');
  await viewer.tile('ada').getByTestId('layer').selectOption('low');

  const sent = () =>
    publisher.page.evaluate(async () => {
      const { sending } = await window.tutti.getFigures();
      return sending.filter(({ kind, bitrate }) => kind === 'video' && bitrate > 0).map(({ rid }) => rid);
    });
  await waitFor('only the lowest layer to be sent', sent, {
    accept: (rids) => rids.length === 1 && rids[0] === 'q',
    every: 1000,
    timeout: 20_000,
  });
});
