// Waiting for something to become true, with a message that says what was waited for and what was seen last.

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Calls `probe` until what it gives satisfies `accept`, and returns that.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} probe
 * @param {{accept?: (value: T) => boolean, timeout?: number, every?: number}} [options]
 * @returns {Promise<T>}
 */
export async function waitFor(what, probe, { accept = Boolean, timeout = 15_000, every = 100 } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (accept(value)) return value;
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeout} ms for ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await sleep(every);
  }
}

/**
 * @param {string} what
 * @param {Promise<T>} promise
 * @param {number} milliseconds
 * @template T
 */
export function within(what, promise, milliseconds) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
