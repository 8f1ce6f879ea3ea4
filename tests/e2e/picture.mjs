// node tests/e2e/picture.mjs FILE: the picture of the page that README.md shows: three people in a room, as Ada sees it.

import { sleep } from './support/wait.mjs';
import { Scene } from './support/scene.mjs';

const SETTLE_MS = 4000; // layers rise, figures fill

const file = process.argv[2];
if (!file) throw new Error('usage: node tests/e2e/picture.mjs FILE');
const scene = new Scene();
try {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const ada = await scene.join(browser, { room: 'standup', name: 'ada', tone: 440, color: [178, 58, 72], picture: '1280x720' });
  const others = { grace: [46, 94, 170], edsger: [38, 122, 84] };
  for (const [name, color] of Object.entries(others)) {
    await scene.join(browser, { room: 'standup', name, tone: 660, color, picture: '1280x720' });
  }
  for (const name of Object.keys(others)) await ada.expectFramesFrom(name);
  await sleep(SETTLE_MS);
  await ada.page.setViewportSize({ width: 1280, height: 640 });
  await sleep(1000);
  await ada.page.screenshot({ path: file });
} catch (error) {
  await scene.tell();
  throw error;
} finally {
  await scene.close();
}
