// What the tests of rooms that mix share: where tiles stand, what is encoded, what was seen while the picture changed.

import { isDeepStrictEqual } from 'node:util';

import { colorIn } from './media.mjs';
import { sameColor } from './signal.mjs';
import { waitFor } from './wait.mjs';

/** @typedef {{x: number, y: number, width: number, height: number}} Rectangle  in fractions of the picture */
/** @typedef {{name: string, tone: number, color: number[], codec?: string}} Person */

// No tone is a harmonic or a difference of others, no colour is near the black and the green of pictures that broke.
/** @type {Record<'ada' | 'bob' | 'eve' | 'dan' | 'fay', Person>} */
export const people = {
  ada: { name: 'ada', tone: 425, color: [192, 0, 0] },
  bob: { name: 'bob', tone: 655, color: [0, 0, 192] },
  eve: { name: 'eve', tone: 975, color: [192, 160, 0] },
  dan: { name: 'dan', tone: 1385, color: [160, 0, 160] },
  fay: { name: 'fay', tone: 1925, color: [0, 144, 176] },
};

/** @type {Record<string, Rectangle[]>} */
export const LAYOUTS = {
  whole: [{ x: 0, y: 0, width: 1, height: 1 }],
  gridOfTwo: [0, 1 / 2].map((x) => ({ x, y: 1 / 4, width: 1 / 2, height: 1 / 2 })),
  gridOfThree: [
    { x: 0, y: 0, width: 1 / 2, height: 1 / 2 },
    { x: 1 / 2, y: 0, width: 1 / 2, height: 1 / 2 },
    { x: 1 / 4, y: 1 / 2, width: 1 / 2, height: 1 / 2 },
  ],
  gridOfFour: [0, 1 / 2].flatMap((y) => [0, 1 / 2].map((x) => ({ x, y, width: 1 / 2, height: 1 / 2 }))),
  speakerOfFour: [
    { x: 1 / 8, y: 0, width: 3 / 4, height: 3 / 4 },
    ...[1 / 8, 3 / 8, 5 / 8].map((x) => ({ x, y: 3 / 4, width: 1 / 4, height: 1 / 4 })),
  ],
};

/**
 * @param {Rectangle[]} rectangles
 * @param {{color: number[]}[]} shown  who stands where
 */
export function tilesOf(rectangles, shown) {
  return shown.map(({ color }, index) => ({ ...rectangles[index], color }));
}

/**
 * The encoders of a room, one line each, sorted: `opus of ada`, `opus for 2`, `VP8 720 for 3`.
 * @param {import('./daemon.mjs').Daemon} daemon
 * @param {string} room
 * @returns {Promise<string[]>}
 */
export async function encodersOf(daemon, room) {
  const { items } = await daemon.request('GET', `/v1/rooms/${room}/stats`);
  return items
    .filter(({ type }) => type === 'mix-encoder')
    .map(({ kind, codec, frameHeight, ownOf, listeners }) => {
      const what = kind === 'video' ? `${codec} ${frameHeight}` : codec;
      return ownOf && listeners === 1 ? `${what} of ${ownOf}` : `${what} for ${listeners}`;
    })
    .sort();
}

/**
 * @param {import('./daemon.mjs').Daemon} daemon
 * @param {string} room
 * @param {string[]} encoders  as encodersOf() has them
 * @param {number} [timeout]
 */
export async function expectEncoders(daemon, room, encoders, timeout = 8000) {
  await waitFor(`the encoders ${encoders.join(', ')}`, () => encodersOf(daemon, room), {
    accept: (seen) => isDeepStrictEqual(seen, [...encoders].sort()),
    timeout,
  });
}

/**
 * What is wrong with the frames that were shown while one layout followed another: each must be the one or the other, in
 * this order, and nowhere black or green.
 * @param {Buffer[]} frames  of takeFrames()
 * @param {{color: number[], x: number, y: number, width: number, height: number}[]} before
 * @param {{color: number[], x: number, y: number, width: number, height: number}[]} after
 * @returns {string[]}
 */
export function faultsOfChange(frames, before, after) {
  const matches = (pixels, tiles) => tiles.every((tile) => sameColor(colorIn(pixels, tile), tile.color));
  const change = frames.findIndex((frame) => !matches(frame, before));
  if (change < 1) return [change < 0 ? 'the picture did not change' : 'no frame from before the change'];
  return frames.flatMap((frame, index) => {
    const share = shareOfBlackAndGreen(frame);
    if (share > BROKEN_SHARE) return [`frame ${index}: ${Math.round(share * 100)} % are black or green`];
    if (index < change || matches(frame, after)) return [];
    const seen = after.map((tile) => colorIn(frame, tile));
    return [`frame ${index}, changed at ${change}: ${JSON.stringify(seen)}`];
  });
}

const BROKEN_SHARE = 0.01;

/** Black, or what zeros in Y, U and V look like. @param {Buffer} pixels */
function shareOfBlackAndGreen(pixels) {
  let broken = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    const [red, green, blue] = pixels.subarray(i, i + 3);
    if (red + green + blue < 24 || (red < 40 && green > 90 && blue < 40)) ++broken;
  }
  return broken / (pixels.length / 4);
}
