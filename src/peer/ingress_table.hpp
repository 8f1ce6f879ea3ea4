// IngressTable: which published track and layer a packet belongs to: by its SSRC once that is known, before that by the mid,
// rid and repaired-rid extensions (RFC 9143 §9.2, RFC 8852), or by a payload type that only one m-line has. Owned by a Peer.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "peer/ingress_layer.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::peer {

class IngressTable {
 public:
  // What a packet would be, before it is authenticated.
  struct Claim {
    IngressLayer* layer = nullptr;
    bool retransmission = false;
    bool is_new = false;  // its SSRC is not bound to the layer yet
  };

  explicit IngressTable(rtp::ExtensionIds bundle) : bundle_(bundle) {}

  // Takes over the published m-lines of another offer; the first ones are those of before.
  void update(const std::vector<PublishSpec>& publish, rtp::ExtensionIds bundle);
  std::optional<Claim> find(const rtp::Packet& packet);
  // After authentication: the SSRC is from now on this layer's. An SSRC that it had before is forgotten, by `session` too.
  void bind(const Claim& claim, Ssrc ssrc, srtp::Session* session);

  const std::vector<PublishSpec>& publish() const { return publish_; }
  std::vector<IngressLayer>& layers() { return layers_; }
  const std::vector<IngressLayer>& layers() const { return layers_; }
  // Null if there is none.
  IngressLayer* layer(uint16_t track, uint8_t layer);
  const IngressLayer* layer(uint16_t track, uint8_t layer) const { return const_cast<IngressTable*>(this)->layer(track, layer); }
  IngressLayer* by_ssrc(Ssrc ssrc);
  bool declares(Ssrc ssrc) const { return by_ssrc_.contains(ssrc); }

 private:
  struct Entry {
    size_t layer;
    bool retransmission;
  };
  std::optional<size_t> track_by_mid(std::string_view mid) const;
  std::optional<size_t> track_by_payload_type(PayloadType type) const;

  rtp::ExtensionIds bundle_;
  std::vector<PublishSpec> publish_;
  std::vector<IngressLayer> layers_;
  std::vector<std::vector<size_t>> by_track_;  // layers_ indices
  std::unordered_map<Ssrc, Entry> by_ssrc_;  // at most two for each layer
};

}  // namespace tutti::peer
