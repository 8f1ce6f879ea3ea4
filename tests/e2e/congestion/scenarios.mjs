import { JanusServer, Tutti } from './call.mjs';
import { clients as joinClients, lateJoiner } from './scenarios/late_joiner.mjs';
import { clients as audioClients, lossyAudio } from './scenarios/lossy_audio.mjs';
import { clients as threeClients, shapedLink } from './scenarios/shaped_link.mjs';
import { clients as tileClients, tiles } from './scenarios/tiles.mjs';

export const scenarios = {
  'shaped-vp8': { clients: threeClients, run: (o) => shapedLink(() => Tutti.start(), { codec: 'VP8', ...o }) },
  'shaped-vp9': {
    clients: threeClients,
    run: (o) => shapedLink(() => Tutti.start(), { codec: 'VP9', scalabilityMode: 'L3T3_KEY', ...o }),
  },
  'shaped-av1': {
    clients: threeClients,
    run: (o) => shapedLink(() => Tutti.start(), { codec: 'AV1', scalabilityMode: 'L3T3_KEY', ...o }),
  },
  'shaped-janus': { clients: threeClients, run: (o) => shapedLink(() => JanusServer.start(), { codec: 'VP8', ...o }) },
  tiles: { clients: tileClients, run: tiles },
  'lossy-audio': { clients: audioClients, run: lossyAudio },
  'late-joiner': { clients: joinClients, run: (o) => lateJoiner(() => Tutti.start(), o) },
  'late-joiner-slow': {
    clients: joinClients,
    run: (o) => lateJoiner(() => Tutti.start({ media: { fast_start: '0s' } }), o),
  },
  'late-joiner-janus': { clients: joinClients, run: (o) => lateJoiner(() => JanusServer.start(), o) },
};
