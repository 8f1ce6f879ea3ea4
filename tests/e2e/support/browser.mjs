// Headless Chromium, each with a fresh profile.

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox', // tests run as root in containers
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
  // A page that may use devices gathers candidates on all interfaces, others only on that of the default route.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];
// Browsers gather no loopback candidates, and with the daemon on 127.0.0.1 they have no other way to it.
const LOOPBACK = '--allow-loopback-in-peer-connection';

export class Browser {
  #server;
  #browser;

  /**
   * @param {{flags?: boolean, link?: import('./network.mjs').Link, more?: string[]}} [options]
   *   flags: false starts it as a person would have it. link: at the far end of it. more: arguments
   */
  static async launch({ flags = true, link, more = [] } = {}) {
    const server = await chromium.launchServer({
      executablePath: link?.launcherOf(EXECUTABLE) ?? EXECUTABLE,
      headless: true,
      args: flags ? [...ARGUMENTS, ...(link ? [] : [LOOPBACK]), ...more] : ['--no-sandbox', ...more],
    });
    return new Browser(server, await chromium.connect(server.wsEndpoint()));
  }

  /**
   * @param {import('playwright-core').BrowserServer} server
   * @param {import('playwright-core').Browser} browser
   */
  constructor(server, browser) {
    this.#server = server;
    this.#browser = browser;
  }

  /** A page in a profile of its own. */
  async newPage() {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 } });
    return context.newPage();
  }

  /** SIGKILL to all of its processes. */
  async kill() {
    await this.#server.kill();
  }

  async close() {
    await this.#browser.close().catch(() => {});
    await this.#server.close();
  }
}
