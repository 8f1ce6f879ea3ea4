// A test with a daemon and browsers: whatever it starts is ended with it, and when it fails it tells what they saw.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { Browser } from './browser.mjs';
import { CallPage } from './call_page.mjs';
import { Daemon } from './daemon.mjs';

const LOG_LINES_SHOWN = 200;

/**
 * @param {string} name  a sentence
 * @param {(scene: Scene) => Promise<void>} body
 * @param {{skip?: string | false}} [options]
 */
export function scene(name, body, { skip = false } = {}) {
  test(name, { timeout: 110_000, skip }, async () => {
    const scene = new Scene();
    try {
      await body(scene);
    } catch (error) {
      await scene.tell();
      await scene.close().catch(() => {});
      throw error;
    }
    await scene.close();
  });
}

export class Scene {
  /** @type {Daemon | null} */
  #daemon = null;
  /** @type {import('playwright-core').Page[]} */
  #pages = [];
  /** @type {string[]} */
  #console = [];
  /** @type {(() => unknown)[]} */
  #cleanups = [];

  /** @param {Parameters<typeof Daemon.start>[0]} [settings] */
  async startDaemon(settings) {
    if (this.#daemon) throw new Error('a scene has one daemon');
    this.#daemon = await Daemon.start(settings);
    return this.#daemon;
  }

  /** @param {Parameters<typeof Browser.launch>[0]} [options] */
  async launchBrowser(options) {
    const browser = await Browser.launch(options);
    this.onClose(() => browser.close());
    return browser;
  }

  /**
   * A new page in the call.
   * @param {Browser} browser
   * @param {Parameters<typeof CallPage.join>[2]} options
   */
  async join(browser, options) {
    return CallPage.join(await this.newPage(browser, options.name), this.daemon.baseUrl, options);
  }

  /** @param {Browser} browser @param {string} name  for the messages of a failure */
  async newPage(browser, name) {
    const page = await browser.newPage();
    page.on('console', (message) => this.#console.push(`[${name}] ${message.text()}`));
    page.on('pageerror', (error) => this.#console.push(`[${name}] ${error.stack ?? error.message}`));
    this.#pages.push(page);
    return page;
  }

  get daemon() {
    if (!this.#daemon) throw new Error('no daemon was started');
    return this.#daemon;
  }

  /** Runs before the daemon stops; what was added last runs first. @param {() => unknown} cleanup */
  onClose(cleanup) {
    this.#cleanups.push(cleanup);
  }

  async close() {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
    await this.#daemon?.stop();
  }

  /** Writes what helps to understand a failure. */
  async tell() {
    const lines = (this.#daemon?.log.join('') ?? '').trimEnd().split('\n').slice(-LOG_LINES_SHOWN);
    console.error(['--- daemon', ...lines, '--- pages', ...this.#console].join('\n'));
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-e2e-failed-'));
    for (const [index, page] of this.#pages.entries()) {
      const file = path.join(folder, `page-${index}.png`);
      await page.screenshot({ path: file, timeout: 3000 }).then(
        () => console.error(`picture: ${file}`),
        () => {},
      );
    }
  }
}
