// A daemon that is full takes nobody new, whichever way they come, and leaves those who are in alone.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { scene } from './support/scene.mjs';

const ROOM = '/v1/rooms/r';
const OFFER = 'v=0\r\n';

scene('beyond the limit of load joins get 503 by every way in, and those who are in stay', async (scene) => {
  // By this model one participant takes half a core, so that the first one is more than the limit allows.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-admission-'));
  scene.onClose(() => fs.rmSync(folder, { recursive: true, force: true }));
  const model = path.join(folder, 'model.json');
  fs.writeFileSync(model, JSON.stringify({ schema: 1, cpu_cores: { participants: 0.5 } }));
  const environment = { TUTTI_ADMISSION_LIMIT: '0.4', TUTTI_ADMISSION_COST_MODEL: model };
  const daemon = await scene.startDaemon({ environment, media: { allow_plain_rtp: true } });
  await daemon.request('PUT', ROOM, {});
  await daemon.request('POST', `${ROOM}/participants`, listener('ada', 9));

  const ways = [
    ['/v1/rooms/r/participants', 'application/json', JSON.stringify(listener('bob', 10))],
    ['/v1/whip/r', 'application/sdp', OFFER],
    ['/v1/whep/r', 'application/sdp', OFFER],
  ];
  for (const [resource, type, body] of ways) {
    const headers = { 'content-type': type };
    const response = await fetch(daemon.baseUrl + resource, { method: 'POST', headers, body });
    const problem = await response.json();
    const said = `${resource}: ${JSON.stringify(problem)}`;
    assert.deepEqual([response.status, problem.type], [503, '/errors/overloaded'], said);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.ok(Number(response.headers.get('retry-after')) > 0, 'a refusal says when to try again');
    assert.match(problem.detail, /the load of .+ is \d\.\d+, the limit 0\.40/);
  }

  // Who is in is asked nothing, not even when it takes its own place again.
  await daemon.request('PATCH', `${ROOM}/participants/ada`, { name: 'Ada' });
  await daemon.request('POST', `${ROOM}/participants`, { ...listener('ada', 11), replace: true });
  const { items } = await daemon.request('GET', `${ROOM}/participants`);
  assert.deepEqual(items.map((/** @type {{id: string}} */ p) => p.id), ['ada']);
  assert.equal((await fetch(`${daemon.baseUrl}/readyz`)).status, 200);

  const metrics = await (await fetch(`${daemon.baseUrl}/metrics`)).text();
  assert.match(metrics, /^tutti_joins_refused_total\{reason="overloaded"\} 3$/m);
  const gauge = (/** @type {string} */ name) => Number(metrics.match(new RegExp(`^${name} (.+)$`, 'm'))?.[1]);
  assert.ok(gauge('tutti_load') * gauge('tutti_capacity_cores') > 0.4, 'the load is that of one participant');
});

/**
 * Somebody who receives, so that the daemon need not hear of it first.
 * @param {string} id
 * @param {number} port
 */
function listener(id, port) {
  return {
    id,
    transport: { kind: 'rtp', remote: `127.0.0.1:${port}` },
    receive: [{ kind: 'audio', codec: 'opus', payload_type: 111, ssrc: port, channels: 2 }],
  };
}
