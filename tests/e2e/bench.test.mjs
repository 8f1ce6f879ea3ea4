// The harness against the daemon: tiny loads for half a second each. What it measures is nobody's figure; that everybody
// joins, that all packets come and open, and that the report says so, is.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

const BENCH = path.join(path.dirname(process.env.TUTTI_BIN ?? 'build/release/tuttid'), 'tutti-bench');
const OPTIONS = ['--seconds', '0.5', '--warm-up', '0.5', '--server-cpu', '-1', '--generator-cpu', '-1'];
// The machine was too busy for figures, which is no failure of the pieces.
const LATE = 3;
const MIXES_PER_SECOND = 50;

// bench/README.md says what they mean.
const STEP_KEYS = [
  'load', 'seconds', 'participants', 'streams_in', 'streams_out', 'packets_in_per_s', 'packets_out_per_s',
  'mbit_out_per_s', 'loss', 'unreadable', 'decrypted', 'cpu_cores', 'cpu_us_per_packet_out', 'streams_out_per_core',
  'packets_out_per_core', 'user_share', 'codec_cores',
  'latency', 'late_mixes', 'mixes', 'mix_lateness', 'rss_kib', 'kib_per_participant', 'retransmitted', 'nacks',
  'keyframes', 'joins', 'generator_cores', 'send_late_p99_us', 'send_late_max_us', 'socket_drops', 'invalid',
  'server_counters',
];

const WEBRTC_MEETING = `# Two calls of three over WebRTC.
# The load is how many calls there are.
roles:
  person:
    people: 3
    transport: webrtc
    audio: {speech: true}
    video: {size: 640x360, bitrate: 500kbps}
    hears: [2 person]
    watches: [2 person]
scale: rooms
load: 2
`;

const skip = existsSync(BENCH) ? false : `${BENCH} is not built (TUTTI_BENCH=ON)`;
// One after the other: each takes both processors.
test('tutti-bench', { skip }, async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'tutti-bench-test-'));
  t.after(() => rm(directory, { recursive: true }));
  const meeting = path.join(directory, 'webrtc-meeting.yaml');
  await writeFile(meeting, WEBRTC_MEETING);

  await t.test('forwards one camera to many', async () => {
    const step = await measure(directory, ['fan-out-video', '--load', '5'], (s) => 5 * s.packets_in_per_s);
    assert.equal(step.participants, 6);
    assert.equal(step.streams_out, 5);
    assert.ok(step.latency.p50 > 0, 'no latency was measured');
    assert.ok(step.cpu_us_per_packet_out > 0, 'no CPU time was measured');
  });
  await t.test('relays calls from one suite to another', async () => {
    const step = await measure(directory, ['relay', '--load', '3'], (s) => s.packets_in_per_s);
    assert.equal(step.participants, 6);
    assert.equal(step.streams_out, 3);
  });
  await t.test('mixes a telephone conference', async () => {
    const step = await measure(directory, ['audio-bridge', '--load', '4'], () => 7 * MIXES_PER_SECOND);
    assert.equal(step.participants, 7);
    assert.ok(step.mixes > 0, 'no mix came');
  });
  await t.test('holds meetings over WebRTC', async () => {
    const step = await measure(directory, [meeting], (s) => 2 * s.packets_in_per_s);
    assert.equal(step.participants, 6);
    assert.equal(step.streams_in, 12);
    assert.equal(step.streams_out, 24);
  });
  const janus = existsSync('/usr/bin/janus') ? false : 'bench/peers/install-janus was not run';
  await t.test('gives Janus the same load', { skip: janus }, async () => {
    const load = ['--load', '5', '--suite', 'AES_CM_128_HMAC_SHA1_80'];
    const due = (s) => 5 * s.packets_in_per_s;
    const step = await measure(directory, ['fan-out-video', '--target', 'janus', ...load], due, /^janus /);
    assert.equal(step.streams_out, 5);
  });
});

/**
 * @param {string} directory  of the report
 * @param {string[]} scenario  and its options
 * @param {(step: object) => number} due  packets a second that its receivers should get
 * @param {RegExp} server  what the report says was measured
 * @return {Promise<object>} the step, of which nothing was unreadable, and unless the machine was too busy nothing lost
 */
async function measure(directory, scenario, due, server = /^tuttid /) {
  const file = path.join(directory, 'report.json');
  const bench = spawn(BENCH, ['run', ...scenario, ...OPTIONS, '--json', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [bench.stdout, bench.stderr]) stream.on('data', (data) => (output += data));
  const [code] = await once(bench, 'close');
  assert.ok(code === 0 || code === LATE, `exit status ${code}: ${output}`);

  const { schema, reports } = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(schema, 1);
  assert.equal(reports.length, 1);
  assert.match(reports[0].facts.server, server);
  assert.equal(reports[0].steps.length, 1);
  const step = reports[0].steps[0];
  assert.deepEqual(STEP_KEYS.filter((key) => !(key in step)), []);
  if (code !== LATE) {
    assert.equal(step.loss, 0, output);
    assert.ok(step.packets_out_per_s >= 0.9 * due(step), `of ${due(step)} packets/s: ${output}`);
  }
  assert.equal(step.unreadable, 0, output);
  assert.ok(step.decrypted > 0, output);
  assert.ok(step.packets_out_per_s > 0, output);
  return step;
}
