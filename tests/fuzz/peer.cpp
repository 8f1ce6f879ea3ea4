// A Peer in each of its states. The first byte picks the state; then come operations: a length, a kind, bytes. Some kinds
// protect the bytes first, so that the fuzzer reaches what stands behind authentication.
#include <algorithm>
#include <cstdlib>

#include "support/peer_rig.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

enum State { kNew, kIceVerified, kConnected, kClosed, kKeyedWaiting, kKeyedConnected, kStateCount };

void bring_to(PeerRig& rig, State state) {
  if (state >= kKeyedWaiting) return rig.make_keyed(state == kKeyedConnected);
  rig.make_webrtc();
  if (state == kNew) return;
  rig.check(rig.path);
  if (state == kIceVerified) return;
  rig.handshake();
  if (state == kClosed) rig.say_goodbye();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  PeerRig rig;
  const auto state = static_cast<State>(data[0] % kStateCount);
  bring_to(rig, state);
  const bool authenticated = rig.session != nullptr && state != kClosed;
  std::vector<peer::PacketRef> received;
  uint16_t sequence = 1;
  for (size_t at = 1; at + 2 <= size;) {
    const size_t length = std::min<size_t>(data[at] * 4u, size - at - 2);
    const uint8_t kind = data[at + 1];
    std::vector<uint8_t> bytes(data + at + 2, data + at + 2 + length);
    at += 2 + length;
    switch (kind % 8) {
      case 0: rig.receive(bytes); break;
      case 1: rig.receive_from(rig.other_path, bytes); break;
      case 2:
        if (const auto message = stun::Message::parse(bytes)) rig.peer->handle_stun(rig.now, rig.path, *message, rig.output);
        break;
      case 3:
        if (authenticated) rig.receive(rig.media(sequence++, bytes));
        break;
      case 4:
        if (authenticated && bytes.size() >= 8) rig.receive(rig.control(bytes));
        break;
      case 5:
        if (authenticated) rig.receive(rig.media(sequence++, bytes, PeerRig::kPublishedRtx, 97));
        break;
      case 6:
        rig.now = rig.now + TimeDelta::millis(kind * 4);
        rig.peer->handle_deadline(rig.now);
        break;
      case 7: {
        peer::Rewrite rewrite;
        rewrite.sequence = SeqNum(sequence++);
        rewrite.payload_type = PayloadType(100);
        rewrite.padding_only = received.empty();
        rig.peer->send_rtp(0, received.empty() ? peer::PacketRef() : received.back(), rewrite, kind & 8);
        break;
      }
    }
    for (auto& packet : rig.output.media) received.push_back(packet);
    if (received.size() > 64) received.clear();
    rig.output.clear();
    if (kind & 0x80) rig.drain();
  }
  rig.drain();
  received.clear();
  // What nobody refers to any more is back in the pool.
  if (rig.packets.in_use() != 0) std::abort();
  // Before the handshake a stranger has moved nothing.
  if (state == kNew && rig.peer->send_path()) std::abort();
  return 0;
}
