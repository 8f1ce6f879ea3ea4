// The page in a call, used as a person would: the form filled, the buttons pressed; and what it then shows and plays.

import assert from 'node:assert/strict';

import { colorOf, framesDecoded, regionsOf, tonesOf } from './media.mjs';
import { HEARD_DB, SILENT_DB, cssColor, sameColor } from './signal.mjs';
import { sleep, waitFor } from './wait.mjs';

const DECODING_FRAMES = 15;
/** Selects the element that shows the composed picture; its tile is that of the participant `mix`. */
export const MIXED_VIDEO = '[data-testid=tile][data-participant=mix] video';

export class CallPage {
  /** @param {import('playwright-core').Page} page @param {string} name */
  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  /**
   * Opens the page and joins.
   * @param {import('playwright-core').Page} page
   * @param {string} baseUrl
   * @param {{room?: string, mode?: 'sfu' | 'mcu' | 'hybrid', name: string, source?: 'test' | 'watch', tone?: number,
   *          color?: number[], picture?: string, codec?: string}} options  codec: no other for video than this
   */
  static async join(
    page,
    baseUrl,
    { room = 'r', mode = 'sfu', name, source = 'test', tone = 440, color = [192, 0, 0], picture = '640x360', codec },
  ) {
    await page.addInitScript(countNegotiations);
    const query = new URLSearchParams({ tone: String(tone), color: cssColor(color), picture });
    if (codec) query.set('codec', codec);
    await page.goto(`${baseUrl}/?${query}`);
    await page.getByTestId('room').fill(room);
    await page.getByTestId('name').fill(name);
    await page.getByTestId(`source-${source}`).check();
    await page.getByTestId(`mode-${mode}`).check();
    await page.getByTestId('join').click();
    const call = new CallPage(page, name);
    await call.waitUntilConnected();
    return call;
  }

  async waitUntilConnected(timeout = 15_000) {
    await waitFor(`${this.name} to be connected`, () => this.status(), {
      accept: (status) => status === 'connected',
      timeout,
    });
  }

  /** State as the page shows it, and the error if there is one. */
  async status() {
    return this.page.evaluate(() => {
      const error = document.querySelector('[data-testid=error]:not([hidden])')?.textContent?.trim();
      return error || document.querySelector('[data-testid=state]')?.getAttribute('data-state');
    });
  }

  /** Ids of the participants that have a tile. @returns {Promise<string[]>} */
  shown() {
    return this.page.$$eval('[data-testid=tile]', (tiles) =>
      tiles.map((tile) => tile.getAttribute('data-participant') ?? ''),
    );
  }

  /** @param {string} participant */
  tile(participant) {
    return this.page.locator(`[data-testid=tile][data-participant="${participant}"]`);
  }

  /** Frames decoded in the slot that shows a participant. @param {string} participant */
  async framesFrom(participant) {
    const tile = this.tile(participant);
    const slot = (await tile.count()) > 0 ? await tile.first().getAttribute('data-slot') : null;
    return slot === null ? 0 : framesDecoded(this.page, 'window.tutti.peerConnection', slot);
  }

  /**
   * A participant is seen: its frames keep being decoded, and they have its colour.
   * @param {string} participant
   * @param {number[]} color
   * @param {number} [timeout]
   */
  async expectToSee(participant, color, timeout = 20_000) {
    await this.expectFramesFrom(participant, timeout);
    const video = `[data-testid=tile][data-participant="${participant}"] video`;
    await waitFor(`${this.name} to see ${participant} in ${color}`, () => colorOf(this.page, video), {
      accept: (seen) => sameColor(seen, color),
      timeout,
    });
  }

  /** @param {string} participant @param {number} [timeout] */
  async expectFramesFrom(participant, timeout = 20_000) {
    const what = `${this.name} to decode ${participant}`;
    const first = await waitFor(what, () => this.framesFrom(participant), { timeout });
    await waitFor(`${what} on`, () => this.framesFrom(participant), {
      accept: (frames) => frames >= first + DECODING_FRAMES,
      timeout,
    });
  }

  /**
   * These tones are heard, and those are not.
   * @param {number[]} heard
   * @param {number[]} [silent]
   */
  async expectToHear(heard, silent = []) {
    const levels = await waitFor(`${this.name} to hear ${heard} Hz`, () => this.tones([...heard, ...silent]), {
      accept: (levels) => heard.every((tone) => levels[tone] > HEARD_DB),
      timeout: 20_000,
    });
    for (const tone of silent)
      assert.ok(levels[tone] < SILENT_DB, `${this.name} hears ${tone} Hz: ${JSON.stringify(levels)}`);
  }

  /**
   * @param {number[]} frequencies
   * @param {Parameters<typeof tonesOf>[3]} [listening]
   */
  tones(frequencies, listening) {
    return tonesOf(this.page, 'audio[data-testid=audio]', frequencies, listening);
  }

  /** What the tiles of participants show. @param {string[]} participants */
  colors(participants) {
    return Promise.all(
      participants.map((id) => colorOf(this.page, `[data-testid=tile][data-participant="${id}"] video`)),
    );
  }

  /**
   * The composed picture has these colours where they should be.
   * @param {{color: number[], x: number, y: number, width: number, height: number}[]} tiles  in fractions of the picture
   * @param {number} [timeout]
   */
  async expectTiles(tiles, timeout = 15_000) {
    await waitFor(`${this.name} to see ${JSON.stringify(tiles)}`, () => this.regions(tiles), {
      accept: (seen) => tiles.every(({ color }, index) => sameColor(seen[index], color)),
      timeout,
    });
  }

  /**
   * Colours in the composed picture.
   * @param {{x: number, y: number, width: number, height: number}[]} rectangles  in fractions of the picture
   */
  regions(rectangles) {
    return regionsOf(this.page, MIXED_VIDEO, rectangles);
  }

  /**
   * In a hybrid room: to hear, or see, the mix or everybody separately.
   * @param {'sound' | 'picture'} what
   * @param {'mix' | 'auto'} choice
   */
  async choose(what, choice) {
    await this.page.getByTestId(what).selectOption(choice);
  }

  /** What is asked for and shown in the slots of one kind. @param {'audio' | 'video'} kind */
  slots(kind) {
    return this.page.evaluate(
      (kind) =>
        [...window.tutti.slots.values()]
          .filter((slot) => slot.kind === kind)
          .map(({ track, current, reason }) => ({ track, current, reason })),
      kind,
    );
  }

  /** Descriptions set and wanted since the page was opened. @returns {Promise<Record<string, number>>} */
  negotiations() {
    return this.page.evaluate(() => ({ ...window.negotiations }));
  }

  /**
   * Entries of the peer connection's statistics.
   * @param {'inbound-rtp' | 'outbound-rtp'} type
   * @param {'audio' | 'video'} kind
   * @returns {Promise<any[]>}  with `mimeType` of the codec
   */
  stats(type, kind) {
    return this.page.evaluate(
      async ({ type, kind }) => {
        const report = await window.tutti.peerConnection.getStats();
        return [...report.values()]
          .filter((entry) => entry.type === type && entry.kind === kind)
          .map((entry) => ({ ...entry, mimeType: report.get(entry.codecId)?.mimeType }));
      },
      { type, kind },
    );
  }

  /** SSRCs that contributed to what is heard, as its packets name them. @returns {Promise<number[]>} */
  contributors() {
    return this.page.evaluate(() =>
      window.tutti.peerConnection
        .getReceivers()
        .filter(({ track }) => track.kind === 'audio')
        .flatMap((receiver) => receiver.getContributingSources().map(({ source }) => source)),
    );
  }

  /**
   * Picks a quality for a participant's tile and measures how long its picture takes to have that height.
   * @param {string} participant
   * @param {'auto' | 'low' | 'mid' | 'high'} quality
   * @param {number} height
   * @returns {Promise<number>} milliseconds
   */
  async switchLayer(participant, quality, height) {
    const measured = this.page.evaluate(
      ({ participant, height }) =>
        new Promise((resolve, reject) => {
          const tile = document.querySelector(`[data-testid=tile][data-participant="${participant}"]`);
          const video = /** @type {HTMLVideoElement} */ (tile.querySelector('video'));
          tile.querySelector('select').addEventListener(
            'change',
            () => {
              const asked = performance.now();
              const poll = setInterval(() => {
                const elapsed = performance.now() - asked;
                if (video.videoHeight === height) resolve(elapsed);
                else if (elapsed > 10_000)
                  reject(new Error(`the picture is still ${video.videoHeight} high, not ${height}`));
                else return;
                clearInterval(poll);
              }, 50);
            },
            { once: true },
          );
        }),
      { participant, height },
    );
    await sleep(50); // the listener above is in place
    await this.tile(participant).getByTestId('layer').selectOption(quality);
    return Math.round(/** @type {number} */ (await measured));
  }

  async leave() {
    await this.page.getByTestId('leave').click();
  }

  /** Collects who left, with the time at which this page learned it. */
  async watchDepartures() {
    await this.page.evaluate(() => {
      window.departures = [];
      window.tutti.addEventListener('left', ({ detail }) => window.departures.push({ ...detail, at: Date.now() }));
    });
  }

  /**
   * @param {string} participant
   * @param {number} [timeout]
   * @returns {Promise<{participant: string, reason: string, at: number}>}
   */
  departureOf(participant, timeout = 15_000) {
    return waitFor(
      `${this.name} to learn that ${participant} left`,
      () =>
        this.page.evaluate(
          (participant) => window.departures.find((left) => left.participant === participant),
          participant,
        ),
      { timeout },
    );
  }
}

/** Runs in the page before its own scripts. */
function countNegotiations() {
  const counts = { offers: 0, answers: 0, needed: 0 };
  Object.assign(window, { negotiations: counts });
  window.RTCPeerConnection = class extends RTCPeerConnection {
    /** @param {any[]} arguments_ */
    constructor(...arguments_) {
      super(...arguments_);
      this.addEventListener('negotiationneeded', () => ++counts.needed);
    }
    /** @param {any} description */
    setLocalDescription(description) {
      ++counts.offers;
      return super.setLocalDescription(description);
    }
    /** @param {any} description */
    setRemoteDescription(description) {
      ++counts.answers;
      return super.setRemoteDescription(description);
    }
  };
}
