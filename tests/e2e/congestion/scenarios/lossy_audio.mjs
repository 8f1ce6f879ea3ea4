// Two listeners behind links that lose a fifth of all packets; one takes RED, the other does not.

import fs from 'node:fs';

import { Call, Record, Tutti } from '../call.mjs';
import { sleep } from '../../support/wait.mjs';

const LOSS_PERCENT = 20;
const SETTLE_MS = 10_000; // until the server knows of the loss, and has adapted
const MEASURED_MS = 40_000;

export const clients = ['pub', 'red', 'bare'];

/** @param {{log: (line: string) => void, trace: string}} options */
export async function lossyAudio({ log, trace }) {
  const call = new Call(await Tutti.start());
  try {
    const publisher = await call.page((await call.browserAt('pub')).browser, 'publisher');
    await call.join(publisher, { id: 'ada', tone: 440 });
    const records = {};
    for (const id of ['red', 'bare']) {
      const { link, browser } = await call.browserAt(id);
      const page = await call.page(browser, id);
      await call.join(page, { id, audioSlots: 1, red: id === 'red' });
      await sleep(1500);
      link.lose(LOSS_PERCENT);
      records[id] = new Record(page);
    }
    call.recordServerStats('red');
    await sleep(SETTLE_MS);
    const began = Date.now();
    await sleep(MEASURED_MS);
    const figures = {};
    for (const [id, record] of Object.entries(records)) {
      await record.update();
      const grown = (figure) => record.growth(figure, began, Date.now(), 'audio');
      const lost = grown('packetsLost');
      figures[id] = {
        concealed: (100 * grown('concealedSamples')) / grown('totalSamplesReceived'),
        lost: (100 * lost) / (lost + grown('packetsReceived')),
        kbps: (grown('bytesReceived') * 8) / MEASURED_MS,
        redundant: grown('fecPacketsReceived'),
      };
    }
    log(JSON.stringify(figures));
    fs.writeFileSync(
      trace,
      JSON.stringify({
        figures,
        records: { red: records.red.samples, bare: records.bare.samples },
        server: call.serverStats,
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
