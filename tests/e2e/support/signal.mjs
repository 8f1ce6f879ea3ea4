// Tones and colours as numbers: making them, and telling which one arrived.

/** Decibels below which a tone counts as not heard, and above which it counts as heard; full scale is 0. */
export const HEARD_DB = -50;
export const SILENT_DB = -65;

/**
 * The level of one frequency in mono samples of -1..1, in dB of full scale (Goertzel over a Hann window).
 * @param {Float32Array} samples
 * @param {number} frequency   Hz
 * @param {number} sampleRate  Hz
 */
export function toneLevel(samples, frequency, sampleRate) {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let [s1, s2] = [0, 0];
  for (let i = 0; i < samples.length; ++i) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (samples.length - 1));
    const s0 = samples[i] * window + coefficient * s1 - s2;
    [s2, s1] = [s1, s0];
  }
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  const amplitude = (Math.sqrt(Math.max(power, 0)) * 4) / samples.length; // the window halves it, so does one side
  return Math.round(20 * Math.log10(Math.max(amplitude, 1e-6)));
}

/**
 * 10 ms pieces of a sine, int16 mono at 48 kHz.
 * @param {number} frequency
 * @returns {() => Int16Array}
 */
export function sine(frequency) {
  let position = 0;
  return () => Int16Array.from({ length: 480 }, () => 6000 * Math.sin((2 * Math.PI * frequency * position++) / 48_000));
}

/** BT.601, limited range. @param {number[]} yuv */
export function rgbOf([y, u, v]) {
  const luma = 1.164 * (y - 16);
  return [luma + 1.596 * (v - 128), luma - 0.813 * (v - 128) - 0.391 * (u - 128), luma + 2.018 * (u - 128)].map(
    (value) => Math.round(Math.min(255, Math.max(0, value))),
  );
}

/** @param {number[]} rgb */
export function yuvOf([r, g, b]) {
  return [
    0.257 * r + 0.504 * g + 0.098 * b + 16,
    -0.148 * r - 0.291 * g + 0.439 * b + 128,
    0.439 * r - 0.368 * g - 0.071 * b + 128,
  ].map(Math.round);
}

/** Whether a colour went through a video codec unharmed. @param {number[]} seen @param {number[]} sent */
export function sameColor(seen, sent) {
  return seen.length === 3 && seen.every((value, channel) => Math.abs(value - sent[channel]) <= 40);
}

/** @param {number[]} rgb */
export const cssColor = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
