// Eight who publish, one who watches them all over a link that carries a small part of what they send.

import fs from 'node:fs';

import { Call, Record, Tutti } from '../call.mjs';
import { sleep, waitFor } from '../../support/wait.mjs';

const LINK_KBPS = 2000;
const PUBLISHERS = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'];
const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 2, maxBitrate: 120_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 600_000 },
];
const CAMERA = { width: 640, height: 360, frameRate: 10 };
const SPEAKERS = ['p3', 'p6'];
const LARGEST_TIMEOUT_MS = 20_000;
const STEADY_MS = 8000;
const GAIN = 0.3;

export const clients = ['pub', 'view'];

/** @param {{log: (line: string) => void, trace: string}} options */
export async function tiles({ log, trace }) {
  const call = new Call(await Tutti.start());
  try {
    const publishing = await call.browserAt('pub', CAMERA);
    /** @type {Record<string, import('playwright-core').Page>} */
    const publishers = {};
    for (const [index, id] of PUBLISHERS.entries()) {
      publishers[id] = await call.page(publishing.browser, id);
      const sent = { codec: 'VP8', encodings: LAYERS, tone: 300 + 100 * index, gain: 0, camera: CAMERA };
      await call.join(publishers[id], { id, ...sent });
    }

    const { link, browser } = await call.browserAt('view');
    link.limit(LINK_KBPS);
    const page = await call.page(browser, 'viewer');
    await call.join(page, { id: 'bob', codec: 'VP8', audioSlots: 3, videoSlots: PUBLISHERS.length });
    call.recordServerStats('bob');
    const record = new Record(page);

    const phases = [];
    for (const speaker of SPEAKERS) {
      const began = Date.now();
      await speak(publishers, speaker);
      const largest = async () => {
        const shown = await heightsOf(page, record);
        const others = Object.entries(shown).filter(([id]) => id !== speaker);
        return {
          shown,
          largest: shown[speaker] === CAMERA.height && others.every(([, height]) => height <= shown[speaker]),
        };
      };
      const seen = await waitFor(`${speaker} to be the largest`, largest, {
        accept: ({ largest }) => largest,
        timeout: LARGEST_TIMEOUT_MS,
        every: 250,
      }).catch((error) => (log(error.message), null));
      const took = seen ? Date.now() - began : null;
      const steady = Date.now();
      await sleep(STEADY_MS);
      const { shown, largest: still } = await largest();
      const decoded = framesIn(record, steady, Date.now());
      phases.push({
        speaker,
        took,
        still,
        shown,
        decoded,
        kbps: record.bitrate(steady, Date.now()),
        gap: gaps(record, steady),
      });
    }
    const figures = { phases, dropped: link.queue().dropped };
    log(JSON.stringify(figures));
    fs.writeFileSync(
      trace,
      JSON.stringify({
        figures,
        record: { frames: record.frames, samples: record.samples },
        server: call.serverStats,
        slots: await page.evaluate(() => window.lab.slots),
      }),
    );
    return figures;
  } catch (error) {
    await call.tell(`${trace}.log`);
    throw error;
  } finally {
    await call.close();
  }
}

/** @param {Record<string, import('playwright-core').Page>} publishers @param {string} speaker */
async function speak(publishers, speaker) {
  for (const [id, page] of Object.entries(publishers)) {
    const gain = id === speaker ? GAIN : 0;
    await page.evaluate(([id, gain]) => (window.lab.gains[id].gain.value = gain), /** @type {const} */ ([id, gain]));
  }
}

/** Heights that are shown now, by participant. @returns {Promise<Record<string, number>>} */
async function heightsOf(page, record) {
  await record.update();
  const slots = await page.evaluate(() =>
    [...window.lab.rooms.bob.slots.values()].map(({ slot, kind, current }) => ({ slot, kind, current })),
  );
  const shown = slots.filter(({ kind, current }) => kind === 'video' && current);
  return Object.fromEntries(
    shown.map(({ slot, current }) => [
      current.split('/')[0],
      record.frames.findLast(({ name }) => name === slot)?.height ?? 0,
    ]),
  );
}

/** Frames decoded in each slot. @returns {number[]} */
function framesIn(record, from, to) {
  const within = record.samples.filter(({ at }) => at >= from && at <= to);
  if (within.length < 2) return [];
  const first = new Map(within[0].video.map(({ mid, framesDecoded }) => [mid, framesDecoded]));
  return within.at(-1).video.map(({ mid, framesDecoded }) => framesDecoded - (first.get(mid) ?? 0));
}

/** The longest time without a frame in each slot, ms. */
function gaps(record, from) {
  const names = [...new Set(record.frames.map(({ name }) => name))];
  return names.map((name) => record.longestGap(from, Date.now(), name));
}
