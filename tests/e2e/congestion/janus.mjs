// Debian's Janus with its videoroom, set up as its operator would: the package's defaults, but for the demo room's bitrate
// (128 kbit/s for each publisher, which leaves no simulcast) and the address.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { SERVER_ADDRESS } from '../support/network.mjs';
import { sleep } from '../support/wait.mjs';

const PORT = 8188;
const LIBRARIES = '/usr/lib/x86_64-linux-gnu/janus';
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 3000;

const configuration = (/** @type {string} */ folder) => ({
  'janus.jcfg': `
general: {
  configs_folder = "${folder}"
  plugins_folder = "${LIBRARIES}/plugins"
  transports_folder = "${LIBRARIES}/transports"
  events_folder = "${LIBRARIES}/events"
  loggers_folder = "${LIBRARIES}/loggers"
  debug_level = 4
}
nat: {
  full_trickle = true
  ice_enforce_list = "${SERVER_ADDRESS}"
}
media: {
  rtp_port_range = "20000-20999"
}
plugins: {
  disable = "libjanus_lua.so,libjanus_duktape.so,libjanus_sip.so,libjanus_voicemail.so,libjanus_recordplay.so,libjanus_streaming.so"
}
transports: {
  disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,libjanus_pfunix.so,libjanus_http.so"
}
`,
  'janus.transport.websockets.jcfg': `
general: {
  ws = true
  ws_port = ${PORT}
  ws_ip = "${SERVER_ADDRESS}"
}
`,
  'janus.plugin.videoroom.jcfg': `
room-1234: {
  description = "Demo Room"
  secret = "adminpwd"
  publishers = 6
  bitrate = 0
  fir_freq = 10
  record = false
}
`,
});

export class Janus {
  /** @type {string[]} */
  log = [];
  url = `ws://${SERVER_ADDRESS}:${PORT}`;
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-e2e-janus-'));
  #exit = Promise.resolve();

  static async start() {
    const janus = new Janus();
    for (const [name, text] of Object.entries(configuration(janus.#folder)))
      fs.writeFileSync(path.join(janus.#folder, name), text);
    await janus.#run();
    return janus;
  }

  async #run() {
    const child = spawn('janus', ['-F', this.#folder, '--disable-colors'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    this.#exit = new Promise((resolve) => child.on('close', resolve));
    child.on('error', (error) => this.log.push(String(error)));
    child.stdout.on('data', (data) => this.log.push(String(data)));
    child.stderr.on('data', (data) => this.log.push(String(data)));
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.log.join('').includes('WebSockets thread started')) {
      if (Date.now() > deadline || child.exitCode !== null)
        throw new Error(`janus did not start:\n${this.log.join('')}`);
      await sleep(50);
    }
  }

  async stop() {
    this.process.kill('SIGINT');
    await Promise.race([this.#exit, sleep(STOP_TIMEOUT_MS)]);
    this.process.kill('SIGKILL');
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
