// @ts-check
/**
 * The client of a Tutti room: one offer, one answer, and a model of the room that server-sent events keep up to date.
 *
 *     const room = await joinRoom({ baseUrl: '', room: 'r', name: 'Ada', tracks: [{ track: microphone, id: 'mic' }] });
 *     room.addEventListener('slot', ({ detail: slot }) => show(slot));
 *     await room.leave();
 *
 * The server is ICE-lite and learns this side's addresses from its checks, so nothing is trickled. A participant that was
 * in once stays in until it leaves: when the connection or the server goes away, `Room` joins again under the same id.
 */

import { readEvents } from './event_stream.js';
import { FiguresReader } from './figures.js';

/** @typedef {import('./figures.js').Figures} Figures */

/**
 * A track to publish.
 * @typedef {object} LocalTrack
 * @property {MediaStreamTrack} track
 * @property {string} [id]        the track's name in the room, `participant/id`; by default `mic` or `cam`
 * @property {string} [source]    microphone, camera, screen; by default by kind
 * @property {boolean} [simulcast]  video in three layers (see SIMULCAST)
 */

/**
 * @typedef {object} JoinOptions
 * @property {string} [baseUrl]     where the server is, without a slash at the end; by default where the page is
 * @property {string} room          room id; the room is made if it is not there
 * @property {string} [id]          participant id; by default the server makes one
 * @property {string} [name]        for people to read
 * @property {string} [apiKey]      sent as bearer token
 * @property {LocalTrack[]} [tracks]
 * @property {number} [audioSlots]  how many others are heard at once, by default 3
 * @property {number} [videoSlots]  how many others are seen at once, by default 9
 * @property {RoomMode} [mode]      of the room, if it has to be made; one that is there keeps its own
 * @property {string} [videoCodec]  sent and received instead of all that the browser knows, for example H264
 */

/** What a room does with tracks: forwards them, mixes them, or what each slot asks for. @typedef {'sfu' | 'mcu' | 'hybrid'} RoomMode */
/** How the pictures of a room that mixes are composed: LayoutInfo in openapi.yaml. @typedef {{kind: string} & Record<string, any>} Layout */

/** @typedef {'joining' | 'connecting' | 'connected' | 'reconnecting' | 'left'} RoomState */

/** @typedef {{id: string, name: string}} Participant */
/** @typedef {{rid: string, active: boolean, wanted: boolean, width: number | null, height: number | null, bitrate_bps: number}} Layer */
/**
 * @typedef {{id: string, participant: string, name: string, kind: 'audio' | 'video', codec: string, source: string,
 *            muted: boolean, layers: Layer[]}} Track  layers are listed lowest first
 */
/** @typedef {{rid: string, width: number | null, height: number | null, spatial: number | null, temporal: number | null, bitrate_bps: number}} SlotLayer */
/**
 * What the server believes the way here carries, and what that is made of: BandwidthInfo in openapi.yaml.
 * @typedef {{target_bps: number, limited_by: 'start' | 'delay' | 'loss' | 'receiver' | 'maximum', delay_based_bps: number,
 *            loss_based_bps: number, acknowledged_bps: number | null, loss: number, application_limited: boolean, used_bps: number, needed_bps: number}} Bandwidth
 */
/**
 * What one receiving m-line shows. `track` is what was asked for, `current` what is in it, `media` where it is heard or
 * seen; `media` is another object after a reconnect.
 * @typedef {{slot: string, kind: 'audio' | 'video', track: string | null, max_height: number | null, rid: string | null,
 *            temporal: number | null, max_fps: number | null, priority: number | null, visible: boolean, paused: boolean,
 *            current: string | null, layer: SlotLayer | null, ideal: SlotLayer | null, reason: string | null,
 *            limited_by: 'viewer' | 'publisher' | 'bandwidth' | 'settling' | null,
 *            media: MediaStreamTrack}} Slot
 */
/**
 * `track` is `participant/name`, `auto`, `mix` (in rooms that mix: all voices, or the composed picture) or null.
 * @typedef {{track?: string | null, layout?: string, max_height?: number | null, rid?: string | null,
 *            temporal?: number | null, max_fps?: number | null, priority?: number | null, visible?: boolean,
 *            paused?: boolean}} Subscription
 */

/** The layers of a simulcast track, lowest first: a quarter, a half and the full size. Small pictures have fewer. */
export const SIMULCAST = Object.freeze([
  Object.freeze({ rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 }),
  Object.freeze({ rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 }),
  Object.freeze({ rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 }),
]);
const SINGLE_LAYER_MAX_BITRATE = 1_700_000;

const REQUEST_TIMEOUT_MS = 8_000;
const CONNECT_TIMEOUT_MS = 10_000;
const DISCONNECTED_TIMEOUT_MS = 3_000;
const EVENTS_SILENCE_MS = 15_000; // three of the server's pings
const RETRY_FIRST_MS = 300;
const RETRY_MAX_MS = 2_000;

/** A request that failed: the server's problem document (RFC 9457), or status 0 if there was no answer. */
export class Problem extends Error {
  /** @param {{type?: string, title?: string, status?: number, detail?: string, errors?: {pointer: string, detail: string}[]}} document */
  constructor({ type = 'about:blank', title = 'The request failed', status = 0, detail = '', errors = [] }) {
    const fields = errors.map((error) => `${error.pointer}: ${error.detail}`).join('; ');
    super([title, detail, fields].filter(Boolean).join(': '));
    this.name = 'Problem';
    this.type = type;
    this.status = status;
  }
}

/**
 * Joins a room. Rejects with a Problem if the first attempt fails; later failures are repaired.
 * @param {JoinOptions} options
 * @returns {Promise<Room>}
 */
export async function joinRoom(options) {
  const room = new Room(options);
  await room.join();
  return room;
}

/**
 * A participant's view of its room. Fires CustomEvents, `detail` in brackets:
 * `state` [{state, reason}], `participants` [Map], `tracks` [Map], `slot` [Slot], `speaker` [id or null],
 * `bandwidth` [Bandwidth], `layers` [{track, layers}: what of an own track is wanted], `left` [{participant, reason}].
 */
export class Room extends EventTarget {
  /** @type {RoomState} */
  state = 'joining';
  /** Own participant id; empty until joined. */
  id = '';
  /** @type {Map<string, Participant>} everybody, oneself included */
  participants = new Map();
  /** @type {Map<string, Track>} by `participant/name`, one's own included */
  tracks = new Map();
  /** @type {Map<string, Slot>} in the order of the m-lines: audio, then video */
  slots = new Map();
  /** @type {string | null} who speaks */
  speaker = null;
  /** @type {Bandwidth | null} null until the server knows, and where it does not limit */
  bandwidth = null;
  /** @type {RoomMode} */
  mode = 'sfu';

  /** @type {JoinOptions & Required<Pick<JoinOptions, 'baseUrl' | 'tracks' | 'audioSlots' | 'videoSlots'>>} */
  #options;
  /** @type {Session | null} */
  #session = null;
  /** @type {Map<string, Subscription>} what was asked for, to be asked for again after a reconnect */
  #subscriptions = new Map();
  /** @type {Set<string>} ids of own tracks that are muted */
  #muted = new Set();
  #leaving = new AbortController();
  #joined = false;

  /** @param {JoinOptions} options */
  constructor(options) {
    super();
    this.#options = { baseUrl: '', tracks: [], audioSlots: 3, videoSlots: 9, ...options };
    this.id = options.id ?? '';
  }

  get roomId() {
    return this.#options.room;
  }

  /** The peer connection in use, for debugging; another one after a reconnect. */
  get peerConnection() {
    return this.#session?.pc ?? null;
  }

  /** Own tracks as they were given, by id. @returns {Map<string, LocalTrack>} */
  get localTracks() {
    return new Map(this.#options.tracks.map((local) => [idOf(local), local]));
  }

  /** Joins for the first time; `joinRoom` calls it. */
  async join() {
    try {
      await this.#connect(false);
    } catch (error) {
      this.#end('failed');
      throw error;
    }
  }

  /**
   * Leaves at once and for good. Safe to call from a `pagehide` handler.
   * @returns {Promise<void>}
   */
  async leave() {
    if (this.state === 'left') return;
    this.#end('left');
    if (this.#joined) await this.#remove();
  }

  /** @param {string} id  of an own track */
  isMuted(id) {
    return this.#muted.has(id);
  }

  /**
   * Stops or resumes sending what a track carries, and tells the others.
   * @param {string} id      of an own track
   * @param {boolean} muted
   */
  async setMuted(id, muted) {
    const local = this.localTracks.get(id);
    if (!local) throw new RangeError(`no own track ${id}`);
    local.track.enabled = !muted;
    if (muted) this.#muted.add(id);
    else this.#muted.delete(id);
    await this.#request('PATCH', this.#participantPath(), { publish: [{ id, muted }] });
  }

  /**
   * Changes what a slot receives; fields that are left out stay. Kept over reconnects.
   * @param {string} slot
   * @param {Subscription} change
   */
  async setSubscription(slot, change) {
    await this.setSubscriptions(new Map([[slot, change]]));
  }

  /**
   * The same for several slots at once.
   * @param {Map<string, Subscription>} changes  by slot
   */
  async setSubscriptions(changes) {
    for (const [slot, change] of changes) {
      this.#subscriptions.set(slot, { ...this.#subscriptions.get(slot), ...change });
    }
    const session = this.#session;
    const reply = await this.#request('PATCH', `${this.#participantPath()}/subscriptions`, {
      subscriptions: [...changes].map(([slot, change]) => ({ slot, ...change })),
    });
    if (session && session === this.#session) for (const info of reply.items ?? []) this.#updateSlot(session, info);
  }

  /**
   * In rooms that mix: the layout of the composed picture.
   * @param {string} [name]
   * @returns {Promise<Layout>}
   */
  getLayout(name = 'default') {
    return this.#request('GET', `${this.#roomPath()}/layouts/${encodeURIComponent(name)}`);
  }

  /**
   * Changes the layout for everybody who watches it; fields that are left out stay.
   * @param {Partial<Layout>} change
   * @param {string} [name]
   */
  async setLayout(change, name = 'default') {
    const { name: _, compositions, encoders, watchers, ...layout } = { ...(await this.getLayout(name)), ...change };
    if (layout.kind !== 'custom') delete layout.rectangles;
    await this.#request('PUT', `${this.#roomPath()}/layouts/${encodeURIComponent(name)}`, layout);
  }

  /**
   * Live figures; rates are those since the last call.
   * @returns {Promise<Figures | null>} null while there is no connection
   */
  async getFigures() {
    const session = this.#session;
    if (!session || session.closed) return null;
    return session.figures.read(await session.pc.getStats());
  }

  // Connecting

  /** @param {boolean} again  take over from the participant that we were before */
  async #connect(again) {
    const session = new Session();
    this.#session = session;
    try {
      const publish = this.#addTransceivers(session);
      await session.pc.setLocalDescription();
      /** @type {{transport: object, publish: object[], id?: string, name?: string, replace?: boolean, subscriptions?: object[]}} */
      const body = { transport: { kind: 'webrtc', offer: session.pc.localDescription?.sdp }, publish: publish() };
      if (this.id) body.id = this.id;
      if (this.#options.name) body.name = this.#options.name;
      if (again && this.id) body.replace = true;
      if (this.#subscriptions.size > 0) {
        body.subscriptions = [...this.#subscriptions].map(([slot, subscription]) => ({ slot, ...subscription }));
      }

      await this.#makeRoom();
      const reply = await this.#request('POST', `${this.#roomPath()}/participants`, body);
      this.id = reply.id;
      this.#joined = true;
      if (this.#leaving.signal.aborted) await this.#remove(); // left while the answer was on its way
      if (session.closed) return;
      await session.pc.setRemoteDescription({ type: 'answer', sdp: reply.transport.answer });
      if (session.closed) return;
      for (const track of reply.tracks ?? []) this.tracks.set(track.id, track);
      for (const slot of reply.slots ?? []) this.#updateSlot(session, slot);
      this.#watchConnection(session);
      this.#watchEvents(session, reply.events);
      if (this.#muted.size > 0) {
        const muted = [...this.#muted].map((id) => ({ id, muted: true }));
        // The track itself is silent already; if this fails, the others merely do not see the mark.
        await this.#request('PATCH', this.#participantPath(), { publish: muted }).catch(() => {});
      }
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /**
   * The m-lines of the offer: own tracks, audio slots, video slots.
   * @param {Session} session
   * @returns {() => object[]} the entries of `publish`, once the local description has given out the mids
   */
  #addTransceivers(session) {
    const { tracks, audioSlots, videoSlots, videoCodec } = this.#options;
    const stream = new MediaStream(tracks.map((local) => local.track));
    const sending = tracks.map((local) => {
      const init = {
        direction: /** @type {const} */ ('sendonly'),
        streams: [stream],
        sendEncodings: encodingsOf(local),
      };
      const transceiver = session.pc.addTransceiver(local.track, init);
      session.senders.set(idOf(local), transceiver.sender);
      if (local.track.kind === 'video' && videoCodec) transceiver.setCodecPreferences(videoCodecs(videoCodec));
      return { local, transceiver };
    });
    for (let i = 0; i < audioSlots; ++i)
      session.receivers.push(session.pc.addTransceiver('audio', { direction: 'recvonly' }));
    for (let i = 0; i < videoSlots; ++i) {
      const transceiver = session.pc.addTransceiver('video', { direction: 'recvonly' });
      transceiver.setCodecPreferences(videoCodecs(videoCodec));
      describeDependencies(transceiver);
      session.receivers.push(transceiver);
    }
    return () =>
      sending.map(({ local, transceiver }) => ({ mid: transceiver.mid, id: idOf(local), source: sourceOf(local) }));
  }

  async #remove() {
    await this.#request('DELETE', this.#participantPath(), undefined, { keepalive: true }).catch(() => {});
  }

  async #makeRoom() {
    const { mode } = this.#options;
    try {
      this.mode = (await this.#request('PUT', this.#roomPath(), mode ? { mode } : {})).mode;
    } catch (error) {
      // It is there, made otherwise: somebody set it up on purpose.
      if (!(error instanceof Problem && error.status === 409)) throw error;
      this.mode = (await this.#request('GET', this.#roomPath())).mode;
    }
  }

  /** @param {Session} session */
  #watchConnection(session) {
    const { pc } = session;
    this.#setState('connecting');
    session.after('connect', CONNECT_TIMEOUT_MS, () => this.#recover(session, 'no media connection to the server'));

    const look = () => {
      if (session.closed) return;
      const ice = pc.iceConnectionState;
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed' || ice === 'failed') {
        this.#recover(session, 'the media connection failed');
      } else if (ice === 'disconnected') {
        session.after('disconnected', DISCONNECTED_TIMEOUT_MS, () =>
          this.#recover(session, 'the media connection was lost'),
        );
      } else if (pc.connectionState === 'connected') {
        session.cancel('connect');
        session.cancel('disconnected');
        this.#setState('connected');
      }
    };
    pc.addEventListener('iceconnectionstatechange', look);
    pc.addEventListener('connectionstatechange', look);
    look();
  }

  /**
   * Closes the session and joins again, until that works or the caller leaves.
   * @param {Session} session
   * @param {string} reason
   */
  async #recover(session, reason) {
    if (session.closed || session !== this.#session) return;
    session.close();
    this.#setState('reconnecting', reason);
    for (let attempt = 0; !this.#leaving.signal.aborted; ++attempt) {
      const backoff = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** attempt);
      await sleep(backoff * (0.75 + Math.random() / 2));
      if (this.#leaving.signal.aborted) return;
      try {
        await this.#connect(true);
        return;
      } catch (error) {
        if (this.#leaving.signal.aborted) return;
        if (error instanceof Problem && (error.status === 400 || error.status === 401)) {
          this.#end(error.message); // what we say is refused, and would be the next time
          return;
        }
        this.#setState('reconnecting', error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** @param {string} reason */
  #end(reason) {
    if (this.state === 'left') return;
    this.#session?.close();
    this.#leaving.abort();
    this.#setState('left', reason);
  }

  // Events

  /**
   * Follows the room's events. A stream that breaks is resumed once where it was; if that fails, the session is over.
   * @param {Session} session
   * @param {string} path
   */
  async #watchEvents(session, path) {
    let lastEventId = '';
    let reason = '';
    for (let failures = 0; failures < 2 && !session.closed; ++failures) {
      if (failures > 0) await sleep(100 + Math.random() * 200);
      try {
        const response = await fetch(this.#options.baseUrl + path, {
          headers: {
            ...this.#authorization(),
            accept: 'text/event-stream',
            ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
          },
          cache: 'no-store',
          signal: session.ended.signal,
        });
        if (!response.ok) throw await problemOf(response);
        for await (const event of readEvents(response, { silenceMs: EVENTS_SILENCE_MS })) {
          if (session.closed) return;
          lastEventId = event.id;
          failures = 0;
          this.#handleEvent(session, event.type, JSON.parse(event.data));
        }
        reason = 'the event stream ended';
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (error instanceof Problem) break; // the room or we in it are no longer known
      }
    }
    this.#recover(session, reason);
  }

  /**
   * @param {Session} session
   * @param {string} type
   * @param {any} data
   */
  #handleEvent(session, type, data) {
    switch (type) {
      case 'snapshot':
        this.#takeSnapshot(session, data);
        break;
      case 'joined':
        this.participants.set(data.participant.id, data.participant);
        this.#emit('participants', this.participants);
        break;
      case 'left':
        this.#removeParticipant(session, data);
        break;
      case 'track':
        if (data.action === 'removed') this.tracks.delete(data.track.id);
        else this.tracks.set(data.track.id, data.track);
        this.#emit('tracks', this.tracks);
        break;
      case 'slot':
        if (data.participant === this.id) this.#updateSlot(session, data.slot);
        break;
      case 'speaker':
        this.speaker = data.participant;
        this.#emit('speaker', this.speaker);
        break;
      case 'layer':
        this.#applyLayers(session, data);
        break;
      case 'bandwidth':
        this.bandwidth = data.bandwidth;
        this.#emit('bandwidth', this.bandwidth);
        break;
      case 'state':
        if (data.room === 'closed' && data.reason !== 'shutdown') this.#end('the room was closed');
        break;
    }
  }

  /**
   * @param {Session} session
   * @param {any} data
   */
  #takeSnapshot(session, data) {
    this.participants = new Map(data.participants.map((/** @type {Participant} */ p) => [p.id, p]));
    if (!this.participants.has(this.id)) {
      this.#recover(session, 'the room no longer knows us');
      return;
    }
    this.tracks = new Map(data.tracks.map((/** @type {Track} */ track) => [track.id, track]));
    this.speaker = data.room.speaker;
    this.#emit('participants', this.participants);
    this.#emit('tracks', this.tracks);
    this.#emit('speaker', this.speaker);
    for (const slot of data.slots) this.#updateSlot(session, slot);
    for (const layers of data.layers) this.#applyLayers(session, layers);
  }

  /**
   * @param {Session} session
   * @param {{participant: string, reason: string}} data
   */
  #removeParticipant(session, { participant, reason }) {
    this.participants.delete(participant);
    for (const track of this.tracks.values()) if (track.participant === participant) this.tracks.delete(track.id);
    if (this.speaker === participant) this.speaker = null;
    this.#emit('left', { participant, reason });
    this.#emit('participants', this.participants);
    this.#emit('tracks', this.tracks);
    if (participant !== this.id) return;
    // Somebody meant it in two cases; in the others we want to be in.
    if (reason === 'removed') this.#end('removed from the room');
    else if (reason === 'replaced') this.#end('joined again from elsewhere');
    else this.#recover(session, `the server let go of us (${reason})`);
  }

  /**
   * @param {Session} session
   * @param {Omit<Slot, 'media'>} info
   */
  #updateSlot(session, info) {
    const transceiver = session.receivers.find((candidate) => candidate.mid === info.slot);
    if (!transceiver) return;
    const slot = { ...info, media: transceiver.receiver.track };
    this.slots.set(info.slot, slot);
    this.#emit('slot', slot);
  }

  /**
   * Sends those layers of an own video track that somebody watches, and no others.
   * @param {Session} session
   * @param {{track: string, layers: {rid: string, wanted: boolean}[]}} data
   */
  #applyLayers(session, data) {
    const [participant, id] = data.track.split('/');
    const sender = session.senders.get(id);
    if (participant !== this.id || !sender || sender.track?.kind !== 'video') return;
    const wanted = new Map(data.layers.map((layer) => [layer.rid, layer.wanted]));
    this.#emit('layers', data);
    session.enqueue(async () => {
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) encoding.active = wanted.get(encoding.rid ?? '') ?? encoding.active;
      // The server picks sizes by choosing layers; a layer that changes its own size would undo that.
      parameters.degradationPreference = 'maintain-resolution';
      await sender.setParameters(parameters);
    });
  }

  // Helpers

  #roomPath() {
    return `/v1/rooms/${encodeURIComponent(this.#options.room)}`;
  }

  #participantPath() {
    return `${this.#roomPath()}/participants/${encodeURIComponent(this.id)}`;
  }

  /** @returns {Record<string, string>} */
  #authorization() {
    return this.#options.apiKey ? { authorization: `Bearer ${this.#options.apiKey}` } : {};
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {{keepalive?: boolean}} [options]
   * @returns {Promise<any>} the JSON of the answer, {} if there is none
   */
  async #request(method, path, body, { keepalive = false } = {}) {
    let response;
    try {
      response = await fetch(this.#options.baseUrl + path, {
        method,
        headers: { ...this.#authorization(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
        keepalive,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch {
      throw new Problem({ title: 'The server does not answer' });
    }
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? {} : response.json();
  }

  /**
   * @param {RoomState} state
   * @param {string} [reason]
   */
  #setState(state, reason = '') {
    if (this.state === 'left' || (this.state === state && reason === '')) return;
    this.state = state;
    this.#emit('state', { state, reason });
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** One peer connection and what hangs on it; thrown away as a whole. */
class Session {
  pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  /** @type {Map<string, RTCRtpSender>} by the id of the own track */
  senders = new Map();
  /** @type {RTCRtpTransceiver[]} */
  receivers = [];
  figures = new FiguresReader();
  ended = new AbortController();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  /** @type {Promise<void>} */
  #queue = Promise.resolve();

  get closed() {
    return this.ended.signal.aborted;
  }

  close() {
    this.ended.abort();
    for (const name of [...this.#timers.keys()]) this.cancel(name);
    this.pc.close();
  }

  /**
   * Calls back later unless cancelled; a timer of that name that already runs is kept.
   * @param {string} name
   * @param {number} milliseconds
   * @param {() => void} callback
   */
  after(name, milliseconds, callback) {
    if (!this.#timers.has(name)) this.#timers.set(name, setTimeout(callback, milliseconds));
  }

  /** @param {string} name */
  cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /**
   * Runs jobs one after the other: setParameters refuses parameters that are not from the latest getParameters.
   * @param {() => Promise<void>} job
   */
  enqueue(job) {
    this.#queue = this.#queue
      .then(async () => {
        if (!this.closed) await job();
      })
      .catch((error) => {
        if (!this.closed) console.warn('tutti:', error);
      });
  }
}

/** @param {LocalTrack} local */
function idOf(local) {
  return local.id ?? (local.track.kind === 'audio' ? 'mic' : 'cam');
}

/** @param {LocalTrack} local */
function sourceOf(local) {
  return local.source ?? (local.track.kind === 'audio' ? 'microphone' : 'camera');
}

/**
 * @param {LocalTrack} local
 * @returns {RTCRtpEncodingParameters[]}
 */
function encodingsOf(local) {
  if (local.track.kind === 'audio') return [{}];
  const layers = local.simulcast ? layersFor(local.track.getSettings()) : 1;
  return layers > 1
    ? SIMULCAST.slice(-layers).map((layer) => ({ ...layer }))
    : [{ maxBitrate: SINGLE_LAYER_MAX_BITRATE }];
}

/**
 * libwebrtc sends three layers from 960x540 on and two from 480x270 on. Of more encodings than that it leaves out the
 * last ones, which are the largest, so that the picture would never be seen in its own size.
 * @param {MediaTrackSettings} settings
 */
function layersFor({ width = 1280, height = 720 }) {
  const pixels = width * height;
  if (pixels >= 960 * 540) return 3;
  return pixels >= 480 * 270 ? 2 : 1;
}

/**
 * What a video slot offers to receive: each codec in the profile that browsers send. Everything that a browser knows, for
 * nine slots, is an offer of 58 KB.
 * @param {string} [only]  no other codec than this
 */
function videoCodecs(only) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return codecs.filter(({ mimeType, sdpFmtpLine = '' }) => {
    const codec = mimeType.toLowerCase();
    const mends = codec === 'video/rtx' || codec === 'video/flexfec-03';
    if (only && codec !== `video/${only.toLowerCase()}` && !mends) return false;
    switch (codec) {
      case 'video/vp8':
      case 'video/rtx':
      case 'video/flexfec-03': // of who sends too the server does not take it
        return true;
      case 'video/vp9':
        return !/profile-id=[1-9]/.test(sdpFmtpLine);
      case 'video/av1':
        return !/profile=[1-9]/.test(sdpFmtpLine);
      case 'video/h264':
        return sdpFmtpLine.includes('packetization-mode=1');
      default:
        return false; // red, ulpfec: the server repairs loss by retransmission, and far away by FlexFEC
    }
  });
}

/**
 * Spatial layers of AV1 can only be put together with the dependency descriptor, which browsers leave out of an offer to
 * receive unless they are told.
 * @param {RTCRtpTransceiver & {getHeaderExtensionsToNegotiate?: Function, setHeaderExtensionsToNegotiate?: Function}} transceiver
 */
function describeDependencies(transceiver) {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
  const descriptor = extensions?.find((/** @type {{uri: string}} */ { uri }) => uri.includes('dependency-descriptor'));
  if (!descriptor) return;
  descriptor.direction = 'sendrecv';
  transceiver.setHeaderExtensionsToNegotiate?.(extensions);
}

/** @param {Response} response */
async function problemOf(response) {
  try {
    return new Problem({ status: response.status, ...(await response.json()) });
  } catch {
    return new Problem({
      status: response.status,
      title: `The server answered ${response.status} ${response.statusText}`,
    });
  }
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
