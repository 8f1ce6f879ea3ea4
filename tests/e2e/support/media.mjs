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
 * The level of each frequency in the sum of what the audio elements play, in dB of full scale.
 * @param {import('playwright-core').Page} page
 * @param {string} selector  of the audio elements
 * @param {number[]} frequencies  Hz
 * @returns {Promise<Record<string, number>>}
 */
export function tonesOf(page, selector, frequencies) {
  return page.evaluate(
    async ({ selector, frequencies }) => {
      const context = new AudioContext();
      try {
        await context.resume();
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        for (const audio of /** @type {NodeListOf<HTMLAudioElement>} */ (document.querySelectorAll(selector))) {
          if (audio.srcObject instanceof MediaStream && !audio.paused) {
            context.createMediaStreamSource(audio.srcObject).connect(analyser);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
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
    { selector, frequencies },
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
