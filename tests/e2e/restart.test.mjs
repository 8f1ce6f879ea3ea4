// The daemon dies and comes back.

import assert from 'node:assert/strict';

import { scene } from './support/scene.mjs';
import { sleep } from './support/wait.mjs';

const READY_MS = 1000;
const BACK_MS = 10_000;
const people = [
  { name: 'ada', tone: 440, color: [192, 0, 0] },
  { name: 'bob', tone: 660, color: [0, 0, 192] },
];

scene('after SIGKILL and a new start the pages are back by themselves', async (scene) => {
  const daemon = await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const [ada, bob] = [await scene.join(browser, people[0]), await scene.join(browser, people[1])];
  await ada.expectToSee('bob', people[1].color);
  await bob.expectToSee('ada', people[0].color);

  await daemon.kill();
  await sleep(1000);
  assert.equal(await ada.page.getByTestId('state').getAttribute('data-state'), 'reconnecting');

  const startedAt = Date.now();
  const ready = await daemon.run();
  assert.ok(ready < READY_MS, `/readyz took ${ready} ms`);

  await Promise.all([ada.waitUntilConnected(BACK_MS), bob.waitUntilConnected(BACK_MS)]);
  await Promise.all([ada.expectFramesFrom('bob', BACK_MS), bob.expectFramesFrom('ada', BACK_MS)]);
  const back = Date.now() - startedAt;
  console.log(`ready after ${ready} ms, decoding again after ${back} ms`);
  assert.ok(back < BACK_MS, `back after ${back} ms`);

  await ada.expectToSee('bob', people[1].color);
  await bob.expectToHear([people[0].tone], [people[1].tone]);
});
