// Runs in each page before anything else: sources to publish, and a record of all that is shown, with times of the machine's
// clock, which all pages share.
'use strict';

const STATS_EVERY_MS = 250;

window.lab = {
  /** @type {{at: number, name: string, height: number}[]} each frame that an element showed */
  frames: [],
  /** @type {object[]} statistics of what is received, four times a second */
  samples: [],

  now: () => performance.timeOrigin + performance.now(),

  /** The camera of the browser: a file. @param {MediaTrackConstraints} video */
  async camera(video) {
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    return stream.getVideoTracks()[0];
  },

  /** @type {Record<string, GainNode>} of the tones, by who publishes them */
  gains: {},

  /** @param {number} frequency  Hz @param {string} id  of who publishes it @param {number} [gain] */
  tone(frequency, id, gain = 0.2) {
    const context = (window.lab.audioContext ??= new AudioContext());
    const destination = context.createMediaStreamDestination();
    const oscillator = new OscillatorNode(context, { frequency });
    window.lab.gains[id] = new GainNode(context, { gain });
    oscillator.connect(window.lab.gains[id]).connect(destination);
    oscillator.start();
    return destination.stream.getAudioTracks()[0];
  },

  /** Plays a track, and records its frames under a name. @param {MediaStreamTrack} track @param {string} name */
  show(track, name) {
    const element = document.createElement(track.kind === 'video' ? 'video' : 'audio');
    element.srcObject = new MediaStream([track]);
    element.muted = track.kind === 'video';
    element.autoplay = true;
    document.body.append(element);
    if (track.kind !== 'video') return;
    const record = (_, { height }) => {
      window.lab.frames.push({ at: window.lab.now(), name, height });
      element.requestVideoFrameCallback(record);
    };
    element.requestVideoFrameCallback(record);
  },

  /** @param {RTCPeerConnection} connection */
  sample(connection) {
    const look = () => {
      if (connection.connectionState === 'connected') window.lab.connectedAt ??= window.lab.now();
    };
    connection.addEventListener('connectionstatechange', look);
    look();
    let last = Promise.resolve();
    const take = async () => {
      const at = window.lab.now();
      const report = [...(await connection.getStats()).values()];
      const received = report.filter(({ type }) => type === 'inbound-rtp');
      window.lab.samples.push({
        at,
        video: received.filter(({ kind }) => kind === 'video').map((entry) => pick(entry, VIDEO)),
        audio: received.filter(({ kind }) => kind === 'audio').map((entry) => pick(entry, AUDIO)),
      });
    };
    setInterval(() => (last = last.then(take)), STATS_EVERY_MS);
  },

  /** @param {RTCPeerConnection} connection */
  async connected(connection) {
    while (connection.connectionState !== 'connected') await new Promise((resolve) => setTimeout(resolve, 20));
  },

  /** What is sent, by encoding. @param {RTCPeerConnection} connection */
  async sent(connection) {
    const report = [...(await connection.getStats()).values()];
    const sent = report.filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
    return sent.map((entry) => pick(entry, SENT));
  },

  /** Gives out what was recorded since the last call. */
  take: () => ({ frames: window.lab.frames.splice(0), samples: window.lab.samples.splice(0) }),
};

const VIDEO = [
  'mid', 'frameHeight', 'framesDecoded', 'framesDropped', 'keyFramesDecoded', 'freezeCount', 'totalFreezesDuration', 'bytesReceived',
  'packetsReceived', 'packetsLost', 'nackCount', 'pliCount', 'retransmittedPacketsReceived', 'jitterBufferDelay', 'jitterBufferEmittedCount',
];
const AUDIO = [
  'mid', 'totalSamplesReceived', 'concealedSamples', 'silentConcealedSamples', 'concealmentEvents', 'packetsReceived', 'packetsLost',
  'bytesReceived', 'fecPacketsReceived', 'fecPacketsDiscarded', 'jitterBufferDelay', 'jitterBufferEmittedCount',
];
const SENT = ['rid', 'frameHeight', 'framesPerSecond', 'framesEncoded', 'bytesSent', 'active', 'scalabilityMode', 'qualityLimitationReason', 'totalEncodeTime', 'encoderImplementation', 'targetBitrate', 'keyFramesEncoded', 'pliCount'];

/** @param {object} entry @param {string[]} names */
const pick = (entry, names) =>
  Object.fromEntries(names.filter((name) => name in entry).map((name) => [name, entry[name]]));
