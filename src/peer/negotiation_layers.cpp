#include "peer/negotiation_layers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

namespace tutti::peer {
namespace {

// The order of an a=simulcast line is preference, not size (RFC 8853 §5), and clients differ: browsers keep the page's
// order of sendEncodings, some WHIP publishers begin with the largest. So it is taken, in this order, from the sizes
// that all rids state, from names that are in use, from the line as lowest first.
struct Candidate {
  const sdp::RidAttribute* attribute;
  uint64_t size = 0;  // pixels, 0 if not stated
};

const sdp::RidAttribute* find_rid(const sdp::MediaSection& offer, const Rid& rid) {
  for (const sdp::RidAttribute& a : offer.rids) {
    if (a.send && a.rid == rid) return &a;
  }
  return nullptr;
}

uint64_t restriction(const sdp::RidAttribute& rid, std::string_view name) {
  for (const auto& [key, text] : rid.restrictions) {
    if (key != name) continue;
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() ? value : 0;
  }
  return 0;
}

// RFC 8851 §5: max-width and max-height in pixels, max-fs in 16x16 macroblocks. Of one dimension alone 16:9 is assumed.
uint64_t stated_size(const sdp::RidAttribute& rid) {
  const uint64_t width = restriction(rid, "max-width"), height = restriction(rid, "max-height");
  if (width > 0 && height > 0) return width * height;
  if (width > 0) return width * width * 9 / 16;
  if (height > 0) return height * height * 16 / 9;
  return restriction(rid, "max-fs") * 256;
}

constexpr std::array<std::array<std::string_view, 3>, 7> kKnownNames = {{{"q", "h", "f"},
                                                                         {"l", "m", "h"},
                                                                         {"low", "mid", "high"},
                                                                         {"low", "medium", "high"},
                                                                         {"lo", "mid", "hi"},
                                                                         {"0", "1", "2"},
                                                                         {"1", "2", "3"}}};

// The first family that knows every rid; so 'h' is the middle beside 'q' and the top beside 'l'.
bool sort_by_name(std::vector<Candidate>& rids) {
  for (const auto& family : kKnownNames) {
    const auto place = [&](const Candidate& c) {
      return std::find(family.begin(), family.end(), c.attribute->rid.view());
    };
    if (!std::all_of(rids.begin(), rids.end(), [&](const Candidate& c) { return place(c) != family.end(); })) continue;
    std::sort(rids.begin(), rids.end(), [&](const Candidate& a, const Candidate& b) { return place(a) < place(b); });
    return true;
  }
  return false;
}

bool admits(const sdp::RidAttribute& rid, PayloadType payload_type) {
  const auto& list = rid.payload_types;
  return list.empty() || std::find(list.begin(), list.end(), payload_type) != list.end();
}

std::vector<Candidate> simulcast_rids(const sdp::MediaSection& offer, const CodecSpec& codec) {
  std::vector<Candidate> rids;
  std::set<std::string_view> taken;
  for (const auto& alternatives : offer.simulcast->send) {
    for (const sdp::SimulcastRid& alternative : alternatives) {
      const sdp::RidAttribute* attribute = find_rid(offer, alternative.rid);
      if (!attribute || !admits(*attribute, codec.payload_type) || taken.count(attribute->rid.view()) > 0) continue;
      taken.insert(attribute->rid.view());
      rids.push_back({attribute, stated_size(*attribute)});
      break;
    }
  }
  return rids;
}

// a=ssrc-group:FID <stream> <its retransmissions> (RFC 5576 §4.2); else the first a=ssrc.
LayerSpec declared_stream(const sdp::MediaSection& offer) {
  LayerSpec layer;
  for (const sdp::SsrcGroup& group : offer.ssrc_groups) {
    if (group.semantics != "FID" || group.ssrcs.size() != 2) continue;
    layer.ssrc = group.ssrcs[0];
    layer.rtx_ssrc = group.ssrcs[1];
    return layer;
  }
  if (!offer.ssrcs.empty()) layer.ssrc = offer.ssrcs.front().ssrc;
  return layer;
}

}  // namespace

std::vector<LayerSpec> published_layers(const sdp::MediaSection& offer, const CodecSpec& codec, bool rid_extension,
                                        size_t max_layers) {
  if (!offer.simulcast || offer.simulcast->send.empty() || !rid_extension) return {declared_stream(offer)};
  std::vector<Candidate> rids = simulcast_rids(offer, codec);
  if (rids.empty()) return {declared_stream(offer)};
  if (std::all_of(rids.begin(), rids.end(), [](const Candidate& c) { return c.size > 0; })) {
    std::stable_sort(rids.begin(), rids.end(), [](const Candidate& a, const Candidate& b) { return a.size < b.size; });
  } else {
    sort_by_name(rids);
  }
  if (rids.size() > std::max<size_t>(max_layers, 1)) rids.resize(std::max<size_t>(max_layers, 1));
  std::vector<LayerSpec> layers;
  for (const Candidate& c : rids) layers.push_back({c.attribute->rid, std::nullopt, std::nullopt});
  return layers;
}

}  // namespace tutti::peer
