// RoomsRig: the rooms of one worker that forward, without a network: commands and datagrams are handed in, what they
// would send is thrown away. In virtual time.
#pragma once

#include <optional>
#include <utility>

#include "support/job_queue.hpp"
#include "tutti/proto/dtls/certificate.hpp"
#include "tutti/room/rooms.hpp"
#include "tutti/routing/sfu_router.hpp"

namespace tutti::test {

struct RoomsRig {
  explicit RoomsRig(room::RoomsConfig config) {
    const Endpoint local = *Endpoint::parse("127.0.0.1:40000");
    config.addresses = room::LocalAddresses({{local, local, true}});
    rooms.emplace(std::move(config), room::RouterTable{&routing::make_sfu_router, nullptr, nullptr}, dtls,
                  certificate.fingerprint_sha256(), srtp::make_libsrtp_backend(), jobs, random, NtpClock{});
  }

  SeededRandom random{7};
  srtp::Library library;
  dtls::Certificate certificate = dtls::Certificate::self_signed(random, 1'700'000'000);
  dtls::Context dtls{certificate};
  Timestamp now = Timestamp::from_ms(1'000);
  JobQueue jobs{now, random, {}};
  std::optional<room::Rooms> rooms;
};

// Opus as every browser numbers it.
inline peer::CodecSpec opus_spec() {
  peer::CodecSpec codec;
  codec.payload_type = PayloadType(111);
  codec.clock_rate_hz = 48'000;
  codec.channels = 2;
  return codec;
}

}  // namespace tutti::test
