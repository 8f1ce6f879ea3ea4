// A room that mixes: one sound and one picture for each, whatever its codecs.

import assert from 'node:assert/strict';

import { LAYOUTS, expectEncoders, people, tilesOf } from './support/mixing.mjs';
import { scene } from './support/scene.mjs';
import { waitFor } from './support/wait.mjs';

const OWN_BELOW_OTHERS_DB = 40;
// A sine at 0.2 of full scale, as AnalyserNode shows it: half of it at each side, in a Blackman window.
const PLAYED_DB = 20 * Math.log10((0.2 / 2) * 0.42);
const LEVEL_TOLERANCE_DB = 3;
const LISTENING = { milliseconds: 800, samples: 32_768 };

const { ada, bob, eve, dan } = people;
const four = [ada, bob, eve, { ...dan, codec: 'H264' }];

scene('four pages, two codecs: each hears the others and sees all; no encoder is idle', async (scene) => {
  const daemon = await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const calls = [];
  for (const person of four) calls.push(await scene.join(browser, { ...person, mode: 'mcu' }));
  const [adas, bobs, , dans] = calls;
  const negotiations = await Promise.all(calls.map((call) => call.negotiations()));

  assert.deepEqual(
    (await adas.slots('video')).map(({ track }) => track),
    ['mix', ...Array(8).fill(null)],
    'the first slot has the mix without asking, the others nothing',
  );
  for (const call of calls) await call.expectTiles(tilesOf(LAYOUTS.gridOfFour, four));
  for (const [call, codec] of [
    [adas, 'video/VP8'],
    [dans, 'video/H264'],
  ]) {
    const received = (await call.stats('inbound-rtp', 'video')).filter(({ framesDecoded }) => framesDecoded > 0);
    assert.deepEqual(
      received.map(({ mimeType }) => mimeType),
      [codec],
    );
  }

  const ssrcs = await Promise.all(calls.map(async (call) => (await call.stats('outbound-rtp', 'audio'))[0].ssrc));
  for (const [index, call] of calls.entries()) {
    await expectOthersInMix(call, index);
    const others = ssrcs.filter((_, other) => other !== index);
    await waitFor(`${call.name}'s mix to name its contributors ${others}`, () => call.contributors(), {
      accept: (seen) => seen.length === others.length && others.every((ssrc) => seen.includes(ssrc)),
    });
  }
  const own = four.map(({ name }) => `opus of ${name}`);
  await expectEncoders(daemon, 'r', [...own, 'VP8 720 for 3', 'H264 720 for 1']);

  // Who does not speak listens to the shared encoder, who watches another size gets one for that size.
  const viewer = await scene.join(browser, { name: 'zoe', source: 'watch', mode: 'mcu' });
  await expectEncoders(daemon, 'r', [...own, 'opus for 1', 'VP8 720 for 4', 'H264 720 for 1']);
  await viewer.page.getByTestId('max-height').selectOption('360');
  await expectEncoders(daemon, 'r', [...own, 'opus for 1', 'VP8 720 for 3', 'VP8 360 for 1', 'H264 720 for 1']);
  await bobs.page.getByTestId('mic').click();
  const speaking = own.filter((line) => !line.endsWith('bob'));
  await expectEncoders(daemon, 'r', [...speaking, 'opus for 2', 'VP8 720 for 3', 'VP8 360 for 1', 'H264 720 for 1']);
  await viewer.leave();
  await bobs.page.getByTestId('mic').click();
  await expectEncoders(daemon, 'r', [...own, 'VP8 720 for 3', 'H264 720 for 1']);

  assert.deepEqual(await Promise.all(calls.map((call) => call.negotiations())), negotiations, 'no new offer');
});

/**
 * @param {import('./support/call_page.mjs').CallPage} call
 * @param {number} own  its index in `four`
 */
async function expectOthersInMix(call, own) {
  await call.expectToHear(four.filter((_, index) => index !== own).map(({ tone }) => tone));
  const measure = async () => {
    const levels = await call.tones(
      four.map(({ tone }) => tone),
      LISTENING,
    );
    const others = four.filter((_, index) => index !== own).map(({ tone }) => levels[tone]);
    return { own: levels[four[own].tone], quietest: Math.min(...others), loudest: Math.max(...others) };
  };
  const isAsPlayed = (level) => Math.abs(level - PLAYED_DB) <= LEVEL_TOLERANCE_DB;
  await waitFor(`the others' tones as played, and ${call.name}'s ${OWN_BELOW_OTHERS_DB} dB below them`, measure, {
    accept: ({ own, quietest, loudest }) =>
      own <= quietest - OWN_BELOW_OTHERS_DB && isAsPlayed(quietest) && isAsPlayed(loudest),
    timeout: 5000,
  });
}
