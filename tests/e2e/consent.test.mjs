// How the others learn that somebody is gone.

import assert from 'node:assert/strict';

import { scene } from './support/scene.mjs';
import { waitFor } from './support/wait.mjs';

const CONSENT_TIMEOUT_MS = 3000;
const AT_ONCE_MS = 1000;

scene('a killed page is gone after the consent timeout, one that says goodbye at once', async (scene) => {
  const daemon = await scene.startDaemon({ media: { consent_timeout: `${CONSENT_TIMEOUT_MS}ms` } });
  const browser = await scene.launchBrowser();
  const doomed = await scene.launchBrowser();
  const ada = await scene.join(browser, { name: 'ada' });
  await scene.join(doomed, { name: 'killed' });
  const leaver = await scene.join(browser, { name: 'leaver' });
  const navigator = await scene.join(browser, { name: 'navigator' });
  await waitFor('three tiles', () => ada.shown(), { accept: (shown) => shown.length === 3 });
  await ada.watchDepartures();

  const killedAt = Date.now();
  await doomed.kill();

  const leftAt = Date.now();
  await leaver.leave();
  const left = await ada.departureOf('leaver');
  assert.ok(left.at - leftAt < AT_ONCE_MS, `the button took ${left.at - leftAt} ms`);

  const navigatedAt = Date.now();
  await navigator.page.goto('about:blank');
  const navigated = await ada.departureOf('navigator');
  assert.ok(navigated.at - navigatedAt < AT_ONCE_MS, `going elsewhere took ${navigated.at - navigatedAt} ms`);

  const killed = await ada.departureOf('killed');
  assert.equal(killed.reason, 'timeout');
  const after = killed.at - killedAt;
  // The last check may have been a while before the kill: browsers check every 2.5 s.
  assert.ok(after > CONSENT_TIMEOUT_MS - 2700 && after < CONSENT_TIMEOUT_MS + 1500, `gone after ${after} ms`);

  await waitFor('no tiles', () => ada.shown(), { accept: (shown) => shown.length === 0 });
  const { items } = await daemon.request('GET', '/v1/rooms/r/participants');
  assert.deepEqual(
    items.map(({ id }) => id),
    ['ada'],
  );
});
