// A page in a room of Janus's videoroom plugin, over its WebSocket.
'use strict';

class Session {
  #pending = new Map();
  /** @type {Map<number, (candidate: RTCIceCandidateInit) => void>} by handle */
  #candidates = new Map();

  /** @param {string} url */
  static async open(url) {
    const session = new Session();
    session.socket = new WebSocket(url, 'janus-protocol');
    session.socket.onmessage = ({ data }) => session.#take(JSON.parse(data));
    await new Promise((resolve, reject) => Object.assign(session.socket, { onopen: resolve, onerror: reject }));
    session.id = (await session.request({ janus: 'create' })).data.id;
    setInterval(() => session.request({ janus: 'keepalive' }), 20_000);
    return session;
  }

  /** @param {any} message  the first acknowledgement of a request is not yet its answer */
  #take(message) {
    if (message.janus === 'trickle' && !message.candidate.completed)
      this.#candidates.get(message.sender)?.(message.candidate);
    if (message.janus === 'ack' && !this.#pending.get(message.transaction)?.quick) return;
    this.#pending.get(message.transaction)?.resolve(message);
    this.#pending.delete(message.transaction);
  }

  /** @param {object} body */
  request(body) {
    const transaction = crypto.randomUUID?.() ?? String(Math.random());
    this.socket.send(JSON.stringify({ ...body, transaction, ...(this.id && { session_id: this.id }) }));
    const quick = body.janus === 'trickle' || body.janus === 'keepalive';
    return new Promise((resolve) => this.#pending.set(transaction, { resolve, quick }));
  }

  async attach() {
    return (await this.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id;
  }

  /** @param {number} handle @param {object} body @param {RTCSessionDescription | null} [jsep] */
  async message(handle, body, jsep) {
    const reply = await this.request({ janus: 'message', handle_id: handle, body, ...(jsep && { jsep }) });
    const error = reply.plugindata?.data?.error ?? reply.error?.reason;
    if (error) throw new Error(`janus: ${body.request}: ${error}`);
    return reply;
  }

  /** @param {number} handle @param {RTCPeerConnection} connection */
  trickle(handle, connection) {
    // Janus's candidates come before its description.
    const early = [];
    this.#candidates.set(handle, (candidate) => {
      if (connection.remoteDescription) connection.addIceCandidate(candidate);
      else early.push(candidate);
    });
    connection.addEventListener('signalingstatechange', () => {
      if (connection.remoteDescription) for (const candidate of early.splice(0)) connection.addIceCandidate(candidate);
    });
    connection.onicecandidate = ({ candidate }) =>
      this.request({ janus: 'trickle', handle_id: handle, candidate: candidate?.toJSON() ?? { completed: true } });
  }
}

const ROOM = 1234;

/**
 * @param {{url: string, id: string, codec?: string, encodings?: RTCRtpEncodingParameters[], tone?: number,
 *          camera?: MediaTrackConstraints}} options  with a camera it publishes, without it watches who publishes
 */
window.lab.join = async (options) => {
  const session = await Session.open(options.url);
  return options.camera ? publish(session, options) : watch(session);
};

/** @param {Session} session */
async function publish(session, { id, codec, encodings, tone, camera }) {
  const tracks = [window.lab.tone(tone, id), await window.lab.camera(camera)];
  const asked = window.lab.now();
  const handle = await session.attach();
  const connection = new RTCPeerConnection();
  session.trickle(handle, connection);
  for (const track of tracks) {
    // It takes the first for the largest.
    const sending = track.kind === 'video' && encodings ? { sendEncodings: encodings.toReversed() } : {};
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', ...sending });
    if (track.kind !== 'video' || !codec) continue;
    const { codecs } = RTCRtpReceiver.getCapabilities('video');
    const wanted = codecs.filter(({ mimeType }) => mimeType === `video/${codec}` || mimeType === 'video/rtx');
    transceiver.setCodecPreferences(wanted);
  }
  await connection.setLocalDescription();
  const body = { request: 'joinandconfigure', room: ROOM, ptype: 'publisher', display: id, audio: true, video: true };
  const { jsep } = await session.message(handle, body, connection.localDescription);
  await connection.setRemoteDescription(jsep);
  await window.lab.connected(connection); // before that nobody can subscribe
  window.lab.sentBy = () => window.lab.sent(connection);
  return asked;
}

/** @param {Session} session */
async function watch(session) {
  const asked = window.lab.now();
  const handle = await session.attach();
  const { plugindata } = await session.message(handle, { request: 'listparticipants', room: ROOM });
  const streams = plugindata.data.participants.map(({ id }) => ({ feed: id }));
  const connection = new RTCPeerConnection();
  session.trickle(handle, connection);
  connection.ontrack = ({ track, transceiver }) => window.lab.show(track, transceiver.mid);
  const { jsep } = await session.message(handle, { request: 'join', room: ROOM, ptype: 'subscriber', streams });
  await connection.setRemoteDescription(jsep);
  await connection.setLocalDescription();
  await session.message(handle, { request: 'start' }, connection.localDescription);
  window.lab.sample(connection);
  return asked;
}
