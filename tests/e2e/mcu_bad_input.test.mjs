// What cannot be decoded, or is too much, does no harm to those who are in a room that mixes.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { LAYOUTS, people, tilesOf } from './support/mixing.mjs';
import { RtpParticipant } from './support/rtp_participant.mjs';
import { scene } from './support/scene.mjs';
import { waitFor } from './support/wait.mjs';

const FRAME_MS = 50;
const { ada, bob } = people;

scene('who sends garbage is told so in its stats, and the others go on', async (scene) => {
  const daemon = await scene.startDaemon({ media: { allow_plain_rtp: true } });
  const browser = await scene.launchBrowser();
  const calls = [];
  for (const person of [ada, bob]) calls.push(await scene.join(browser, { ...person, mode: 'mcu' }));
  for (const call of calls) await call.expectTiles(tilesOf(LAYOUTS.gridOfTwo, [ada, bob]));

  const junk = await RtpParticipant.join(scene, 'junk');
  let frames = () => corruptFrame();
  const timer = setInterval(() => junk.sendFrame(frames()), FRAME_MS);
  scene.onClose(() => clearInterval(timer));
  const expectOthersToGoOn = async () => {
    for (const [index, call] of calls.entries()) {
      await call.expectFramesFrom('mix');
      await call.expectTiles(tilesOf(LAYOUTS.gridOfThree, [ada, bob]), 3000);
      await call.expectToHear([[ada, bob][1 - index].tone]);
    }
  };

  await expectDecoderError(daemon, 'junk', 'corrupt');
  await expectOthersToGoOn();
  frames = () => keyframe(16_000, 16_000);
  await expectDecoderError(daemon, 'junk', 'too-large');
  const kinds = [corruptFrame, () => crypto.randomBytes(900), () => keyframe(16_000, 16_000), () => Buffer.alloc(0)];
  frames = () => kinds[crypto.randomInt(kinds.length)]();
  await expectOthersToGoOn();

  // A keyframe that decodes makes up for it all.
  clearInterval(timer);
  await junk.play([0, 144, 176], [0, 144, 176]);
  const healed = tilesOf(LAYOUTS.gridOfThree, [ada, bob, { color: [0, 144, 176] }]);
  for (const call of calls) await call.expectTiles(healed);
  await expectDecoderError(daemon, 'junk', undefined);
});

scene('who is one too many is refused, and the others go on', async (scene) => {
  const environment = { TUTTI_MIXING_MAX_MEMBERS: '2' };
  const daemon = await scene.startDaemon({ environment, media: { allow_plain_rtp: true } });
  const browser = await scene.launchBrowser();
  const calls = [];
  for (const person of [ada, bob]) calls.push(await scene.join(browser, { ...person, mode: 'mcu' }));

  const response = await fetch(`${daemon.baseUrl}/v1/rooms/r/participants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: 'eve',
      transport: { kind: 'rtp', remote: '127.0.0.1:9' },
      receive: [{ kind: 'audio', codec: 'opus', payload_type: 111, ssrc: 1, channels: 2 }],
    }),
  });
  const problem = await response.json();
  assert.deepEqual([response.status, problem.type], [503, '/errors/mixing-overloaded'], JSON.stringify(problem));
  assert.ok(Number(response.headers.get('retry-after')) > 0, 'a refusal says when to try again');

  for (const [index, call] of calls.entries()) {
    await call.expectFramesFrom('mix');
    await call.expectTiles(tilesOf(LAYOUTS.gridOfTwo, [ada, bob]));
    const [own, other] = [[ada, bob][index], [ada, bob][1 - index]];
    await call.expectToHear([other.tone], [own.tone]);
  }

  // A place that is given back is free.
  await calls[1].leave();
  const eve = await waitFor(
    'eve to be let in',
    () => scene.join(browser, { ...people.eve, mode: 'mcu' }).catch(() => null),
    { timeout: 5000 },
  );
  await eve.expectTiles(tilesOf(LAYOUTS.gridOfTwo, [ada, people.eve]));
});

/**
 * @param {import('./support/daemon.mjs').Daemon} daemon
 * @param {string} participant
 * @param {string | undefined} error
 */
async function expectDecoderError(daemon, participant, error) {
  const look = async () => {
    const { items } = await daemon.request('GET', `/v1/rooms/r/participants/${participant}/stats`);
    return items.find(({ type }) => type === 'inbound-rtp');
  };
  await waitFor(`decoderError ${error}`, look, {
    accept: (entry) => entry !== undefined && entry.decoderError === error,
    timeout: 5000,
  });
}

/** A VP8 keyframe in one packet, whose first partition is said to be longer than the frame. */
function corruptFrame() {
  return keyframe(640, 360, 0x7ffff);
}

/**
 * RFC 7741 §4.2 and RFC 6386 §9.1: payload descriptor, frame tag, start code, size; then noise.
 * @param {number} width
 * @param {number} height
 * @param {number} [firstPartition]  bytes, as the tag says
 */
function keyframe(width, height, firstPartition = 100) {
  const header = Buffer.from([0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0]);
  header.writeUIntLE((firstPartition << 5) | 0x10, 1, 3); // shown, version 0, keyframe
  header.writeUInt16LE(width, 7);
  header.writeUInt16LE(height, 9);
  return Buffer.concat([header, crypto.randomBytes(600)]);
}
