// Measuring, in a page, what its elements show and play.

/**
 * The colour that most of a video element's picture has: the median of each channel, so that text and bars do not count.
 * @param {import('playwright-core').Page} page
 * @param {string} selector  of the video element
 * @returns {Promise<number[]>} red, green, blue; empty while there is no picture
 */
export function colorOf(page, selector) {
  return page.evaluate((selector) => {
    const video = /** @type {HTMLVideoElement | null} */ (document.querySelector(selector));
    if (!video || video.videoWidth === 0) return [];
    const [width, height] = [64, 36];
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return [0, 1, 2].map((channel) => {
      const values = Array.from({ length: width * height }, (_, i) => data[i * 4 + channel]).sort((a, b) => a - b);
      return values[values.length >> 1];
    });
  }, selector);
}

/**
 * The colour in the middle of each rectangle of a video element's picture, as colorOf().
 * @param {import('playwright-core').Page} page
 * @param {string} selector  of the video element
 * @param {{x: number, y: number, width: number, height: number}[]} rectangles  in fractions of the picture
 * @returns {Promise<number[][]>} empty ones while there is no picture
 */
export async function regionsOf(page, selector, rectangles) {
  const pixels = await page.evaluate(
    ({ selector, width, height }) => {
      const video = /** @type {HTMLVideoElement | null} */ (document.querySelector(selector));
      if (!video || video.videoWidth === 0) return null;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(video, 0, 0, width, height);
      return Array.from(context.getImageData(0, 0, width, height).data);
    },
    { selector, width: THUMBNAIL.width, height: THUMBNAIL.height },
  );
  return rectangles.map((rectangle) => (pixels ? colorIn(pixels, rectangle) : []));
}

/** Frames are looked at in this size. */
const THUMBNAIL = { width: 64, height: 36 };

/**
 * The median colour in the middle half of a rectangle.
 * @param {ArrayLike<number>} pixels  RGBA of a thumbnail
 * @param {{x: number, y: number, width: number, height: number}} rectangle  in fractions
 */
export function colorIn(pixels, { x, y, width, height }) {
  const [left, right] = [x + width / 4, x + (width * 3) / 4].map((edge) => Math.round(edge * THUMBNAIL.width));
  const [top, bottom] = [y + height / 4, y + (height * 3) / 4].map((edge) => Math.round(edge * THUMBNAIL.height));
  return [0, 1, 2].map((channel) => {
    const values = [];
    for (let row = top; row < bottom; ++row) {
      for (let column = left; column < right; ++column)
        values.push(pixels[(row * THUMBNAIL.width + column) * 4 + channel]);
    }
    return values.sort((a, b) => a - b)[values.length >> 1];
  });
}

/**
 * Keeps a thumbnail of each frame that a video element shows, until takeFrames().
 * @param {import('playwright-core').Page} page
 * @param {string} selector  of the video element
 */
export function watchFrames(page, selector) {
  return page.evaluate(
    ({ selector, width, height }) => {
      const video = /** @type {HTMLVideoElement} */ (document.querySelector(selector));
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d', { willReadFrequently: true });
      /** @type {Uint8ClampedArray[]} */
      const frames = (window.frames_ = []);
      const look = () => {
        if (window.frames_ !== frames) return;
        context.drawImage(video, 0, 0, width, height);
        frames.push(context.getImageData(0, 0, width, height).data);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    },
    { selector, width: THUMBNAIL.width, height: THUMBNAIL.height },
  );
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<Buffer[]>} RGBA of each frame since watchFrames()
 */
export async function takeFrames(page) {
  const encoded = await page.evaluate(() => {
    const frames = window.frames_;
    window.frames_ = null;
    return frames.map((pixels) => btoa(String.fromCharCode(...pixels))); // as JSON it would take seconds
  });
  return encoded.map((frame) => Buffer.from(frame, 'base64'));
}

/**
 * The level of each frequency in the sum of what the audio elements play, in dB of full scale.
 * @param {import('playwright-core').Page} page
 * @param {string} selector  of the audio elements
 * @param {number[]} frequencies  Hz
 * @param {{milliseconds?: number, samples?: number}} [listening]  how long, and how many of the last samples count, a power
 *   of two: the more, the less noise there is beside a tone
 * @returns {Promise<Record<string, number>>}
 */
export function tonesOf(page, selector, frequencies, { milliseconds = 500, samples = 8192 } = {}) {
  return page.evaluate(
    async ({ selector, frequencies, milliseconds, samples }) => {
      const context = new AudioContext();
      try {
        await context.resume();
        const analyser = new AnalyserNode(context, { fftSize: samples, smoothingTimeConstant: 0 });
        for (const audio of /** @type {NodeListOf<HTMLAudioElement>} */ (document.querySelectorAll(selector))) {
          if (audio.srcObject instanceof MediaStream && !audio.paused) {
            context.createMediaStreamSource(audio.srcObject).connect(analyser);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        const bins = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(bins);
        return Object.fromEntries(
          frequencies.map((frequency) => {
            const bin = Math.round((frequency * analyser.fftSize) / context.sampleRate);
            return [frequency, Math.round(Math.max(-120, ...bins.slice(bin - 2, bin + 3)))];
          }),
        );
      } finally {
        await context.close();
      }
    },
    { selector, frequencies, milliseconds, samples },
  );
}

/**
 * Frames that a peer connection decoded on one m-line.
 * @param {import('playwright-core').Page} page
 * @param {string} connection  JavaScript for the RTCPeerConnection
 * @param {string} mid
 * @returns {Promise<number>}
 */
export function framesDecoded(page, connection, mid) {
  return page.evaluate(
    async ({ connection, mid }) => {
      const pc = (0, eval)(connection);
      const stats = pc ? [...(await pc.getStats()).values()] : [];
      return stats.find((entry) => entry.type === 'inbound-rtp' && entry.mid === mid)?.framesDecoded ?? 0;
    },
    { connection, mid },
  );
}
