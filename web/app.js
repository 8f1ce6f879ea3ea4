// @ts-check
/**
 * The page. Query parameters fill the form, so that a link leads into a room:
 * `room`, `mode` (sfu, mcu, hybrid), `name`, `source` (devices, test, watch), `join=1` to join without a click; for the test
 * source `tone` (Hz), `color` and `picture` (as in 640x360); `codec` to send and receive no other video than this. The
 * client object of the call is `window.tutti`, for the console and for tests.
 */

import { Problem, joinRoom } from './tutti.js';
import { BandwidthChart } from './bandwidth.js';
import { MixControls, hasMix } from './mixing.js';
import { openDevices, openNothing, openTestSource } from './sources.js';
import { TileGrid, bitrateText } from './tiles.js';

/** @typedef {import('./tutti.js').Room} Room */
/** @typedef {import('./sources.js').Source} Source */

const FIGURES_EVERY_MS = 1000;
const GESTURE_GRACE_MS = 500; // an AudioContext that may run needs a moment to start
const STATE_TEXT = {
  joining: 'joining…',
  connecting: 'connecting…',
  connected: 'connected',
  reconnecting: 'reconnecting…',
  left: '',
};
const MODE_TEXT = { sfu: '', mcu: 'mixed', hybrid: 'hybrid' };

const parameters = new URLSearchParams(location.search);

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (byId('join-form'));
const selfVideo = /** @type {HTMLVideoElement} */ (byId('self-video'));
const tileTemplate = /** @type {HTMLTemplateElement} */ (byId('tile-template'));
const grid = new TileGrid(byId('grid'), tileTemplate, showError);
const mixControls = new MixControls(byId('mixing'), showError);
const bandwidthChart = new BandwidthChart(byId('bandwidth'));

/** The call that is on. @type {{room: Room, source: Source} | null} */
let call = null;

fillForm();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  join();
});
byId('leave').addEventListener('click', () => leave());
byId('mic').addEventListener('click', () => toggleMuted('mic'));
byId('camera').addEventListener('click', () => toggleMuted('cam'));
byId('copy-link').addEventListener('click', copyLink);
byId('error-close').addEventListener('click', () => showError(null));
byId('hear').addEventListener('click', hear);
byId('bandwidth-toggle').addEventListener('click', toggleBandwidth);
document.addEventListener('keydown', handleKey);
addEventListener('pagehide', () => call?.room.leave());
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload(); // the call ended when the page was put aside
});
setInterval(showFigures, FIGURES_EVERY_MS);
if (parameters.get('join') === '1') join();

// Joining and leaving

function fillForm() {
  const saved = JSON.parse(localStorage.getItem('tutti') ?? '{}');
  /** @type {Record<string, string>} */
  const choices = {
    source: parameters.get('source') ?? saved.source ?? 'devices',
    mode: parameters.get('mode') ?? 'sfu',
  };
  field('room').value = parameters.get('room') ?? 'lobby';
  field('name').value = parameters.get('name') ?? saved.name ?? '';
  for (const radio of form.querySelectorAll('input[type=radio]')) {
    if (radio instanceof HTMLInputElement) radio.checked = radio.value === choices[radio.name];
  }
  field(field('name').value === '' ? 'name' : 'room').focus();
}

/** @param {string} name */
function field(name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

async function join() {
  if (call || !form.reportValidity()) return;
  const roomId = field('room').value;
  const name = field('name').value.trim();
  const choice = new FormData(form).get('source');
  showError(null);
  setBusy(true);
  /** @type {Source | null} */
  let source = null;
  try {
    source = await openSource(String(choice), name);
    const room = await joinAs(roomId, name, source);
    call = { room, source };
    Object.assign(window, { tutti: room });
    localStorage.setItem('tutti', JSON.stringify({ name, source: choice }));
    keepInAddress({ room: roomId, mode: room.mode });
    showCall(call);
  } catch (error) {
    source?.stop();
    showError(error);
    if (error instanceof Problem && error.status === 401)
      /** @type {HTMLDetailsElement} */ (byId('access')).open = true;
  } finally {
    setBusy(false);
  }
}

/**
 * The name, made an id, is easy to recognise in the server's log; if somebody else has it, a suffix tells them apart.
 * @param {string} roomId
 * @param {string} name
 * @param {Source} source
 */
async function joinAs(roomId, name, source) {
  const id = idFrom(name);
  const options = {
    baseUrl: '',
    room: roomId,
    name,
    apiKey: field('key').value || undefined,
    tracks: source.tracks,
    mode: /** @type {import('./tutti.js').RoomMode} */ (new FormData(form).get('mode')),
    videoCodec: parameters.get('codec') ?? undefined,
  };
  try {
    return await joinRoom({ ...options, id });
  } catch (error) {
    if (!(error instanceof Problem && error.type.endsWith('/participant-exists'))) throw error;
    const suffix = Math.random().toString(36).slice(2, 6);
    return await joinRoom({ ...options, id: `${id ?? 'guest'}-${suffix}` });
  }
}

/** @param {string} name */
function idFrom(name) {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return id === '' || id === 'mix' || id === 'auto' ? undefined : id;
}

/**
 * @param {string} choice
 * @param {string} name
 */
async function openSource(choice, name) {
  if (choice === 'watch') return openNothing();
  if (choice === 'devices') return openDevices();
  const color = parameters.get('color') ?? '';
  const [width, height] = (parameters.get('picture') ?? '').split('x').map(Number);
  return openTestSource({
    tone: Number(parameters.get('tone')) || 440,
    color: CSS.supports('color', color) ? color : colorOf(name),
    label: name,
    width: width > 0 && width <= 3840 ? width : 1280,
    height: height > 0 && height <= 2160 ? height : 720,
  });
}

/** A colour of its own for each name. @param {string} name */
function colorOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + /** @type {number} */ (character.codePointAt(0))) % 360;
  return `hsl(${hash} 55% 38%)`;
}

function leave() {
  call?.room.leave();
}

/** @param {string} reason */
function endCall(reason) {
  call?.source.stop();
  call = null;
  grid.show(null);
  mixControls.show(null);
  bandwidthChart.clear();
  byId('sound').replaceChildren();
  byId('hear').hidden = true;
  selfVideo.srcObject = null;
  document.body.dataset.view = 'join';
  document.title = 'Tutti';
  byId('state').dataset.state = 'left';
  byId('state').textContent = '';
  if (reason !== 'left') showError(`The call ended: ${reason}.`);
  byId('join').focus();
}

// The call on the screen

/** @param {{room: Room, source: Source}} call */
function showCall({ room, source }) {
  document.body.dataset.view = 'call';
  document.title = `${room.roomId} · Tutti`;
  byId('room-name').textContent = room.roomId;
  byId('room-mode').textContent = MODE_TEXT[room.mode];
  grid.show(room);
  mixControls.show(room);

  const own = [...room.localTracks.keys()];
  byId('mic').hidden = !own.includes('mic');
  byId('camera').hidden = !own.includes('cam');
  byId('self').classList.toggle('mirrored', source.mirrored);
  byId('self-name').textContent = `${field('name').value.trim()} (you)`;
  selfVideo.srcObject = new MediaStream(source.stream.getVideoTracks());
  showMuted(room);

  for (const type of ['participants', 'tracks', 'slot', 'speaker']) room.addEventListener(type, () => update(room));
  room.addEventListener('state', (event) => {
    const { state, reason } = /** @type {CustomEvent} */ (event).detail;
    if (state === 'left') endCall(reason);
    else showState(room, reason);
  });
  showState(room);
  update(room);
  setTimeout(() => askForGesture(source), GESTURE_GRACE_MS);
}

/** @param {Room} room */
function update(room) {
  if (call?.room !== room) return;
  grid.update();
  mixControls.update();
  playSound(room);
  const shown = grid.shown;
  showPeople(room, shown);
  const others = room.participants.size - (room.participants.has(room.id) ? 1 : 0);
  byId('empty').hidden = shown.size > 0;
  byId('empty-text').textContent = others > 0 ? 'Nobody sends a picture.' : 'Nobody else is here yet.';
  byId('empty-hint').hidden = others > 0;
  byId('self').classList.toggle('speaking', room.speaker === room.id);
  byId('self').hidden = room.localTracks.size === 0 || hasMix(room, 'video'); // there one stands among the others
}

/**
 * Names of those that no tile shows.
 * @param {Room} room
 * @param {Set<string>} shown
 */
function showPeople(room, shown) {
  const items = [...room.participants.values()]
    .filter(({ id }) => id !== room.id && !shown.has(id))
    .map(({ id, name }) => {
      const item = document.createElement('li');
      item.textContent = name || id;
      item.dataset.participant = id;
      item.classList.toggle('speaking', room.speaker === id);
      return item;
    });
  byId('people').replaceChildren(...items);
}

/**
 * @param {Room} room
 * @param {string} [reason]
 */
function showState(room, reason = '') {
  const state = byId('state');
  state.dataset.state = room.state;
  state.textContent = STATE_TEXT[room.state];
  if (room.state === 'connected') showError(null);
  if (room.state === 'reconnecting') showError(`Connection lost: ${reason}. Trying again…`);
}

/** @param {Room} room */
function showMuted(room) {
  /** @type {[string, string, string, string][]} */
  const buttons = [
    ['mic', 'mic', 'Mute', 'Unmute'],
    ['camera', 'cam', 'Camera off', 'Camera on'],
  ];
  for (const [button, track, turnOff, turnOn] of buttons) {
    const muted = room.isMuted(track);
    byId(button).setAttribute('aria-pressed', String(muted));
    /** @type {HTMLElement} */ (byId(button).querySelector('span')).textContent = muted ? turnOn : turnOff;
  }
  byId('self-muted').hidden = !room.isMuted('mic');
  byId('self').classList.toggle('covered', room.isMuted('cam'));
}

/** @param {string} track */
async function toggleMuted(track) {
  const room = call?.room;
  if (!room?.localTracks.has(track)) return;
  const done = room.setMuted(track, !room.isMuted(track));
  showMuted(room);
  try {
    await done;
  } catch (error) {
    if (room.state === 'connected') showError(error); // otherwise it is said again when the connection is back
  }
}

async function showFigures() {
  const figures = await call?.room.getFigures().catch(() => null);
  byId('figure-out').textContent = figures ? bitrateText(figures.bitrateOut) : '–';
  byId('figure-in').textContent = figures ? bitrateText(figures.bitrateIn) : '–';
  byId('figure-rtt').textContent = figures?.rtt != null ? `${Math.round(figures.rtt * 1000)} ms` : '–';
  byId('figure-loss').textContent = figures?.loss != null ? `${(figures.loss * 100).toFixed(1)} %` : '–';
  if (!figures) return;
  const bandwidth = call?.room.bandwidth ?? null;
  byId('figure-carries').textContent = bandwidth ? bitrateText(bandwidth.target_bps) : '–';
  bandwidthChart.add(bandwidth, figures.bitrateIn);
  const heights = figures.sending
    .filter((layer) => layer.kind === 'video' && layer.active && layer.bitrate > 0)
    .map((layer) => layer.height);
  byId('figure-layers').textContent =
    heights
      .sort((a, b) => a - b)
      .map((height) => `${height}p`)
      .join(' ') || 'no picture';
  grid.showFigures(figures);
}

function toggleBandwidth() {
  const panel = byId('bandwidth');
  panel.hidden = !panel.hidden;
  byId('bandwidth-toggle').setAttribute('aria-expanded', String(!panel.hidden));
}

// Sound

/** One hidden element for each audio slot. @param {Room} room */
function playSound(room) {
  for (const slot of room.slots.values()) {
    if (slot.kind !== 'audio') continue;
    let audio = /** @type {HTMLAudioElement | null} */ (byId('sound').querySelector(`[data-slot="${slot.slot}"]`));
    if (!audio) {
      audio = document.createElement('audio');
      audio.autoplay = true;
      audio.dataset.slot = slot.slot;
      audio.dataset.testid = 'audio';
      byId('sound').append(audio);
    }
    audio.dataset.track = slot.current ?? '';
    const playing = audio.srcObject instanceof MediaStream ? audio.srcObject.getTracks()[0] : null;
    if (playing === slot.media) continue;
    audio.srcObject = new MediaStream([slot.media]);
    audio.play().catch((error) => {
      if (error.name === 'NotAllowedError') byId('hear').hidden = false;
    });
  }
}

/** @param {Source} source */
function askForGesture(source) {
  if (call?.source === source && source.silenced()) byId('hear').hidden = false;
}

async function hear() {
  byId('hear').hidden = true;
  await call?.source.resume();
  for (const audio of byId('sound').querySelectorAll('audio')) audio.play().catch(showError);
}

// Small things

/** @param {boolean} busy */
function setBusy(busy) {
  const button = /** @type {HTMLButtonElement} */ (byId('join'));
  button.disabled = busy;
  button.textContent = busy ? 'Joining…' : 'Join';
}

/** @param {unknown} error  an Error, a text, or null for none */
function showError(error) {
  byId('error').hidden = error === null;
  byId('error-text').textContent = error instanceof Error ? error.message : String(error ?? '');
}

/** @param {Record<string, string>} values */
function keepInAddress(values) {
  for (const [key, value] of Object.entries(values)) parameters.set(key, value);
  history.replaceState(null, '', `?${parameters}`);
}

async function copyLink() {
  const link = new URL(location.pathname, location.origin);
  link.searchParams.set('room', call?.room.roomId ?? '');
  if (call && call.room.mode !== 'sfu') link.searchParams.set('mode', call.room.mode);
  try {
    await navigator.clipboard.writeText(link.href);
    byId('copy-link').textContent = 'Copied';
    setTimeout(() => (byId('copy-link').textContent = 'Copy link'), 1500);
  } catch {
    prompt('Link to this room', link.href);
  }
}

/** @param {KeyboardEvent} event */
function handleKey(event) {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (!call || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === 'm') toggleMuted('mic');
  if (event.key === 'v') toggleMuted('cam');
}
