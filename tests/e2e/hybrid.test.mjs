// A hybrid room: each page hears and sees the mix or everybody separately, as it likes, and changes that in the call.

import assert from 'node:assert/strict';

import { LAYOUTS, expectEncoders, people, tilesOf } from './support/mixing.mjs';
import { scene } from './support/scene.mjs';
import { HEARD_DB, SILENT_DB, sameColor } from './support/signal.mjs';
import { waitFor } from './support/wait.mjs';

const CHANGE_LIMIT_MS = 2000;
const LISTENING = { milliseconds: 200 };

const four = [people.ada, people.bob, people.eve, people.dan];
const grid = tilesOf(LAYOUTS.gridOfFour, four);

/** @typedef {import('./support/call_page.mjs').CallPage} CallPage */
/** @typedef {'mix' | 'auto'} Choice */

scene(
  'four pages choose between mixed and separate, each for itself, and change it without a new offer',
  async (scene) => {
    const daemon = await scene.startDaemon();
    const browser = await scene.launchBrowser();
    const calls = [];
    for (const person of four) calls.push(await scene.join(browser, { ...person, mode: 'hybrid' }));
    const [ada, bob, eve, dan] = calls;
    const negotiations = await Promise.all(calls.map((call) => call.negotiations()));
    for (const call of calls) {
      await expectToHearOthers(call, 'auto', 20_000);
      await expectToSeeOthers(call, 'auto', 20_000);
    }
    await expectEncoders(daemon, 'r', []);

    for (const call of [ada, bob]) {
      await change(call, 'sound', 'mix');
      await change(call, 'picture', 'mix');
    }
    await change(eve, 'sound', 'mix');
    await expectEncoders(daemon, 'r', ['opus of ada', 'opus of bob', 'opus of eve', 'VP8 720 for 2']);

    // Everybody the other way round and back, one after the other, while the others' choices stay.
    await change(ada, 'sound', 'auto');
    await change(ada, 'picture', 'auto');
    await change(bob, 'picture', 'auto');
    await expectEncoders(daemon, 'r', ['opus of bob', 'opus of eve']);
    await change(dan, 'sound', 'mix');
    await change(dan, 'picture', 'mix');
    await change(eve, 'sound', 'auto');
    await change(eve, 'picture', 'mix');
    await expectEncoders(daemon, 'r', ['opus of bob', 'opus of dan', 'VP8 720 for 2']);

    await change(ada, 'sound', 'mix');
    await change(ada, 'picture', 'mix');
    await change(bob, 'picture', 'mix');
    await change(dan, 'sound', 'auto');
    await change(dan, 'picture', 'auto');
    await change(eve, 'sound', 'mix');
    await change(eve, 'picture', 'auto');
    await expectEncoders(daemon, 'r', ['opus of ada', 'opus of bob', 'opus of eve', 'VP8 720 for 2']);

    for (const [call, sound, picture] of /** @type {[CallPage, Choice, Choice][]} */ ([
      [ada, 'mix', 'mix'],
      [bob, 'mix', 'mix'],
      [eve, 'mix', 'auto'],
      [dan, 'auto', 'auto'],
    ])) {
      await expectToHearOthers(call, sound, CHANGE_LIMIT_MS);
      await expectToSeeOthers(call, picture, CHANGE_LIMIT_MS);
    }
    assert.deepEqual(await Promise.all(calls.map((call) => call.negotiations())), negotiations, 'no new offer');
  },
);

/**
 * Chooses, and expects media of the other kind soon.
 * @param {CallPage} call
 * @param {'sound' | 'picture'} what
 * @param {Choice} choice
 */
async function change(call, what, choice) {
  await call.choose(what, choice);
  const began = Date.now();
  if (what === 'sound') await expectToHearOthers(call, choice, CHANGE_LIMIT_MS);
  else await expectToSeeOthers(call, choice, CHANGE_LIMIT_MS);
  console.log(`${call.name}: ${what} ${choice} after ${Date.now() - began} ms`);
  if (what === 'picture') await expectFrames(call);
}

/**
 * @param {CallPage} call
 * @param {Choice} choice
 * @param {number} timeout
 */
async function expectToHearOthers(call, choice, timeout) {
  const others = four.filter(({ name }) => name !== call.name);
  const own = four.find(({ name }) => name === call.name);
  const shown = choice === 'mix' ? ['mix/audio'] : others.map(({ name }) => `${name}/mic`);
  const listen = async () => ({
    shown: currentOf(await call.slots('audio')),
    levels: await call.tones(
      four.map(({ tone }) => tone),
      LISTENING,
    ),
  });
  await waitFor(`${call.name} to hear the others (${choice})`, listen, {
    accept: (heard) =>
      heard.shown.join() === shown.sort().join() &&
      others.every(({ tone }) => heard.levels[tone] > HEARD_DB) &&
      heard.levels[own.tone] < SILENT_DB,
    timeout,
  });
}

/**
 * @param {CallPage} call
 * @param {Choice} choice
 * @param {number} timeout
 */
async function expectToSeeOthers(call, choice, timeout) {
  const others = four.filter(({ name }) => name !== call.name);
  const shown = choice === 'mix' ? ['mix/default'] : others.map(({ name }) => `${name}/cam`);
  const look = async () => ({
    shown: currentOf(await call.slots('video')),
    colors: choice === 'mix' ? await call.regions(grid) : await call.colors(others.map(({ name }) => name)),
  });
  const wanted = choice === 'mix' ? grid : others;
  await waitFor(`${call.name} to see the others (${choice})`, look, {
    accept: (seen) =>
      seen.shown.join() === shown.sort().join() &&
      wanted.every(({ color }, index) => sameColor(seen.colors[index], color)),
    timeout,
  });
}

/**
 * Frames go on in all that a page shows.
 * @param {CallPage} call
 */
async function expectFrames(call) {
  await Promise.all((await call.shown()).map((participant) => call.expectFramesFrom(participant)));
}

/** @param {{current: string | null}[]} slots */
function currentOf(slots) {
  return slots.flatMap(({ current }) => current ?? []).sort();
}
