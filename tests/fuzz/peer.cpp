// A Peer in each of its states. The first byte picks the state; then come operations: a length, a kind, bytes. Some
// kinds protect the bytes first, so that the fuzzer reaches what stands behind authentication.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "support/fuzz.hpp"
#include "support/peer_rig.hpp"

using namespace tutti;
using namespace tutti::test;

namespace {

enum State { kNew, kIceVerified, kConnected, kClosed, kKeyedWaiting, kKeyedConnected, kHandshaking, kStateCount };

void bring_to(PeerRig& rig, State state) {
  if (state == kKeyedWaiting || state == kKeyedConnected) return rig.make_keyed(state == kKeyedConnected);
  rig.make_webrtc();
  if (state == kNew) return;
  rig.check(rig.path);
  if (state == kIceVerified) return;
  if (state == kHandshaking) return rig.receive(rig.client_hello());
  rig.handshake();
  if (state == kClosed) rig.say_goodbye();
}

// Whoever is called when due and asked for output has something to wait for, or the worker would spin.
void require_progress(PeerRig& rig) {
  rig.peer->handle_deadline(rig.now);
  rig.drain();
  fuzz_require(rig.peer->next_deadline() > rig.now);
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
  bool checked = false;  // authentically
  for (size_t at = 1; at + 2 <= size;) {
    const size_t length = std::min<size_t>(data[at] * 4u, size - at - 2);
    const uint8_t kind = data[at + 1];
    std::vector<uint8_t> bytes(data + at + 2, data + at + 2 + length);
    at += 2 + length;
    switch (kind % 8) {
      case 0:
        // The client's next flight, for a handshake that goes on in between.
        rig.receive(bytes.empty() && state == kHandshaking ? rig.client_hello() : bytes);
        break;
      case 1:
        rig.receive_from(rig.other_path, bytes);
        break;
      case 2:
        // An authentic check may come from anywhere.
        if ((kind & 0x40) && state != kKeyedWaiting && state != kKeyedConnected) {
          checked = true;
          rig.check({0, {rig.path.remote.ip, static_cast<uint16_t>(50'000 + (bytes.empty() ? 0 : bytes[0]))}});
        } else if (const auto message = stun::Message::parse(bytes))
          rig.peer->handle_stun(rig.now, rig.path, *message, rig.output);
        break;
      case 3:
        if (authenticated) rig.receive(kind & 0x40 ? rig.protect(bytes) : rig.media(sequence++, bytes));
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
    if (kind & 0x80) {
      rig.drain();
      require_progress(rig);
    }
  }
  rig.drain();
  require_progress(rig);
  // Before the handshake a stranger has moved nothing.
  fuzz_require(state != kNew || checked || !rig.peer->send_path());
  received.clear();
  // What nobody refers to any more is back in the pool; the peer itself keeps what it may repeat.
  rig.peer.reset();
  fuzz_require(rig.packets.in_use() == 0);
  return 0;
}
