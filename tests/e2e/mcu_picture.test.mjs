// The composed picture of a room that mixes follows what changes in it.

import assert from 'node:assert/strict';

import { MIXED_VIDEO } from './support/call_page.mjs';
import { takeFrames, watchFrames } from './support/media.mjs';
import { LAYOUTS, expectEncoders, faultsOfChange, people, tilesOf } from './support/mixing.mjs';
import { RtpParticipant } from './support/rtp_participant.mjs';
import { scene } from './support/scene.mjs';
import { sameColor } from './support/signal.mjs';
import { sleep } from './support/wait.mjs';

const CHANGE_SHOWN_MS = 1200;

const { ada, bob, eve, dan, fay } = people;
const four = [ada, bob, eve, { ...dan, codec: 'H264' }];

scene('the picture follows the layout, and who comes and goes, without a flash', async (scene) => {
  const daemon = await scene.startDaemon();
  const browser = await scene.launchBrowser();
  const calls = [];
  for (const person of four) calls.push(await scene.join(browser, { ...person, mode: 'mcu' }));
  const [adas, bobs, eves, dans] = calls;
  const watchers = [bobs, dans]; // one for each codec
  const negotiations = await Promise.all(watchers.map((call) => call.negotiations()));
  const grid = tilesOf(LAYOUTS.gridOfFour, four);
  for (const call of calls) await call.expectTiles(grid);

  let before = grid;
  for (const [kind, rectangles] of [
    ['speaker', LAYOUTS.speakerOfFour],
    ['spotlight', LAYOUTS.whole],
    ['grid', LAYOUTS.gridOfFour],
  ]) {
    for (const { page } of watchers) await watchFrames(page, MIXED_VIDEO);
    await sleep(200);
    if (kind === 'speaker') await adas.page.getByTestId('layout').selectOption(kind);
    else await daemon.request('PUT', '/v1/rooms/r/layouts/default', { kind });
    await sleep(CHANGE_SHOWN_MS);
    const after = (await adas.regions(rectangles)).map((color, index) => ({
      ...rectangles[index],
      color: personIn(color).color,
    }));
    assert.equal(
      new Set(after.map(({ color }) => color)).size,
      rectangles.length,
      `${kind}: everybody stands there once`,
    );
    for (const call of watchers) {
      const frames = await takeFrames(call.page);
      assert.deepEqual(faultsOfChange(frames, before, after), [], `what ${call.name} saw, to ${kind}`);
    }
    before = after;
  }
  await dans.expectTiles(grid);

  await eves.leave();
  for (const call of watchers) await call.expectTiles(tilesOf(LAYOUTS.gridOfThree, [ada, bob, dan]), 3000);
  await scene.join(browser, { ...fay, mode: 'mcu' });
  for (const call of watchers) await call.expectTiles(tilesOf(LAYOUTS.gridOfFour, [ada, bob, dan, fay]));

  // Nobody sees itself: that is a picture for each.
  await daemon.request('PUT', '/v1/rooms/r/layouts/default', { self: 'hide' });
  await bobs.expectTiles(tilesOf(LAYOUTS.gridOfThree, [ada, dan, fay]), 3000);
  await dans.expectTiles(tilesOf(LAYOUTS.gridOfThree, [ada, bob, fay]), 3000);
  const pictures = ['VP8 720 of ada', 'VP8 720 of bob', 'H264 720 of dan', 'VP8 720 of fay'];
  await expectEncoders(daemon, 'r', [...pictures, ...[ada, bob, dan, fay].map(({ name }) => `opus of ${name}`)]);
  assert.deepEqual(await Promise.all(watchers.map((call) => call.negotiations())), negotiations, 'no new offer');
});

scene('a picture that was taken with the camera turned stands upright', async (scene) => {
  const daemon = await scene.startDaemon({ media: { allow_plain_rtp: true } });
  const browser = await scene.launchBrowser();
  const viewer = await scene.join(browser, { name: 'zoe', source: 'watch', mode: 'mcu' });
  const phone = await RtpParticipant.join(scene, 'phone', { orientation: true });
  const [left, right] = [
    [192, 0, 0],
    [0, 0, 192],
  ];
  await phone.play(left, right);
  const sides = [0, 1 / 2].map((x) => ({ x, y: 0, width: 1 / 2, height: 1 }));
  const halves = [0, 1 / 2].map((y) => ({ x: 0, y, width: 1, height: 1 / 2 }));

  await viewer.expectTiles(tilesOf(sides, [{ color: left }, { color: right }]));
  phone.quarterTurns = 1; // clockwise, to be done by who shows it
  await viewer.expectTiles(tilesOf(halves, [{ color: left }, { color: right }]), 3000);
  phone.quarterTurns = 2;
  await viewer.expectTiles(tilesOf(sides, [{ color: right }, { color: left }]), 3000);
  await daemon.request('DELETE', '/v1/rooms/r/participants/phone');
});

/** @param {number[]} color */
function personIn(color) {
  const person = four.find((person) => sameColor(color, person.color));
  assert.ok(person, `nobody has the colour ${color}`);
  return person;
}
