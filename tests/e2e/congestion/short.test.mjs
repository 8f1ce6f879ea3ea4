// A viewer whose link gets slow gets a smaller picture instead of a frozen one, and the full one when the link recovers;
// another viewer notices nothing. The short form of what `make congestion-e2e` measures, with bounds for a busy machine.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Tutti } from './call.mjs';
import { clients, shapedLink } from './scenarios/shaped_link.mjs';
import { Network, networkMissing } from '../support/network.mjs';

const INSIDE = 'TUTTI_E2E_INSIDE';
const TIMEOUT_MS = 100_000;
const camera = { width: 960, height: 540, frameRate: 10 };
const phases = { settle: 2000, slow: 8000, restored: 15_000 };

if (process.env[INSIDE]) {
  test('the picture gets smaller with the link, and is whole again', async () => {
    const trace = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tutti-e2e-')), 'congestion.json');
    const seen = await shapedLink(() => Tutti.start(), { codec: 'VP8', camera, phases, trace });
    assert.ok(seen.down !== null && seen.down < 5000, `it gets smaller after ${seen.down} ms: ${trace}`);
    assert.ok(seen.freeze < 2000, `it stands still for ${seen.freeze} ms: ${trace}`);
    assert.ok(seen.up !== null, `it does not come back: ${trace}`);
    assert.deepEqual(seen.otherHeights, [], `the other viewer's changes too: ${trace}`);
    fs.rmSync(path.dirname(trace), { recursive: true });
  });
} else {
  test('in a network of namespaces', { skip: networkMissing(), timeout: TIMEOUT_MS + 15_000 }, async () => {
    const network = new Network(clients);
    try {
      const command = [process.execPath, fileURLToPath(import.meta.url)];
      // The inner run reports for people, not to the outer runner.
      assert.equal(await network.run(command, { [INSIDE]: '1', NODE_TEST_CONTEXT: undefined }, TIMEOUT_MS), 0);
    } finally {
      network.remove();
    }
  });
}
