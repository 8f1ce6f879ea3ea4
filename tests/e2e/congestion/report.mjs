// RESULTS.md: what scenarios measured, beside the bounds that are asserted.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

/**
 * A line of a table: what it says of a scenario's figures, and what must hold of them.
 * @typedef {{what: string, value: (figures: any) => unknown, bound?: string, holds?: (figures: any) => boolean}} Row
 */

const milliseconds = (/** @type {number | null} */ value) => (value === null ? 'never' : `${value} ms`);
const within = (/** @type {number | null} */ value, /** @type {number} */ limit) => value !== null && value <= limit;

/** @type {Row[]} */
const shaped = [
  { what: 'first frame', value: ({ firstFrame }) => milliseconds(firstFrame) },
  { what: '720 lines for the first time', value: ({ full }) => milliseconds(full) },
  { what: 'smaller after the link got slow', value: ({ down }) => milliseconds(down), bound: '3 s', holds: ({ down }) => within(down, 3000) },
  { what: 'longest time without a new frame, from then to the end', value: ({ freeze }) => `${freeze} ms`, bound: '500 ms', holds: ({ freeze }) => freeze <= 500 },
  { what: '720 lines after the link was restored', value: ({ up }) => milliseconds(up), bound: '15 s', holds: ({ up }) => within(up, 15_000) },
  { what: 'freezes that the browser counted', value: ({ freezes, frozen }) => `${freezes}, ${frozen.toFixed(1)} s` },
  { what: 'video before / while slow / after', value: ({ before, during, after }) => `${before} / ${during} / ${after} kbit/s` },
  { what: 'frames a second while slow', value: ({ fps }) => fps },
  { what: 'changes of height', value: ({ heights }) => heights.length - 1 },
  { what: 'sound that was made up', value: ({ concealed }) => `${concealed} %` },
  { what: 'packets that the link dropped', value: ({ dropped }) => dropped },
  { what: 'the other viewer: freezes', value: ({ otherFreezes }) => otherFreezes, bound: '0', holds: ({ otherFreezes }) => otherFreezes === 0 },
  { what: 'the other viewer: changes of height', value: ({ otherHeights }) => otherHeights.length, bound: '0', holds: ({ otherHeights }) => otherHeights.length === 0 },
  { what: 'the other viewer: frames a second, of those encoded', value: ({ otherFps, encodedFps }) => `${otherFps}, ${encodedFps || '?'}` },
  { what: 'the other viewer: longest time without a new frame', value: ({ otherFreeze }) => `${otherFreeze} ms` },
  { what: 'processors busy', value: ({ busy }) => `${busy} %` },
];

/** @type {Row[]} */
const tiles = [0, 1].flatMap((index) => {
  const phase = (figures) => figures.phases[index];
  return [
    { what: `speaker ${index + 1}: largest after`, value: (figures) => milliseconds(phase(figures).took), bound: '20 s', holds: (figures) => within(phase(figures).took, 20_000) },
    { what: 'heights shown, the speaker first', value: (figures) => heightsOf(phase(figures)), bound: "the speaker's is the largest", holds: (figures) => phase(figures).still },
    { what: 'frames decoded in 8 s', value: (figures) => phase(figures).decoded.join(', '), bound: 'more than 20 in each of 8', holds: (figures) => phase(figures).decoded.length === 8 && phase(figures).decoded.every((frames) => frames > 20) },
    { what: 'longest time without a new frame', value: (figures) => `${Math.max(...phase(figures).gap)} ms` },
    { what: 'video', value: (figures) => `${phase(figures).kbps} kbit/s` },
  ];
});

const heightsOf = ({ speaker, shown }) =>
  [shown[speaker], ...Object.entries(shown).flatMap(([id, height]) => (id === speaker ? [] : [height]))].join(', ');

/** @type {Row[]} */
const audio = [
  { what: 'packets lost on the link', value: ({ lost }) => `${lost.toFixed(1)} %` },
  { what: 'sound that was made up', value: ({ concealed }) => `${concealed.toFixed(1)} %` },
  { what: 'audio received', value: ({ kbps }) => `${kbps.toFixed(0)} kbit/s` },
];

/** @type {Row[]} */
const joiner = [
  { what: 'first frame, median', value: ({ median }) => `${median} ms` },
  { what: 'first frame, worst', value: ({ worst }) => `${worst} ms` },
  { what: 'connected, median', value: ({ connected }) => `${connected} ms` },
  { what: 'first frame after being connected, median', value: ({ sinceConnected }) => `${sinceConnected} ms` },
  { what: 'keyframes encoded, for joins', value: ({ keyframes, joins }) => `${keyframes}, ${joins}` },
  { what: 'height of the first frame', value: ({ heights }) => [...new Set(heights)].join(', ') },
];

/** @type {{title: string, text: string, columns: Record<string, string>, rows: Row[]}[]} */
const sections = [
  {
    title: 'A link that gets slow, and recovers',
    text: `One publisher: 1280x720 at 15 frames a second, 2.35 Mbit/s in three layers. Two viewers; the link to one carries 4 Mbit/s, then 600 kbit/s
for 20 s, then 4 Mbit/s again (tbf, a queue of 300 ms). Times without a frame are those between frames that the element showed.`,
    columns: { 'shaped-vp8': 'VP8, simulcast', 'shaped-vp9': 'VP9 L3T3_KEY', 'shaped-av1': 'AV1 L3T3_KEY' },
    rows: shaped,
  },
  {
    title: 'Side by side with Janus',
    text: `The same publisher, browsers and links. Janus 1.1.2 as Debian 12 packages it, with its videoroom as an operator has it out of the box: its demo
room, without that room's limit of 128 kbit/s for each publisher. It does not choose layers by what a link carries: a client may ask
for another one, and no client of this test does, as the page of its demo does not unless somebody presses a button.`,
    columns: { 'shaped-vp8': 'Tutti', 'shaped-janus': 'Janus' },
    rows: shaped.map(({ what, value }) => ({ what, value })),
  },
  {
    title: 'Eight tiles on 2 Mbit/s',
    text: `Eight publishers, each 640x360 at 10 frames a second, 600 kbit/s, and 320x180, 120 kbit/s. One of them speaks, then another.`,
    columns: { tiles: 'measured' },
    rows: tiles,
  },
  {
    title: 'Ten who join a call that runs',
    text: `The publisher is 100 ms away in each direction, and sends up to 960x540. Ten join, one every 500 ms; times are from the request to join to the
first frame shown. Keyframes are those of all layers. A keyframe of the cache serves who comes within two seconds (media.fast_start).`,
    columns: { 'late-joiner': 'Tutti', 'late-joiner-slow': 'Tutti, without fast start', 'late-joiner-janus': 'Janus' },
    rows: joiner,
  },
];

/** @param {{name: string, commit: string, date: string, figures: any}[]} measured */
export function report(measured) {
  const by = new Map(measured.map((entry) => [entry.name, entry]));
  const parts = [preamble(measured)];
  for (const { title, text, columns, rows } of sections) {
    const there = Object.keys(columns).filter((name) => by.has(name));
    if (there.length === 0) continue;
    const bounds = rows.some(({ bound }) => bound);
    const head = ['', ...there.map((name) => columns[name]), ...(bounds ? ['bound'] : [])];
    const lines = rows.map(({ what, value, bound, holds }) => {
      const cells = there.map((name) => {
        const { figures } = /** @type {any} */ (by.get(name));
        return `${value(figures)}${holds && !holds(figures) ? ' **missed**' : ''}`;
      });
      return [what, ...cells, ...(bounds ? [bound ?? ''] : [])];
    });
    parts.push(`## ${title}\n${text}\n\n${table([head, ...lines])}`);
  }
  if (by.has('lossy-audio')) parts.push(audioSection(by.get('lossy-audio').figures));
  return `${parts.join('\n\n')}\n`;
}

/** Sentences on what did not hold. @param {{name: string, figures: any}[]} measured */
export function missed(measured) {
  const lines = [];
  for (const { name, figures } of measured) {
    const rows = sections.find(({ columns, rows }) => name in columns && rows.some(({ holds }) => holds))?.rows ?? [];
    const compared = name.endsWith('-janus');
    for (const { what, value, bound, holds } of rows)
      if (holds && !compared && !holds(figures)) lines.push(`${name}: ${what}: ${value(figures)}, bound ${bound}`);
    if (name === 'lossy-audio' && !redHelps(figures))
      lines.push(`${name}: RED conceals ${ratio(figures).toFixed(2)} of what is without it`);
  }
  return lines;
}

const ratio = ({ red, bare }) => red.concealed / bare.concealed;
const redHelps = (figures) => ratio(figures) <= 1 / 3;

function audioSection(figures) {
  const rows = audio.map(({ what, value }) => [what, value(figures.red), value(figures.bare)]);
  const share = `${ratio(figures).toFixed(2)} of what it is without (bound: 0.33)${redHelps(figures) ? '' : ' **missed**'}`;
  return `## Audio at 20 % loss
Two listeners, each behind a link that drops a fifth of all packets at random (nftables); one takes RED, the other does not. 40 s.

${table([['', 'with RED', 'without'], ...rows])}

With RED, what is made up is ${share}.`;
}

function preamble(measured) {
  const model = fs.readFileSync('/proc/cpuinfo', 'utf8').match(/model name\s*: (.*)/)?.[1] ?? 'unknown';
  const browser = spawnSync(process.env.CHROMIUM_BIN ?? '/usr/bin/chromium', ['--version'], {
    encoding: 'utf8',
  }).stdout.trim();
  const notes = [...new Set(measured.flatMap(({ note }) => (note ? [note] : [])))];
  const taken = measured.map(({ name, commit, date }) => `${name} ${commit} ${date}`);
  return `# Congestion control with real browsers
Written by \`make congestion-e2e\` (run.mjs), which ends with an error if a bound is missed. ${os.cpus().length} processors (${model}),
${browser.replace(/ built.*/, '')}, headless, each in a network namespace of its own.

${[...notes, ''].join('\n')}Taken (scenario, commit, UTC): ${taken.join('; ')}.`;
}

/** @param {unknown[][]} rows  the first is the head */
function table([head, ...rows]) {
  const line = (/** @type {unknown[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
