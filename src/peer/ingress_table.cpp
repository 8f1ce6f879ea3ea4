#include "peer/ingress_table.hpp"

#include "tutti/base/crypto.hpp"

namespace tutti::peer {

void IngressTable::update(const std::vector<PublishSpec>& publish, rtp::ExtensionIds bundle) {
  bundle_ = bundle;
  publish_ = publish;
  // What was missing is not asked for any more, and nobody asked since when it was agreed again.
  for (IngressLayer& layer : layers_) {
    if (!publish_[layer.track()].codec.nack) layer.nacks() = {};
  }
  for (size_t track = by_track_.size(); track < publish_.size(); ++track) {
    auto& indices = by_track_.emplace_back();
    for (const LayerSpec& spec : publish_[track].layers) {
      const size_t index = layers_.size();
      indices.push_back(index);
      IngressLayer& layer = layers_.emplace_back(static_cast<uint16_t>(track), static_cast<uint8_t>(indices.size() - 1), spec);
      if (spec.ssrc) {
        layer.bind(*spec.ssrc, publish_[track].codec);
        by_ssrc_[*spec.ssrc] = {index, false};
      }
      if (spec.rtx_ssrc) {
        layer.bind_rtx(*spec.rtx_ssrc);
        by_ssrc_[*spec.rtx_ssrc] = {index, true};
      }
    }
  }
}

std::optional<IngressTable::Claim> IngressTable::find(const rtp::Packet& packet) {
  if (auto it = by_ssrc_.find(packet.ssrc); it != by_ssrc_.end()) return Claim{&layers_[it->second.layer], it->second.retransmission, false};

  auto text = [&](rtp::Extension e) -> std::string_view {
    const uint8_t id = bundle_.get(e);
    const auto data = id == 0 ? std::nullopt : rtp::find_extension(packet.extension_profile, packet.extensions, id);
    return data ? as_text(*data) : std::string_view();
  };
  const std::string_view mid = text(rtp::Extension::kMid);
  const auto track = mid.empty() ? track_by_payload_type(packet.payload_type) : track_by_mid(mid);
  if (!track || !publish_[*track].active) return std::nullopt;

  const std::string_view rid = text(rtp::Extension::kRid), repaired = text(rtp::Extension::kRepairedRid);
  const auto rtx_type = publish_[*track].codec.rtx_payload_type;
  const bool retransmission = !repaired.empty() || (rtx_type && *rtx_type == packet.payload_type);
  const std::string_view wanted = retransmission && !repaired.empty() ? repaired : rid;
  for (size_t index : by_track_[*track]) {
    IngressLayer& layer = layers_[index];
    const bool only = by_track_[*track].size() == 1 && (layer.rid().empty() || wanted.empty());
    if (only || (!wanted.empty() && layer.rid().view() == wanted)) return Claim{&layer, retransmission, true};
  }
  return std::nullopt;
}

void IngressTable::bind(const Claim& claim, Ssrc ssrc, srtp::Session* session) {
  const auto previous = claim.retransmission ? claim.layer->rtx_ssrc() : claim.layer->ssrc();
  if (previous) {
    by_ssrc_.erase(*previous);
    if (session) session->retire(*previous);
  }
  if (claim.retransmission) {
    claim.layer->bind_rtx(ssrc);
  } else {
    claim.layer->bind(ssrc, publish_[claim.layer->track()].codec);
  }
  by_ssrc_[ssrc] = {by_track_[claim.layer->track()][claim.layer->layer()], claim.retransmission};
}

IngressLayer* IngressTable::layer(uint16_t track, uint8_t layer) {
  if (track >= by_track_.size() || layer >= by_track_[track].size()) return nullptr;
  return &layers_[by_track_[track][layer]];
}

IngressLayer* IngressTable::by_ssrc(Ssrc ssrc) {
  auto it = by_ssrc_.find(ssrc);
  return it == by_ssrc_.end() || it->second.retransmission ? nullptr : &layers_[it->second.layer];
}

std::optional<size_t> IngressTable::track_by_mid(std::string_view mid) const {
  for (size_t i = 0; i < publish_.size(); ++i) {
    if (publish_[i].mid.view() == mid) return i;
  }
  return std::nullopt;
}

std::optional<size_t> IngressTable::track_by_payload_type(PayloadType type) const {
  std::optional<size_t> found;
  for (size_t i = 0; i < publish_.size(); ++i) {
    const CodecSpec& codec = publish_[i].codec;
    if (codec.payload_type != type && codec.rtx_payload_type != type && codec.red_payload_type != type) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

}  // namespace tutti::peer
