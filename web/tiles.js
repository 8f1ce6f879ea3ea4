// @ts-check
/**
 * The grid of pictures: one tile for each video slot that shows somebody. A tile keeps its element while its slot is in
 * use; its place changes only when somebody new begins to speak and moves to the front.
 */

/** @typedef {import('./tutti.js').Room} Room */
/** @typedef {import('./tutti.js').Slot} Slot */
/** What the viewer picks: of a participant's layers, or the lines of the composed picture. */
/** @typedef {'auto' | 'low' | 'mid' | 'high' | '720' | '360' | '180'} Quality */

const ASPECT = 16 / 9;
const GAP_PX = 8;
/** Heights at which sources are commonly sent; a tile asks for the next one that is not smaller than itself. */
const HEIGHTS = [180, 360, 720, 1080, 2160];
const SETTLE_MS = 400;

export class TileGrid {
  #grid;
  /** @type {HTMLTemplateElement} */
  #template;
  /** @type {Room | null} */
  #room = null;
  #onError;
  /** @type {Map<string, Tile>} by slot */
  #tiles = new Map();
  /** @type {string[]} slots, the one shown first first */
  #order = [];
  /** @type {Map<string, Quality>} what the viewer picked, by track */
  #picked = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settle;

  /**
   * @param {HTMLElement} grid
   * @param {HTMLTemplateElement} template
   * @param {(error: unknown) => void} onError
   */
  constructor(grid, template, onError) {
    this.#grid = grid;
    this.#template = template;
    this.#onError = onError;
    new ResizeObserver(() => this.#layOut()).observe(grid);
  }

  /** Participants that a tile shows. */
  get shown() {
    return new Set([...this.#tiles.values()].map((tile) => ownerOf(tile.slot.current)));
  }

  /** @param {Room | null} room  null clears the grid */
  show(room) {
    this.#room = room;
    this.#picked.clear();
    for (const slot of [...this.#tiles.keys()]) this.#remove(slot);
    if (room) this.update();
  }

  /** Brings the grid in line with the room. Cheap; call it whenever anything changed. */
  update() {
    const room = this.#room;
    if (!room) return;
    for (const slot of room.slots.values()) {
      if (slot.kind !== 'video') continue;
      if (slot.current) this.#put(room, slot);
      else this.#remove(slot.slot);
    }
    this.#moveSpeakerToFront(room);
    this.#layOut();
  }

  /** @param {import('./tutti.js').Figures} figures */
  showFigures(figures) {
    for (const [slot, tile] of this.#tiles) {
      const { width = 0, height = 0, fps = 0, bitrate = 0 } = figures.slots[slot] ?? {};
      const short = tile.slot.limited_by === 'bandwidth' ? ' · held by the connection' : '';
      tile.figures.textContent =
        width > 0 ? `${width}×${height} · ${Math.round(fps)} fps · ${bitrateText(bitrate)}${short}` : '';
    }
  }

  /**
   * @param {Room} room
   * @param {Slot} slot
   */
  #put(room, slot) {
    let tile = this.#tiles.get(slot.slot);
    if (!tile) {
      tile = new Tile(this.#template, slot);
      const added = tile;
      for (const select of added.selects) select.addEventListener('change', () => this.#pick(added, select.value));
      this.#tiles.set(slot.slot, tile);
      this.#order.push(slot.slot);
      this.#grid.append(tile.element);
    }
    const track = room.tracks.get(slot.current ?? '');
    const owner = ownerOf(slot.current);
    tile.slot = slot;
    tile.show({
      owner,
      name: room.participants.get(owner)?.name || owner,
      mixed: slot.track === 'mix',
      media: slot.media,
      covered: track?.muted ?? false,
      starved: slot.reason === 'bandwidth',
      silent: [...room.tracks.values()].some(
        (other) => other.participant === owner && other.kind === 'audio' && other.muted,
      ),
      speaking: room.speaker === owner,
      layers: track?.layers.length ?? 0,
      quality: this.#picked.get(slot.current ?? '') ?? 'auto',
    });
  }

  /** @param {string} slot */
  #remove(slot) {
    const tile = this.#tiles.get(slot);
    if (!tile) return;
    tile.element.remove();
    this.#tiles.delete(slot);
    this.#order = this.#order.filter((other) => other !== slot);
    this.#layOut();
  }

  /** @param {Room} room */
  #moveSpeakerToFront(room) {
    const speaking = this.#order.find((slot) => ownerOf(this.#tiles.get(slot)?.slot.current) === room.speaker);
    if (speaking) this.#order = [speaking, ...this.#order.filter((slot) => slot !== speaking)];
    // By CSS: a video element that is moved in the document stops playing.
    this.#order.forEach((slot, index) => {
      const tile = this.#tiles.get(slot);
      if (tile) tile.element.style.order = String(index);
    });
  }

  /** As many columns as make the tiles largest. */
  #layOut() {
    const count = this.#tiles.size;
    const { clientWidth: width, clientHeight: height } = this.#grid;
    let best = { columns: 1, tileWidth: 0 };
    for (let columns = 1; columns <= Math.max(1, count); ++columns) {
      const rows = Math.ceil(count / columns);
      const byWidth = (width - GAP_PX * (columns - 1)) / columns;
      const byHeight = ((height - GAP_PX * (rows - 1)) / Math.max(1, rows)) * ASPECT;
      const tileWidth = Math.floor(Math.min(byWidth, byHeight));
      if (tileWidth > best.tileWidth) best = { columns, tileWidth };
    }
    this.#grid.style.setProperty('--columns', String(best.columns));
    this.#grid.style.setProperty('--tile-width', `${best.tileWidth}px`);
    this.#grid.style.setProperty('--gap', `${GAP_PX}px`);
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#askForQuality(), SETTLE_MS);
  }

  /**
   * @param {Tile} tile
   * @param {string} quality
   */
  #pick(tile, quality) {
    this.#picked.set(tile.slot.current ?? '', /** @type {Quality} */ (quality));
    this.#ask(tile);
  }

  #askForQuality() {
    for (const tile of this.#tiles.values()) this.#ask(tile);
  }

  /**
   * Asks the server for what the viewer picked; for `auto`, for no more than the tile can show.
   * @param {Tile} tile
   */
  #ask(tile) {
    const room = this.#room;
    if (!room || room.state === 'left') return;
    const quality = this.#picked.get(tile.slot.current ?? '') ?? 'auto';
    const layers = room.tracks.get(tile.slot.current ?? '')?.layers ?? [];
    const pixels = tile.element.clientHeight * devicePixelRatio;
    const wanted =
      Number(quality) > 0
        ? { rid: null, max_height: Number(quality) }
        : quality === 'auto' || layers.length < 2
          ? { rid: null, max_height: HEIGHTS.find((height) => height >= pixels) ?? null }
          : { rid: layerOf(quality, layers).rid, max_height: null };
    const key = `${tile.slot.current} ${wanted.rid} ${wanted.max_height}`;
    if (key === tile.asked) return;
    tile.asked = key;
    room.setSubscription(tile.slot.slot, wanted).catch((error) => {
      tile.asked = '';
      if (room.state === 'connected') this.#onError(error);
    });
  }
}

class Tile {
  element;
  video;
  figures;
  /** What was last asked of the server for this tile. */
  asked = '';
  /** @type {Slot} */
  slot;
  #layers;
  #heights;
  #cover;
  #name;
  #mutedBadge;
  #starvedBadge;
  /** @type {MediaStreamTrack | null} */
  #media = null;

  /**
   * @param {HTMLTemplateElement} template
   * @param {Slot} slot
   */
  constructor(template, slot) {
    const content = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    /** @param {string} selector */
    const find = (selector) => /** @type {HTMLElement} */ (content.querySelector(selector));
    this.slot = slot;
    this.element = find('.tile');
    this.video = /** @type {HTMLVideoElement} */ (find('video'));
    this.#layers = /** @type {HTMLSelectElement} */ (find('.layers'));
    this.#heights = /** @type {HTMLSelectElement} */ (find('.heights'));
    this.figures = find('.figures-small');
    this.#cover = find('.cover');
    this.#name = find('.name');
    this.#mutedBadge = find('.muted');
    this.#starvedBadge = find('.starved');
    this.element.dataset.slot = slot.slot;
  }

  /** Where the viewer picks a quality; one of them is shown. */
  get selects() {
    return [this.#layers, this.#heights];
  }

  /**
   * @param {{owner: string, name: string, mixed: boolean, media: MediaStreamTrack, covered: boolean, silent: boolean,
   *          starved: boolean, speaking: boolean, layers: number, quality: Quality}} view
   */
  show({ owner, name, mixed, media, covered, starved, silent, speaking, layers, quality }) {
    if (this.#media !== media) {
      this.#media = media;
      this.video.srcObject = new MediaStream([media]);
    }
    this.element.dataset.participant = owner;
    this.element.classList.toggle('speaking', speaking);
    this.element.dataset.speaking = String(speaking);
    this.element.classList.toggle('covered', covered);
    this.#starvedBadge.hidden = !starved;
    this.element.classList.toggle('mixed', mixed);
    this.#cover.textContent = initials(name);
    this.#name.textContent = name;
    this.#mutedBadge.hidden = !silent;
    this.#heights.hidden = !mixed;
    this.#layers.hidden = mixed || layers < 2;
    for (const select of this.selects) select.value = quality;
    this.#layers.setAttribute('aria-label', `Quality of ${name}`);
    for (const option of this.#layers.options) if (option.value === 'mid') option.hidden = layers < 3;
  }
}

/**
 * @param {Quality} quality
 * @param {import('./tutti.js').Layer[]} layers  lowest first, two or more
 */
function layerOf(quality, layers) {
  if (quality === 'low') return layers[0];
  if (quality === 'mid') return layers[Math.floor((layers.length - 1) / 2)];
  return layers[layers.length - 1];
}

/** @param {string | null | undefined} track */
function ownerOf(track) {
  return track?.split('/')[0] ?? '';
}

/** @param {string} name */
function initials(name) {
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
}

/** @param {number} bitsPerSecond */
export function bitrateText(bitsPerSecond) {
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
