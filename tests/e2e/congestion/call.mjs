// A call over the network of a scenario: a server, and browsers at the ends of links. What it starts, it ends.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Browser } from '../support/browser.mjs';
import { API_KEY, Daemon } from '../support/daemon.mjs';
import { Link, SERVER_ADDRESS } from '../support/network.mjs';
import { waitFor, within } from '../support/wait.mjs';
import { cameraFile } from './camera.mjs';
import { Janus } from './janus.mjs';

const pages = fileURLToPath(new URL('page/', import.meta.url));
const SERVER_STATS_EVERY_MS = 500;
const JOIN_TIMEOUT_MS = 15_000;

/** What a scenario calls a server: Tutti or Janus, with what pages need to join it. */
export class Tutti {
  name = 'Tutti';
  script = 'tutti.js';

  /** @param {Parameters<typeof Daemon.start>[0]} [settings] */
  static async start(settings) {
    const server = new Tutti();
    server.daemon = await Daemon.start({ address: SERVER_ADDRESS, log: { level: 'info' }, ...settings });
    server.origin = server.daemon.baseUrl;
    return server;
  }

  /** @param {object} options */
  joining(options) {
    return { apiKey: API_KEY, room: 'r', ...options };
  }

  /** Everything that the server tells of a participant. @param {string} id */
  stats(id) {
    return this.daemon.request('GET', `/v1/rooms/r/participants/${id}/stats`);
  }

  /** @param {string} id @param {object[]} subscriptions */
  subscribe(id, subscriptions) {
    return this.daemon.request('PATCH', `/v1/rooms/r/participants/${id}/subscriptions`, { subscriptions });
  }

  get log() {
    return this.daemon.log.join('');
  }

  stop() {
    return this.daemon.stop();
  }
}

/** The peer. */
export class JanusServer {
  name = 'Janus';
  script = 'janus.js';

  static async start() {
    const server = new JanusServer();
    server.janus = await Janus.start();
    server.origin = `http://${SERVER_ADDRESS}`; // of a page that the browser is given without asking
    return server;
  }

  /** @param {object} options */
  joining(options) {
    return { url: this.janus.url, ...options };
  }

  get log() {
    return this.janus.log.join('');
  }

  stop() {
    return this.janus.stop();
  }
}

export class Call {
  /** @type {(() => unknown)[]} */
  #cleanups = [];
  /** @type {string[]} */
  #console = [];
  #seen = async () => '';
  /** @type {{at: number, stats: object}[]} */
  serverStats = [];

  /** @param {Tutti | JanusServer} server */
  constructor(server) {
    this.server = server;
    this.#cleanups.push(() => server.stop());
  }

  /**
   * A browser at the end of a client's link.
   * @param {string} client
   * @param {{width: number, height: number, frameRate: number}} [camera]
   */
  async browserAt(client, camera) {
    const link = new Link(client);
    // Pages that Playwright makes up count as public ones, which may not talk to private addresses.
    const more = [
      '--disable-features=LocalNetworkAccessChecks',
      `--unsafely-treat-insecure-origin-as-secure=${this.server.origin}`,
    ];
    if (camera) more.push(`--use-file-for-fake-video-capture=${cameraFile(camera)}`);
    const browser = await Browser.launch({ link, more });
    this.#cleanups.push(() => browser.close());
    return { link, browser };
  }

  /**
   * A blank page of the server's origin, with what lets it join.
   * @param {Browser} browser
   * @param {string} name
   * @returns {Promise<import('playwright-core').Page>}
   */
  async page(browser, name) {
    const page = await browser.newPage();
    page.on('console', (message) => this.#console.push(`[${name}] ${message.text()}`));
    page.on('pageerror', (error) => this.#console.push(`[${name}] ${error.stack ?? error.message}`));
    await page.route('**/lab', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>lab</title>' }),
    );
    await page.addInitScript({ path: path.join(pages, 'lab.js') });
    await page.addInitScript({ path: path.join(pages, this.server.script) });
    await page.goto(`${this.server.origin}/lab`);
    return page;
  }

  /**
   * @param {import('playwright-core').Page} page
   * @param {object} options  of the page's join()
   * @returns {Promise<number>} when it asked to join
   */
  join(page, options) {
    const joined = page.evaluate((options) => window.lab.join(options), this.server.joining(options));
    return within('joining', joined, JOIN_TIMEOUT_MS);
  }

  /** Records from now on what the server tells of a participant, if it tells. @param {string} id */
  recordServerStats(id) {
    if (!(this.server instanceof Tutti)) return;
    const { server } = this;
    const timer = setInterval(async () => {
      const stats = await server.stats(id).catch(() => null);
      if (stats) this.serverStats.push({ at: Date.now(), stats });
    }, SERVER_STATS_EVERY_MS);
    this.#cleanups.push(() => clearInterval(timer));
  }

  /** Runs before the browsers and the server end. @param {() => unknown} cleanup */
  onClose(cleanup) {
    this.#cleanups.push(cleanup);
  }

  /** What else is told of a failure. @param {() => Promise<string>} what */
  onFailure(what) {
    this.#seen = what;
  }

  /** Writes what helps to understand a failure. @param {string} file */
  async tell(file) {
    const seen = await within('what was seen', this.#seen(), 3000).catch(String);
    fs.writeFileSync(
      file,
      ['--- server', this.server.log, '--- pages', ...this.#console, '--- seen', seen, ''].join('\n'),
    );
    console.error(`what was seen: ${file}`);
  }

  async close() {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}

/** What one page recorded, gathered piece by piece. */
export class Record {
  /** @type {{at: number, name: string, height: number}[]} */
  frames = [];
  /** @type {{at: number, video: any[], audio: any[]}[]} */
  samples = [];

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
  }

  async update() {
    const { frames, samples } = await this.page.evaluate(() => window.lab.take());
    this.frames.push(...frames);
    this.samples.push(...samples);
  }

  /** Heights as they changed: [milliseconds since `from`, height]. @param {number} from @param {string} [name] */
  heights(from, name) {
    const changes = [];
    for (const frame of this.#shown(name))
      if (changes.at(-1)?.[1] !== frame.height) changes.push([Math.round(frame.at - from), frame.height]);
    return changes;
  }

  /** The longest time without a new frame, in ms, of gaps that end in the interval. @param {number} from @param {number} to @param {string} [name] */
  longestGap(from, to, name) {
    const times = this.#shown(name).map(({ at }) => at);
    const gaps = times.flatMap((at, index) => (index > 0 && at >= from && at <= to ? [at - times[index - 1]] : []));
    const last = times.filter((at) => at <= to).at(-1) ?? from;
    return Math.round(Math.max(...gaps, to - Math.max(last, from)));
  }

  /** @param {string} [name] */
  #shown(name) {
    return this.frames.filter((frame) => name === undefined || frame.name === name);
  }

  /** Milliseconds from a time until the first frame that is so; null if there was none. @param {number} from @param {(height: number) => boolean} accept */
  timeTo(from, accept) {
    const first = this.frames.find(({ at, height }) => at >= from && accept(height));
    return first ? Math.round(first.at - from) : null;
  }

  /** How a figure of the received video grew. @param {string} figure @param {number} from @param {number} to @param {'video' | 'audio'} [kind] */
  growth(figure, from, to, kind = 'video') {
    const within = this.samples.filter(({ at }) => at >= from && at <= to);
    const total = (sample) => sample[kind].reduce((sum, entry) => sum + (entry[figure] ?? 0), 0);
    return within.length > 1 ? total(within.at(-1)) - total(within[0]) : 0;
  }

  /** kbit/s of received video. @param {number} from @param {number} to */
  bitrate(from, to) {
    const within = this.samples.filter(({ at }) => at >= from && at <= to);
    if (within.length < 2) return 0;
    return Math.round((this.growth('bytesReceived', from, to) * 8) / (within.at(-1).at - within[0].at));
  }

  /** @param {string} what @param {(height: number) => boolean} accept @param {number} timeout */
  async untilShown(what, accept, timeout) {
    await waitFor(what, async () => (await this.update(), this.frames.at(-1)?.height ?? 0), {
      accept,
      timeout,
      every: 250,
    });
  }
}
