// @ts-check
/**
 * What a participant can publish: camera and microphone, or a picture and a tone made here, which need no device and no
 * permission and can be told apart by a machine.
 */

/**
 * @typedef {object} Source
 * @property {import('./tutti.js').LocalTrack[]} tracks
 * @property {MediaStream} stream      the same tracks, for a preview
 * @property {boolean} mirrored        show the preview as a mirror would
 * @property {() => boolean} silenced      the browser holds back the sound until the user does something
 * @property {() => Promise<void>} resume  to be called in a user gesture then
 * @property {() => void} stop         gives devices back
 */

/**
 * @typedef {object} TestSourceOptions
 * @property {number} tone    Hz
 * @property {string} color   any CSS colour
 * @property {string} label   text in the picture
 * @property {number} width
 * @property {number} height
 */

const FRAMES_PER_SECOND = 25;

/** Publishes nothing. @returns {Source} */
export function openNothing() {
  return {
    tracks: [],
    stream: new MediaStream(),
    mirrored: false,
    silenced: () => false,
    resume: async () => {},
    stop: () => {},
  };
}

/**
 * Camera and microphone; one of them alone if the other is not there.
 * @returns {Promise<Source>}
 */
export async function openDevices() {
  if (!navigator.mediaDevices) {
    throw new Error(
      'This browser gives camera and microphone only to pages on https:// or on localhost. Choose the test picture, or reach the server through a tunnel (ssh -L).',
    );
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  const stream = await firstThatOpens([{ audio, video }, { audio }, { video }]);
  return {
    tracks: stream
      .getTracks()
      .map((track) =>
        track.kind === 'audio'
          ? { track, id: 'mic', source: 'microphone' }
          : { track, id: 'cam', source: 'camera', simulcast: true },
      ),
    stream,
    mirrored: true,
    silenced: () => false,
    resume: async () => {},
    stop: () => stream.getTracks().forEach((track) => track.stop()),
  };
}

/**
 * @param {MediaStreamConstraints[]} choices
 * @returns {Promise<MediaStream>}
 */
async function firstThatOpens(choices) {
  for (const constraints of choices) {
    try {
      return await navigator.mediaDevices.getUserMedia(constraints);
    } catch (error) {
      const name = error instanceof DOMException ? error.name : '';
      if (name === 'NotAllowedError') {
        throw new Error(
          'The browser was not allowed to use camera and microphone. Allow it in the address bar, or choose the test picture.',
        );
      }
      if (name === 'NotReadableError') throw new Error('Camera or microphone are in use by another program.');
      if (name !== 'NotFoundError' && name !== 'OverconstrainedError') throw error;
    }
  }
  throw new Error('No camera and no microphone were found. Choose the test picture, or just watch.');
}

/**
 * A picture of one colour with a moving bar and a counter, and a sine tone.
 * @param {TestSourceOptions} options
 * @returns {Source}
 */
export function openTestSource({ tone, color, label, width, height }) {
  const audioContext = new AudioContext();
  const oscillator = new OscillatorNode(audioContext, { frequency: tone });
  const gain = new GainNode(audioContext, { gain: 0.2 });
  const destination = audioContext.createMediaStreamDestination();
  oscillator.connect(gain).connect(destination);
  oscillator.start();

  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const draw = painter(canvas, color, label);
  draw();
  const ticker = new Worker(new URL('./ticker.js', import.meta.url));
  ticker.onmessage = draw;
  ticker.postMessage(FRAMES_PER_SECOND);

  const audioTrack = destination.stream.getAudioTracks()[0];
  const videoTrack = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks()[0];
  return {
    tracks: [
      { track: audioTrack, id: 'mic', source: 'microphone' },
      { track: videoTrack, id: 'cam', source: 'camera', simulcast: true },
    ],
    stream: new MediaStream([audioTrack, videoTrack]),
    mirrored: false,
    silenced: () => audioContext.state !== 'running',
    resume: () => audioContext.resume(),
    stop: () => {
      ticker.terminate();
      videoTrack.stop();
      audioContext.close();
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} color
 * @param {string} label
 */
function painter(canvas, color, label) {
  const { width, height } = canvas;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  const unit = height / 18;
  let frame = 0;
  return () => {
    context.fillStyle = color;
    context.fillRect(0, 0, width, height);
    context.fillStyle = 'rgba(0, 0, 0, 0.35)';
    context.fillRect(0, height - 3 * unit, width, unit);
    context.fillStyle = '#fff';
    context.fillRect((frame * unit * 0.2) % width, height - 3 * unit, unit * 1.5, unit);
    context.font = `600 ${unit * 2}px system-ui, sans-serif`;
    context.fillText(label, unit, unit * 3, width - 2 * unit);
    context.font = `${unit * 1.2}px ui-monospace, monospace`;
    context.fillText(String(frame).padStart(6, '0'), unit, unit * 5);
    ++frame;
  };
}
