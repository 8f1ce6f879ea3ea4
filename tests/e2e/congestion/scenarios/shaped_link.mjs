// One publisher, two viewers; the link of one of them gets slow, and recovers.

import fs from 'node:fs';

import { Call, Record } from '../call.mjs';
import { sleep } from '../../support/wait.mjs';

const FAST_KBPS = 4000;
const SLOW_KBPS = 600;
const FULL_TIMEOUT_MS = 35_000; // a browser takes its time to send its largest layer
const CAMERA = { width: 1280, height: 720, frameRate: 15 };
const PHASES = { settle: 6000, slow: 20_000, restored: 20_000 }; // ms

export const clients = ['pub', 'slow', 'far'];

/** The layers of the page's simulcast (web/tutti.js); of a layered codec, one encoding with their bitrate. */
export const SIMULCAST = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
const TOTAL_BITRATE = 2_350_000;

/**
 * @param {() => Promise<import('../call.mjs').Tutti | import('../call.mjs').JanusServer>} start
 * @param {{codec: string, scalabilityMode?: string, camera?: typeof CAMERA, phases?: typeof PHASES,
 *          log?: (line: string) => void, trace: string}} options  trace: the file for all that was recorded
 */
export async function shapedLink(start, options) {
  const { codec, scalabilityMode, camera = CAMERA, phases = PHASES, log = console.log, trace } = options;
  const call = new Call(await start());
  try {
    const encodings = scalabilityMode ? [{ scalabilityMode, maxBitrate: TOTAL_BITRATE }] : SIMULCAST;
    const publishing = await call.browserAt('pub', camera);
    const slow = await call.browserAt('slow');
    const far = await call.browserAt('far');
    slow.link.limit(FAST_KBPS);

    const publisher = await call.page(publishing.browser, 'publisher');
    await call.join(publisher, { id: 'ada', codec, encodings, tone: 440, camera });
    const pages = { slow: await call.page(slow.browser, 'slow'), far: await call.page(far.browser, 'far') };
    const records = { slow: new Record(pages.slow), far: new Record(pages.far) };
    call.recordServerStats('slow');
    /** @type {Record<string, number>} */
    const asked = {};
    for (const [id, page] of Object.entries(pages))
      asked[id] = await call.join(page, { id, codec, audioSlots: 1, videoSlots: 1 });
    call.onFailure(async () =>
      JSON.stringify({ ...records, sent: await publisher.evaluate(() => window.lab.sentBy('ada')) }),
    );

    const full = (/** @type {number} */ height) => height === camera.height;
    await records.slow.untilShown('the full picture at first', full, FULL_TIMEOUT_MS);
    await records.far.untilShown('the full picture of the other viewer', full, FULL_TIMEOUT_MS);
    await sleep(phases.settle);
    const cpu = processorTime();
    const sent = await publisher.evaluate(() => window.lab.sentBy('ada'));

    const began = Date.now();
    slow.link.limit(SLOW_KBPS);
    await sleep(phases.slow);
    const restored = Date.now();
    slow.link.limit(FAST_KBPS);
    await sleep(phases.restored);
    const ended = Date.now();
    const busy = processorBusy(cpu);
    for (const record of Object.values(records)) await record.update();
    const sentAfter = await publisher.evaluate(() => window.lab.sentBy('ada'));

    const figures = {
      firstFrame: records.slow.timeTo(asked.slow, () => true),
      full: records.slow.timeTo(asked.slow, full),
      down: records.slow.timeTo(began, (height) => height < camera.height),
      up: records.slow.timeTo(restored, full),
      freeze: records.slow.longestGap(began, ended),
      freezes: records.slow.growth('freezeCount', began, ended),
      frozen: records.slow.growth('totalFreezesDuration', began, ended),
      before: records.slow.bitrate(began - phases.settle, began),
      during: records.slow.bitrate(began + 3000, restored),
      after: records.slow.bitrate(ended - 5000, ended),
      heights: records.slow.heights(began),
      concealed: percent(records.slow, began, ended),
      lost: records.slow.growth('packetsLost', began, ended),
      dropped: slow.link.queue().dropped,
      otherHeights: records.far.heights(began).filter(([at]) => at > 0),
      otherFreezes: records.far.growth('freezeCount', began, ended),
      otherFreeze: records.far.longestGap(began, ended),
      fps: rate(records.slow, restored, began),
      otherFps: rate(records.far, began, ended),
      encodedFps: Math.round(((encoded(sentAfter) - encoded(sent)) * 10_000) / (ended - began)) / 10,
      encoder: sentAfter.map(({ rid, frameHeight, framesPerSecond, qualityLimitationReason, scalabilityMode }) =>
        [rid ?? scalabilityMode, frameHeight, framesPerSecond, qualityLimitationReason].join(' '),
      ),
      busy,
    };
    log(JSON.stringify(figures));
    const kept = {
      figures,
      began,
      restored,
      ended,
      asked,
      sent,
      sentAfter,
      records: { slow: keep(records.slow), far: keep(records.far) },
    };
    fs.writeFileSync(
      trace,
      JSON.stringify({
        ...kept,
        server: call.serverStats,
        slots: await pages.slow.evaluate(() => window.lab.slots ?? []),
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

const keep = ({ frames, samples }) => ({ frames, samples });

/** Share of the sound that was made up. */
function percent(record, from, to) {
  const all = record.growth('totalSamplesReceived', from, to, 'audio');
  return all > 0 ? Math.round((record.growth('concealedSamples', from, to, 'audio') / all) * 1000) / 10 : null;
}

function rate(record, from, to) {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  return Math.round((record.growth('framesDecoded', first, last) * 10_000) / (last - first)) / 10;
}

/** Pictures of the largest size. Chromium counts each spatial layer as a frame. @param {any[]} sent */
function encoded(sent) {
  const largest = sent.reduce((a, b) => ((b.frameHeight ?? 0) > (a.frameHeight ?? 0) ? b : a));
  const spatialLayers = Number(/^L(\d)/.exec(largest.scalabilityMode ?? '')?.[1] ?? 1);
  return largest.framesEncoded / spatialLayers;
}

/** Jiffies of all processors: [all, idle]. */
function processorTime() {
  const [line] = fs.readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  return [times.reduce((sum, time) => sum + time, 0), times[3] + times[4]];
}

/** @param {number[]} since @returns {number} percent of all processors */
function processorBusy(since) {
  const now = processorTime();
  return Math.round(100 * (1 - (now[1] - since[1]) / (now[0] - since[0])));
}
