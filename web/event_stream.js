// @ts-check
/**
 * Server-sent events read with `fetch`, so that request headers (the bearer token) travel with them; `EventSource` sends
 * none. Parsing follows the WHATWG HTML standard, section 9.2.6.
 */

/**
 * One event of the stream.
 * @typedef {object} StreamEvent
 * @property {string} type  `message` unless the stream named it
 * @property {string} data  lines joined by "\n"
 * @property {string} id    the last id seen so far, empty if there was none
 */

/** Incremental parser: feed it text in pieces of any size, cut anywhere. */
export class EventStreamParser {
  #rest = '';
  #sawCarriageReturn = false;
  #type = '';
  /** @type {string[]} */
  #data = [];
  #id = '';

  /**
   * @param {string} text  the next piece of the stream
   * @returns {StreamEvent[]} the events that this piece completed
   */
  push(text) {
    // "\r\n" is one line end even if a piece ends between the two.
    if (this.#sawCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    if (text !== '') this.#sawCarriageReturn = text.endsWith('\r');

    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    /** @type {StreamEvent[]} */
    const events = [];
    for (const line of lines) {
      if (line === '') {
        const event = this.#dispatch();
        if (event) events.push(event);
      } else {
        this.#field(line);
      }
    }
    return events;
  }

  #dispatch() {
    const data = this.#data;
    const type = this.#type || 'message';
    this.#data = [];
    this.#type = '';
    return data.length > 0 ? { type, data: data.join('\n'), id: this.#id } : null;
  }

  /** @param {string} line */
  #field(line) {
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    else if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }
}

/**
 * Reads events from the body of a response until it ends. The stream counts as dead, and reading throws, when nothing at
 * all (the server's pings included) has come for `silenceMs`: a connection whose other end vanished never says so.
 *
 * @param {Response} response
 * @param {{silenceMs: number}} options
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(response, { silenceMs }) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventStreamParser();
  try {
    for (;;) {
      const { done, value } = await withinTime(reader.read(), silenceMs);
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
async function withinTime(promise, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the event stream fell silent')), milliseconds);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([promise, silence]));
  } finally {
    clearTimeout(timer);
  }
}
