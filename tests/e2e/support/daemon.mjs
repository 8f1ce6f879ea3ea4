// The daemon under test: started with a configuration of its own on ports that were free, its log kept.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { sleep, within } from './wait.mjs';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const WORKERS = 2;
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 10_000;
export const API_KEY = 'secret-of-the-tests';

export class Daemon {
  /** @type {string[]} what it wrote, all runs */
  log = [];
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  #exit = Promise.resolve({ code: null, signal: null });
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-e2e-'));
  #httpPort = 0;
  #address = '127.0.0.1';
  /** @type {Record<string, string>} */
  #environment = {};

  /**
   * @param {{address?: string, http?: object, media?: object, log?: object, more?: Record<string, object>,
   *          environment?: Record<string, string>}} [settings]
   *   beyond ports and an address (by default loopback; on another one, requests carry API_KEY), by section, and by
   *   environment variables
   * @returns {Promise<Daemon>} ready to take rooms
   */
  static async start(settings = {}) {
    const daemon = new Daemon();
    daemon.#environment = settings.environment ?? {};
    daemon.#address = settings.address ?? daemon.#address;
    daemon.#httpPort = await freeTcpPort(daemon.#address);
    const keys = settings.address ? { api_keys: [{ id: 'e2e', secret: API_KEY }] } : {};
    const media = {
      listen: [daemon.#address],
      port_base: await freeUdpPorts(daemon.#address, WORKERS),
      workers: WORKERS,
    };
    const sections = {
      http: { listen: `${daemon.#address}:${daemon.#httpPort}`, ...keys, ...settings.http },
      media: { ...media, ...settings.media },
      // Browsers and encoders on two cores are an overload that these tests mean to have.
      admission: { limit: 0 },
      log: { level: 'debug', ...settings.log },
      ...settings.more,
    };
    // JSON is YAML in flow style.
    const yaml = Object.entries(sections).map(([name, section]) => `${name}: ${JSON.stringify(section)}\n`);
    fs.writeFileSync(daemon.#configFile, yaml.join(''));
    await daemon.run();
    return daemon;
  }

  get baseUrl() {
    return `http://${this.#address}:${this.#httpPort}`;
  }

  get pid() {
    return this.#process?.pid;
  }

  get #configFile() {
    return path.join(this.#folder, 'tutti.yaml');
  }

  /** Starts the process, again after kill(). @returns {Promise<number>} milliseconds until /readyz said yes */
  async run() {
    const binary = path.resolve(repository, process.env.TUTTI_BIN ?? 'build/release/tuttid');
    if (!fs.existsSync(binary)) throw new Error(`${binary} is not there: build it, or set TUTTI_BIN`);
    const started = Date.now();
    const child = spawn(binary, ['--config', this.#configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#environment },
    });
    this.#process = child;
    child.stdout.on('data', (data) => this.log.push(String(data)));
    child.stderr.on('data', (data) => this.log.push(String(data)));
    this.#exit = new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
      child.on('error', reject);
    });
    const ready = this.#waitUntilReady(started);
    const exited = this.#exit.then(({ code, signal }) => {
      throw new Error(`the daemon ended at start: exit ${code}, signal ${signal}\n${this.log.join('')}`);
    });
    exited.catch(() => {}); // looked at only while starting
    return Promise.race([ready, exited]);
  }

  /** @param {number} started */
  async #waitUntilReady(started) {
    while (Date.now() - started < START_TIMEOUT_MS) {
      const response = await fetch(`${this.baseUrl}/readyz`).catch(() => null);
      if (response?.status === 200) return Date.now() - started;
      await sleep(20);
    }
    throw new Error(`/readyz did not answer 200 within ${START_TIMEOUT_MS} ms`);
  }

  /** Ends it as an operator would, which must succeed. */
  async stop() {
    if (!this.#process) return;
    const child = this.#process;
    this.#process = null;
    child.kill('SIGTERM');
    try {
      const { code, signal } = await within('the end after SIGTERM', this.#exit, STOP_TIMEOUT_MS);
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'how the daemon ended after SIGTERM');
      fs.rmSync(this.#folder, { recursive: true, force: true });
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** Ends it as a crash would. */
  async kill() {
    this.#process?.kill('SIGKILL');
    this.#process = null;
    await this.#exit;
  }

  /**
   * A call of the REST interface that must succeed.
   * @param {string} method
   * @param {string} resource  from /v1 on
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async request(method, resource, body) {
    const response = await fetch(this.baseUrl + resource, {
      method,
      headers: {
        ...(this.#address === '127.0.0.1' ? {} : { authorization: `Bearer ${API_KEY}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${resource}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }
}

/** @param {string} address @returns {Promise<number>} */
function freeTcpPort(address) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, address, () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * The first of `count` neighbouring ports that are free. Below the range from which the kernel picks ports for others.
 * @param {string} address
 * @param {number} count
 */
async function freeUdpPorts(address, count) {
  for (let attempt = 0; attempt < 100; ++attempt) {
    const base = 20_000 + Math.floor(Math.random() * 12_000);
    const sockets = await Promise.all(Array.from({ length: count }, (_, i) => bindUdp(address, base + i)));
    sockets.forEach((socket) => socket?.close());
    if (sockets.every(Boolean)) return base;
  }
  throw new Error('found no free UDP ports');
}

/**
 * @param {string} address
 * @param {number} port
 * @returns {Promise<dgram.Socket | null>}
 */
function bindUdp(address, port) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => resolve(null));
    socket.bind(port, address, () => resolve(socket));
  });
}
