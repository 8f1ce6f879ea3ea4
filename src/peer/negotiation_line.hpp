// What negotiation knows about one m-line between reading the offer and writing the answer. Private to peer.
#pragma once

#include <optional>
#include <vector>

#include "tutti/peer/media_spec.hpp"
#include "tutti/peer/negotiation.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

struct NegotiatedMedia {
  const sdp::MediaSection* offer = nullptr;
  NegotiatedLine line;
  MediaKind kind = MediaKind::kAudio;
  sdp::Direction client_direction = sdp::Direction::kInactive;
  std::vector<CodecSpec> common;     // all that both sides have
  std::vector<sdp::ExtMap> extmaps;  // as answered
  rtp::ExtensionIds extensions;
  std::optional<PublishSpec> publish;
  std::optional<ReceiveSpec> receive;
};

// Writes the answer; `owner` is the line that carries the transport of the BUNDLE group.
std::string write_answer(const sdp::Session& offer, const std::vector<NegotiatedMedia>& media,
                         const NegotiatedMedia& owner, const LocalTransport& local, const Session& session);

}  // namespace tutti::peer
