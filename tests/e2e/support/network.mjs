// A small network of namespaces: a server, and clients that each hang on a link of their own that can be made slow or lossy.
// Nothing of it reaches this machine's network. Made from outside with Network; the programs of the server's side run
// inside it (Network.run), and they alone use Link.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const SERVER_ADDRESS = '10.80.0.1';
const QUEUE_MS = 300;
const PYTHON = '/usr/bin/python3';
const DELAYED_LINK = fileURLToPath(new URL('delayed_link.py', import.meta.url));

export class Network {
  /** @type {string[]} */
  #namespaces = [];
  /** @type {import('node:child_process').ChildProcess[]} */
  #delays = [];

  /** @param {(string | {name: string, delay: number})[]} clients  names of at most four letters; delay: ms, each way */
  constructor(clients) {
    this.server = namespaceOf('srv', process.pid);
    fs.mkdirSync(folderOf(process.pid));
    try {
      this.#addNamespace(this.server);
      ip('-n', this.server, 'link', 'add', 'br0', 'type', 'bridge');
      ip('-n', this.server, 'address', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'br0');
      ip('-n', this.server, 'link', 'set', 'br0', 'up');
      clients.forEach((client, index) => {
        const { name, delay } = typeof client === 'string' ? { name: client, delay: 0 } : client;
        this.#addClient(name, delay, index + 10);
      });
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** @param {string} name @param {number} delay  ms, each way @param {number} host  last part of its address */
  #addClient(name, delay, host) {
    const namespace = namespaceOf(name, process.pid);
    const port = portOf(name);
    this.#addNamespace(namespace);
    if (delay > 0) this.#addDelayedLink(port, namespace, delay);
    else ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', this.server);
    ip('-n', namespace, 'address', 'add', `10.80.0.${host}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    ip('-n', namespace, 'route', 'add', 'default', 'via', SERVER_ADDRESS);
    ip('-n', this.server, 'link', 'set', port, 'master', 'br0', 'up');
    // What was sent as one large datagram to be cut is cut before the link, so that losses are those of packets.
    ip('-n', this.server, 'link', 'set', port, 'gso_max_segs', '1');
    ip('-n', namespace, 'link', 'set', 'eth0', 'gso_max_segs', '1');
  }

  /** @param {string} port @param {string} namespace @param {number} delay */
  #addDelayedLink(port, namespace, delay) {
    const ends = [this.server, port, namespace, 'eth0'];
    this.#delays.push(
      spawn(PYTHON, [DELAYED_LINK, ...ends, String(delay)], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    for (let attempt = 0; spawnSync('ip', ['-n', namespace, 'link', 'show', 'eth0']).status !== 0; ++attempt) {
      if (attempt === 100) throw new Error(`the link to ${namespace} does not come`);
      spawnSync('sleep', ['0.05']);
    }
  }

  /** @param {string} namespace */
  #addNamespace(namespace) {
    ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }

  /**
   * Runs a command where the server is, its output passed on.
   * @param {string[]} command
   * @param {NodeJS.ProcessEnv} [env]  beyond one's own
   * @param {number} [timeout]  ms, after which it is ended
   * @returns {Promise<number | null>} exit status
   */
  run(command, env = {}, timeout) {
    const child = spawn('ip', ['netns', 'exec', this.server, ...command], {
      stdio: 'inherit',
      env: { ...process.env, ...env, TUTTI_NETWORK: String(process.pid) },
      timeout,
    });
    return new Promise((resolve, reject) => {
      child.on('exit', resolve);
      child.on('error', reject);
    });
  }

  remove() {
    for (const child of this.#delays.splice(0)) child.kill();
    for (const name of this.#namespaces.splice(0)) {
      // What a run that broke off left behind in there is ours.
      const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
      for (const pid of stdout.split('\n').filter(Boolean)) endProcess(Number(pid));
      spawnSync('ip', ['netns', 'delete', name]);
    }
    fs.rmSync(folderOf(process.pid), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself
  }
}

/** The link of one client, as the server's side sees it. */
export class Link {
  #run = Number(process.env.TUTTI_NETWORK);
  #namespace;
  #port;

  /** @param {string} client */
  constructor(client) {
    this.client = client;
    this.#namespace = namespaceOf(client, this.#run);
    this.#port = portOf(client);
  }

  /** What goes to the client, in kbit/s, behind a queue of 300 ms; null: as fast as it will. @param {number | null} rate */
  limit(rate) {
    if (rate === null) return run('tc', 'qdisc', 'del', 'dev', this.#port, 'root');
    // The bucket holds two packets: what passes at once is no burst that a slow link would not carry.
    const shape = ['tbf', 'rate', `${rate}kbit`, 'burst', '3200', 'latency', `${QUEUE_MS}ms`];
    run('tc', 'qdisc', 'replace', 'dev', this.#port, 'root', ...shape);
  }

  /** Packets that the queue dropped so far, and bytes that stand in it. */
  queue() {
    const [qdisc] = JSON.parse(run('tc', '-s', '-j', 'qdisc', 'show', 'dev', this.#port));
    return { dropped: qdisc.drops, backlog: qdisc.backlog };
  }

  /** Drops packets of the server to the client at random. @param {number} percent */
  lose(percent) {
    const inside = ['netns', 'exec', this.#namespace, 'nft'];
    ip(...inside, 'add table ip loss');
    ip(...inside, 'add chain ip loss in { type filter hook input priority 0; }');
    ip(
      ...inside,
      `add rule ip loss in ip saddr ${SERVER_ADDRESS} udp dport 1024-65535 numgen random mod 100 < ${percent} drop`,
    );
  }

  /** A program that starts another one at the client's end, its open files kept. @param {string} executable */
  launcherOf(executable) {
    const file = path.join(folderOf(this.#run), this.client);
    fs.writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${this.#namespace} ${executable} "$@"\n`, { mode: 0o755 });
    return file;
  }
}

/** Why there can be no network here, or false. */
export function networkMissing() {
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  for (const program of ['ip', 'tc', 'nft'])
    if (spawnSync(program, ['-V']).error) return `${program} is not there (Debian: iproute2, nftables)`;
  return false;
}

/** @param {string} name @param {number} run */
const namespaceOf = (name, run) => `tutti-${run}-${name}`;

/** For files of a run. @param {number} run */
const folderOf = (run) => path.join(os.tmpdir(), `tutti-network-${run}`);

/** @param {string} client */
const portOf = (client) => `to-${client}`;

/** @param {string[]} args */
const ip = (...args) => run('ip', ...args);

/** @param {string} program @param {string[]} args */
function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}
