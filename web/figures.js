// @ts-check
/**
 * A handful of live figures out of `RTCPeerConnection.getStats()` (W3C webrtc-stats). Rates are taken between one call
 * and the next.
 */

/**
 * What one slot receives.
 * @typedef {object} SlotFigures
 * @property {'audio' | 'video'} kind
 * @property {number} bitrate        bit/s
 * @property {number} fps            frames decoded for each second (video)
 * @property {number} width          of the last frame, 0 before the first
 * @property {number} height
 * @property {number} framesDecoded  since the beginning
 * @property {number} lost           packets, since the beginning
 * @property {number} jitter         seconds
 */

/**
 * What one encoding of one own track sends.
 * @typedef {object} SendFigures
 * @property {'audio' | 'video'} kind
 * @property {string} mid
 * @property {string} rid      empty without simulcast
 * @property {boolean} active
 * @property {number} bitrate  bit/s
 * @property {number} fps
 * @property {number} width
 * @property {number} height
 * @property {string} limited  what holds it back: none, cpu, bandwidth, other
 */

/**
 * @typedef {object} Figures
 * @property {number | null} rtt   seconds, of the ICE pair in use
 * @property {number} bitrateIn    bit/s of media received
 * @property {number} bitrateOut   bit/s of media sent
 * @property {number | null} loss  share of the packets lost on the way here since the last call; null if none was due
 * @property {Record<string, SlotFigures>} slots  by slot id
 * @property {SendFigures[]} sending
 */

/** Turns successive stats reports of one peer connection into figures. */
export class FiguresReader {
  /** @type {Map<string, any>} */
  #previous = new Map();

  /**
   * @param {RTCStatsReport} report
   * @returns {Figures}
   */
  read(report) {
    /** @type {Map<string, any>} */
    const stats = new Map();
    report.forEach((entry, id) => stats.set(id, entry));

    /** @type {Figures} */
    const figures = { rtt: null, bitrateIn: 0, bitrateOut: 0, loss: null, slots: {}, sending: [] };
    let lost = 0;
    let received = 0;
    for (const entry of stats.values()) {
      if (entry.type === 'transport') {
        const rtt = stats.get(entry.selectedCandidatePairId)?.currentRoundTripTime;
        if (typeof rtt === 'number') figures.rtt = rtt;
      } else if (entry.type === 'inbound-rtp' && entry.mid) {
        const slot = this.#slot(entry);
        figures.slots[entry.mid] = slot;
        figures.bitrateIn += slot.bitrate;
        lost += this.#increase(entry, 'packetsLost');
        received += this.#increase(entry, 'packetsReceived');
      } else if (entry.type === 'outbound-rtp') {
        const sending = this.#sending(entry);
        figures.sending.push(sending);
        figures.bitrateOut += sending.bitrate;
      }
    }
    if (lost + received > 0) figures.loss = Math.max(0, lost) / Math.max(1, Math.max(0, lost) + received);
    this.#previous = stats;
    return figures;
  }

  /**
   * @param {any} entry
   * @returns {SlotFigures}
   */
  #slot(entry) {
    return {
      kind: entry.kind,
      bitrate: this.#perSecond(entry, 'bytesReceived') * 8,
      fps: this.#perSecond(entry, 'framesDecoded'),
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
      framesDecoded: entry.framesDecoded ?? 0,
      lost: entry.packetsLost ?? 0,
      jitter: entry.jitter ?? 0,
    };
  }

  /**
   * @param {any} entry
   * @returns {SendFigures}
   */
  #sending(entry) {
    return {
      kind: entry.kind,
      mid: entry.mid ?? '',
      rid: entry.rid ?? '',
      active: entry.active ?? true,
      bitrate: this.#perSecond(entry, 'bytesSent') * 8,
      fps: entry.framesPerSecond ?? 0,
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
      limited: entry.qualityLimitationReason ?? 'none',
    };
  }

  /**
   * @param {any} entry
   * @param {string} field
   */
  #increase(entry, field) {
    const before = this.#previous.get(entry.id);
    return before ? (entry[field] ?? 0) - (before[field] ?? 0) : 0;
  }

  /**
   * @param {any} entry
   * @param {string} field
   */
  #perSecond(entry, field) {
    const before = this.#previous.get(entry.id);
    const seconds = before ? (entry.timestamp - before.timestamp) / 1000 : 0;
    return seconds > 0 ? Math.max(0, this.#increase(entry, field)) / seconds : 0;
  }
}
