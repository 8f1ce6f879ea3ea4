// Many join a call that runs, one soon after the other: how long until the first picture. The publisher is far away, so asking it
// for a keyframe costs.

import fs from 'node:fs';

import { Call, Record } from '../call.mjs';
import { sleep } from '../../support/wait.mjs';
import { SIMULCAST } from './shaped_link.mjs';

const DELAY_MS = 100;
const JOINS = 10;
const SETTLE_MS = 3000;
const EVERY_MS = 500;
const CAMERA = { width: 960, height: 540, frameRate: 15 };

export const clients = [{ name: 'pub', delay: DELAY_MS }, 'view', 'keep'];

/**
 * @param {() => Promise<import('../call.mjs').Tutti | import('../call.mjs').JanusServer>} start
 * @param {{log: (line: string) => void, trace: string}} options
 */
export async function lateJoiner(start, { log, trace }) {
  const call = new Call(await start());
  try {
    const publishing = await call.browserAt('pub', CAMERA);
    const publisher = await call.page(publishing.browser, 'publisher');
    await call.join(publisher, { id: 'ada', codec: 'VP8', encodings: SIMULCAST, tone: 440, camera: CAMERA });
    // Somebody watches all the time: the layers are wanted, and are there.
    const keeper = await call.page((await call.browserAt('keep')).browser, 'keeper');
    await call.join(keeper, { id: 'kim', codec: 'VP8', audioSlots: 1, videoSlots: 1 });
    await sleep(8000);

    const { browser } = await call.browserAt('view');
    const keyframes = await keyframesOf(publisher);
    const pages = await Promise.all(
      Array.from({ length: JOINS + 1 }, (_, index) => call.page(browser, `viewer ${index}`)),
    );
    const joining = [];
    for (const [index, page] of pages.entries()) {
      joining.push(watchOne(call, page, `v${index}`));
      await sleep(index === 0 ? SETTLE_MS : EVERY_MS); // the browser's first call pays for its start
    }
    const joins = (await Promise.all(joining)).slice(1);
    const times = joins.map(({ firstFrame }) => firstFrame).sort((a, b) => a - b);
    const connected = joins.map(({ connected }) => connected).sort((a, b) => a - b);
    const waited = joins.map(({ firstFrame, connected }) => firstFrame - connected).sort((a, b) => a - b);
    const figures = {
      median: times[times.length >> 1],
      worst: times.at(-1),
      connected: connected[connected.length >> 1],
      sinceConnected: waited[waited.length >> 1],
      heights: joins.map(({ height }) => height),
      keyframes: (await keyframesOf(publisher)) - keyframes,
      joins: joins.length + 1,
    };
    log(JSON.stringify(figures));
    fs.writeFileSync(trace, JSON.stringify({ figures, joins }));
    return figures;
  } catch (error) {
    await call.tell(`${trace}.log`);
    throw error;
  } finally {
    await call.close();
  }
}

/** Joins, and leaves when something is seen. @param {Call} call @param {import('playwright-core').Page} page @param {string} id */
async function watchOne(call, page, id) {
  const record = new Record(page);
  const asked = await call.join(page, { id, codec: 'VP8', audioSlots: 1, videoSlots: 1 });
  await record.untilShown('a first picture', (height) => height > 0, 10_000);
  const connected = await page.evaluate(() => window.lab.connectedAt);
  const { at, height } = record.frames[0];
  await page.close();
  return { firstFrame: Math.round(at - asked), connected: Math.round(connected - asked), height };
}

/** Keyframes encoded, of all layers. @param {import('playwright-core').Page} publisher */
async function keyframesOf(publisher) {
  const sent = await publisher.evaluate(() => window.lab.sentBy('ada'));
  return sent.reduce((sum, { keyFramesEncoded }) => sum + (keyFramesEncoded ?? 0), 0);
}
