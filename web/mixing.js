// @ts-check
/**
 * The controls of rooms that mix: how the composed picture is laid out, and in hybrid rooms whether this page hears and
 * sees the mix or everybody separately. Both change under way, without a new offer.
 */

/** @typedef {import('./tutti.js').Room} Room */
/** @typedef {import('./tutti.js').Subscription} Subscription */
/** @typedef {'audio' | 'video'} Kind */

export class MixControls {
  #element;
  #choices;
  #layout;
  #layoutLabel;
  #onError;
  /** @type {Room | null} */
  #room = null;

  /**
   * @param {HTMLElement} element  around selects named audio, video and layout
   * @param {(error: unknown) => void} onError
   */
  constructor(element, onError) {
    /** @param {string} name */
    const select = (name) => /** @type {HTMLSelectElement} */ (element.querySelector(`select[name=${name}]`));
    this.#element = element;
    this.#onError = onError;
    this.#choices = { audio: select('audio'), video: select('video') };
    this.#layout = select('layout');
    this.#layoutLabel = /** @type {HTMLElement} */ (this.#layout.closest('label'));
    for (const kind of /** @type {Kind[]} */ (['audio', 'video'])) {
      this.#choices[kind].addEventListener('change', () => this.#choose(kind));
    }
    this.#layout.addEventListener('change', () => this.#setLayout());
    this.#layout.addEventListener('focus', () => this.#readLayout()); // somebody else may have changed it
  }

  /** @param {Room | null} room */
  show(room) {
    this.#room = room;
    this.update();
    if (room && room.mode !== 'sfu') this.#readLayout();
  }

  /** Brings the controls in line with the room's slots. */
  update() {
    const room = this.#room;
    this.#element.hidden = !room || room.mode === 'sfu';
    if (!room || room.mode === 'sfu') return;
    for (const kind of /** @type {Kind[]} */ (['audio', 'video'])) {
      const select = this.#choices[kind];
      /** @type {HTMLElement} */ (select.closest('label')).hidden = room.mode !== 'hybrid';
      select.value = hasMix(room, kind) ? 'mix' : 'auto';
    }
    this.#layoutLabel.hidden = !hasMix(room, 'video');
  }

  /** The mix takes one slot and empties the others. @param {Kind} kind */
  async #choose(kind) {
    const room = this.#room;
    if (!room) return;
    const mixed = this.#choices[kind].value === 'mix';
    const slots = [...room.slots.values()].filter((slot) => slot.kind === kind);
    /** @type {[string, Subscription][]} */
    const changes = slots.map(({ slot }, index) => [slot, { track: !mixed ? 'auto' : index === 0 ? 'mix' : null }]);
    await this.#attempt(room.setSubscriptions(new Map(changes)));
    this.update();
  }

  async #setLayout() {
    if (this.#room) await this.#attempt(this.#room.setLayout({ kind: this.#layout.value }));
  }

  async #readLayout() {
    const layout = await this.#room?.getLayout().catch(() => null);
    if (layout) this.#layout.value = layout.kind; // none is chosen where it is made of rectangles
  }

  /** @param {Promise<void>} request */
  async #attempt(request) {
    try {
      await request;
    } catch (error) {
      if (this.#room?.state === 'connected') this.#onError(error);
    }
  }
}

/**
 * Whether a page hears, or sees, the mix.
 * @param {Room} room
 * @param {Kind} kind
 */
export function hasMix(room, kind) {
  return [...room.slots.values()].some((slot) => slot.kind === kind && slot.track === 'mix');
}
