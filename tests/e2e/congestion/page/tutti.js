// A page in a room of tuttid, by the client that the daemon serves.
'use strict';

const { addTransceiver } = RTCPeerConnection.prototype;

/**
 * What a scenario wants of an offer and the client does not ask for: own encodings, audio without RED.
 * @param {{encodings?: RTCRtpEncodingParameters[], red?: boolean}} wishes
 */
function tuneOffers({ encodings, red = true }) {
  RTCPeerConnection.prototype.addTransceiver = function (source, init = {}) {
    const kind = typeof source === 'string' ? source : source.kind;
    if (kind === 'video' && encodings && init.sendEncodings)
      init.sendEncodings = encodings.map((entry) => ({ ...entry }));
    const transceiver = addTransceiver.call(this, source, init);
    if (kind === 'audio' && !red) {
      const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
      transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType !== 'audio/red'));
    }
    return transceiver;
  };
}

/**
 * @param {{apiKey: string, room: string, id: string, codec?: string, encodings?: RTCRtpEncodingParameters[], red?: boolean,
 *          tone?: number, gain?: number, camera?: MediaTrackConstraints, audioSlots?: number, videoSlots?: number}} options
 */
window.lab.join = async (options) => {
  tuneOffers(options);
  const { joinRoom } = await import('/tutti.js');
  const tracks = [];
  if (options.tone) tracks.push({ track: window.lab.tone(options.tone, options.id, options.gain) });
  if (options.camera) tracks.push({ track: await window.lab.camera(options.camera), simulcast: true });
  const asked = window.lab.now();
  const room = await joinRoom({
    apiKey: options.apiKey,
    room: options.room,
    id: options.id,
    tracks,
    audioSlots: options.audioSlots ?? 0,
    videoSlots: options.videoSlots ?? 0,
    videoCodec: options.codec,
  });
  // Several participants may live in one page; what is shown is that of the last one.
  window.lab.rooms = { ...window.lab.rooms, [options.id]: room };
  window.lab.slots = [];
  room.addEventListener('slot', ({ detail: { media, ...slot } }) =>
    window.lab.slots.push({ at: window.lab.now(), ...slot }),
  );
  for (const slot of room.slots.values()) window.lab.show(slot.media, slot.slot);
  if (room.slots.size > 0) window.lab.sample(room.peerConnection);
  else await window.lab.connected(room.peerConnection);
  return asked;
};

/** @param {string} id */
window.lab.sentBy = (id) => window.lab.sent(window.lab.rooms[id].peerConnection);
