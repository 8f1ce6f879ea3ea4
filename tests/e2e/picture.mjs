// node tests/e2e/picture.mjs FILE [mix]: the pictures of the page that README.md shows, as Ada sees it: three people in a room
// that forwards, or four in one that mixes.

import { sleep } from './support/wait.mjs';
import { Scene } from './support/scene.mjs';

const SETTLE_MS = 4000; // layers rise, figures fill
const ROOM = { room: 'standup', picture: '1280x720' };
const ADA = { ...ROOM, name: 'ada', tone: 440, color: [178, 58, 72] };
const OTHERS = [
  { ...ROOM, name: 'grace', tone: 660, color: [46, 94, 170] },
  { ...ROOM, name: 'edsger', tone: 660, color: [38, 122, 84] },
  { ...ROOM, name: 'barbara', tone: 660, color: [150, 96, 30] },
];

const [file, mixed] = process.argv.slice(2);
if (!file) throw new Error('usage: node tests/e2e/picture.mjs FILE [mix]');
const scene = new Scene();
try {
  await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const mode = mixed ? 'mcu' : 'sfu';
  const others = mixed ? OTHERS : OTHERS.slice(0, 2);
  const ada = await scene.join(browser, { ...ADA, mode });
  for (const person of others) {
    const call = await scene.join(browser, { ...person, mode });
    if (mixed) await call.page.getByTestId('mic').click(); // so that one speaks
  }
  for (const name of mixed ? ['mix'] : others.map(({ name }) => name)) await ada.expectFramesFrom(name);
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
