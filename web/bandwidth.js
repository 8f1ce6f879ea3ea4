// @ts-check
/**
 * A small chart of the last minute: what the server believes the way here carries, and what arrived. Beside it what the
 * estimate is made of, as the server's `bandwidth` event says.
 */

import { bitrateText } from './tiles.js';

/** @typedef {import('./tutti.js').Bandwidth} Bandwidth */

const SECONDS = 60;
const WIDTH = 300;
const HEIGHT = 72;
/** Scales end at a round figure. */
const STEPS = [1, 2, 5];
const LIMITED_TEXT = {
  start: 'nothing known yet',
  delay: 'a queue on the way',
  loss: 'loss on the way',
  receiver: 'what this browser says',
  maximum: 'the configuration',
};

export class BandwidthChart {
  #panel;
  /** @type {{target: number | null, received: number}[]} oldest first */
  #samples = [];

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.#panel = panel;
  }

  clear() {
    this.#samples = [];
    this.#draw();
  }

  /**
   * Once a second.
   * @param {Bandwidth | null} bandwidth
   * @param {number} received  bit/s
   */
  add(bandwidth, received) {
    this.#samples.push({ target: bandwidth?.target_bps ?? null, received });
    if (this.#samples.length > SECONDS) this.#samples.shift();
    if (!this.#panel.hidden) this.#draw(bandwidth);
  }

  /** @param {Bandwidth | null} [bandwidth] */
  #draw(bandwidth = null) {
    const top = roundUp(Math.max(100_000, ...this.#samples.map(({ target, received }) => Math.max(target ?? 0, received))));
    /** @param {number} index @param {number} value */
    const point = (index, value) =>
      `${(WIDTH - (this.#samples.length - 1 - index) * (WIDTH / (SECONDS - 1))).toFixed(1)},${(HEIGHT * (1 - value / top)).toFixed(1)}`;
    const received = this.#samples.map((sample, index) => point(index, sample.received));
    const target = this.#samples.flatMap((sample, index) => (sample.target === null ? [] : [point(index, sample.target)]));
    const left = received[0]?.split(',')[0] ?? WIDTH;
    this.#set('.received', 'points', received.length > 1 ? `${left},${HEIGHT} ${received.join(' ')} ${WIDTH},${HEIGHT}` : '');
    this.#set('.target', 'points', target.join(' '));
    this.#text('.most', bitrateText(top));
    this.#text('.limited', bandwidth ? reasonOf(bandwidth) : '–');
    this.#text('.by-delay', rate(bandwidth?.delay_based_bps));
    this.#text('.by-loss', rate(bandwidth?.loss_based_bps));
    this.#text('.arrived', rate(bandwidth?.acknowledged_bps));
  }

  /** @param {string} selector @param {string} attribute @param {string} value */
  #set(selector, attribute, value) {
    this.#panel.querySelector(selector)?.setAttribute(attribute, value);
  }

  /** @param {string} selector @param {string} text */
  #text(selector, text) {
    const element = this.#panel.querySelector(selector);
    if (element) element.textContent = text;
  }
}

/** @param {Bandwidth} bandwidth */
function reasonOf(bandwidth) {
  if (bandwidth.application_limited) return 'no need of more';
  return LIMITED_TEXT[bandwidth.limited_by] ?? bandwidth.limited_by;
}

/** @param {number | null | undefined} bps */
function rate(bps) {
  return bps == null ? '–' : bitrateText(bps);
}

/** @param {number} value */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value) ?? 10) * power;
}
