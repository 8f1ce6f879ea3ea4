// An ordinary browser and a daemon with its defaults on one machine: no flag for loopback, media on every address. The
// machine is a network namespace, in which this file runs itself a second time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { NetworkNamespace } from './support/network_namespace.mjs';
import { scene } from './support/scene.mjs';

const INSIDE = 'TUTTI_E2E_INSIDE';
const people = [
  { name: 'ada', tone: 440, color: [192, 0, 0] },
  { name: 'bob', tone: 660, color: [0, 0, 192] },
];

if (process.env[INSIDE]) {
  scene('two pages see and hear each other without any flag', async (scene) => {
    await scene.startDaemon({ media: { listen: ['0.0.0.0', '::'] } });
    const browser = await scene.launchBrowser({ flags: false });
    const [ada, bob] = [await scene.join(browser, people[0]), await scene.join(browser, people[1])];
    await ada.expectToSee('bob', people[1].color);
    await bob.expectToSee('ada', people[0].color);
    await ada.expectToHear([660], [440]);
    await bob.expectToHear([440], [660]);
  });
} else {
  const skip = process.getuid?.() === 0 ? false : 'making a network namespace needs root';
  test('in a network namespace of its own, no flags are needed', { skip, timeout: 115_000 }, async () => {
    const namespace = new NetworkNamespace();
    try {
      const env = { ...process.env, [INSIDE]: '1' };
      delete env.NODE_TEST_CONTEXT; // the inner run reports for people, not to the outer runner
      assert.equal(await namespace.run([process.execPath, fileURLToPath(import.meta.url)], env), 0);
    } finally {
      namespace.remove();
    }
  });
}
