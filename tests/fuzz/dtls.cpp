// Feeds a Transport with datagrams from the input. The first byte says which: a server before its handshake, a client
// that waits for an answer, or either of them once connected. Then comes, again and again, a length of two bytes and a
// datagram.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/datagram.hpp"
#include "tutti/base/random.hpp"
#include "tutti/proto/dtls/transport.hpp"

namespace {

using namespace tutti;
using namespace tutti::dtls;

// Key generation is far slower than a run: one for each process.
struct Identity {
  SeededRandom random{1};
  Certificate certificate = Certificate::self_signed(random, 1'700'000'000);
  Context context{certificate};
};

size_t carry(Timestamp now, Transport& from, Transport& to) {
  std::array<uint8_t, kMaxDatagram> buffer;
  size_t datagrams = 0;
  while (const size_t n = from.poll_transmit(buffer)) {
    to.handle_datagram(now, std::span(buffer).first(n));
    ++datagrams;
  }
  return datagrams;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Identity identity;
  ByteReader reader({data, size});
  const uint8_t mode = reader.u8();
  const Role role = mode & 1 ? Role::kClient : Role::kServer;
  const bool connected = mode & 2;

  Timestamp now = Timestamp::from_ms(1'000);
  const auto fingerprint = identity.certificate.fingerprint();
  Transport transport(identity.context, role, {fingerprint}, now);
  Transport peer(identity.context, role == Role::kServer ? Role::kClient : Role::kServer, {fingerprint}, now);
  if (connected) {
    while (carry(now, transport, peer) + carry(now, peer, transport) > 0) {
    }
    require(transport.state() == State::kConnected);
  }

  std::array<uint8_t, kMaxDatagram> buffer;
  while (!reader.at_end()) {
    now = now + TimeDelta::millis(50);
    transport.handle_datagram(now, reader.bytes(std::min<size_t>(reader.u16(), reader.remaining())));
    if (transport.next_deadline() <= now) transport.handle_deadline(now);
    while (transport.poll_transmit(buffer) > 0) {
    }
  }
  // Keys come from the peer with the right certificate or not at all, and nobody but that peer takes them away.
  require(transport.srtp_keys().has_value() == connected);
  require(connected == (transport.state() == State::kConnected));
  return 0;
}
