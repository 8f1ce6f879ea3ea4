#include "harness/keyed_body.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tutti/base/crypto.hpp"
#include "tutti/base/srtp_suite.hpp"

namespace tutti::bench {
namespace {

namespace json = boost::json;

json::object media(MediaKind kind) {
  const bool audio = kind == MediaKind::kAudio;
  return {
      {"kind", to_string(kind)}, {"codec", audio ? "opus" : "VP8"}, {"payload_type", audio ? kAudioType : kVideoType}};
}

json::object published(const Published& track) {
  json::object entry = media(track.kind);
  entry["id"] = track.id;
  if (track.layers.size() == 1 && track.layers[0].rid.empty()) {
    const PublishedLayer& only = track.layers[0];
    entry["ssrc"] = only.ssrc.value();
    if (only.rtx_ssrc) entry["rtx"] = json::object{{"payload_type", kRtxType}, {"ssrc", only.rtx_ssrc->value()}};
    return entry;
  }
  json::array layers;
  bool rtx = false;
  for (const PublishedLayer& layer : track.layers) {
    json::object item{{"rid", layer.rid}, {"ssrc", layer.ssrc.value()}};
    if (layer.rtx_ssrc) item["rtx_ssrc"] = layer.rtx_ssrc->value();
    rtx = rtx || layer.rtx_ssrc;
    layers.push_back(std::move(item));
  }
  entry["layers"] = std::move(layers);
  if (rtx) entry["rtx"] = json::object{{"payload_type", kRtxType}};
  return entry;
}

json::object received(const Received& slot) {
  json::object entry = media(slot.kind);
  entry["ssrc"] = slot.ssrc.value();
  entry["track"] = slot.track;
  if (slot.rtx_ssrc) entry["rtx"] = json::object{{"payload_type", kRtxType}, {"ssrc", slot.rtx_ssrc->value()}};
  return entry;
}

}  // namespace

std::string keyed_body(const KeyedJoin& join) {
  json::object transport{
      {"kind", join.keys ? "srtp" : "rtp"},
      {"remote", join.address.str()},
      {"extensions", json::object{{std::to_string(kAudioLevelId), "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}}},
  };
  if (join.keys) {
    transport["suite"] = name(join.keys->suite);
    transport["receive_key"] = base64_encode(join.keys->local.bytes());
    transport["send_key"] = base64_encode(join.keys->remote.bytes());
  }
  json::array publish, receive;
  for (const Published& track : join.publish) publish.push_back(published(track));
  for (const Received& slot : join.receive) receive.push_back(received(slot));
  return json::serialize(json::object{{"id", join.id},
                                      {"transport", std::move(transport)},
                                      {"publish", std::move(publish)},
                                      {"receive", std::move(receive)}});
}

std::string webrtc_body(const WebrtcJoin& join) {
  json::array subscriptions;
  for (const auto& [mid, track] : join.subscriptions) {
    subscriptions.push_back(json::object{{"slot", mid}, {"track", track}});
  }
  json::object body{{"id", join.id}, {"transport", json::object{{"kind", "webrtc"}, {"offer", join.offer}}}};
  if (!subscriptions.empty()) body["subscriptions"] = std::move(subscriptions);
  return json::serialize(body);
}

}  // namespace tutti::bench
