// The SDP of a WebRTC client, cheap enough to be made and read hundreds of times a second: the offer as text, of what a
// person sends and as many receiving m-lines as it has slots, and of the answer what matters. RFC 8829 §5.2, RFC 8853.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/people.hpp"
#include "harness/target.hpp"
#include "harness/webrtc_link.hpp"
#include "tutti/base/endpoint.hpp"
#include "tutti/base/result.hpp"
#include "tutti/proto/dtls/fingerprint.hpp"

namespace tutti::bench {

// Of header extensions, in every m-line.
constexpr uint8_t kWebrtcLevelId = 1, kWebrtcTransportSequenceId = 3, kWebrtcMidId = 4, kWebrtcRidId = 10,
                  kWebrtcRepairedRidId = 11;

// `publish` and `receive` in the order of the m-lines: mid i is publish[i], then the slots follow. SSRCs are announced
// of tracks without simulcast.
std::string make_offer(const PersonPlan& plan, const std::vector<Published>& publish, const IceCredentials& credentials,
                       const std::string& fingerprint_sha256);

struct ReadAnswer {
  IceCredentials credentials;
  std::optional<dtls::Fingerprint> fingerprint;
  Endpoint server;
  struct Section {
    bool transport_feedback = false;
    bool levels = false;
    std::optional<Ssrc> ssrc, rtx_ssrc;  // that the server sends with
  };
  std::vector<Section> sections;  // by m-line
};
[[nodiscard]] Result<ReadAnswer> read_answer(const std::string& text);

}  // namespace tutti::bench
