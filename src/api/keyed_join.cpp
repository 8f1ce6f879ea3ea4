// The transport and media of a participant whose keys the caller brings: keys are as long as the suite says, payload
// types keep clear of RTCP's (RFC 5761 §4), and no SSRC stands twice in a request.
#include <set>

#include "api/command_reader.hpp"
#include "tutti/base/crypto.hpp"

namespace tutti::api {
namespace {

constexpr uint64_t kMaxTimeoutSeconds = 7 * 24 * 3600;

std::optional<SrtpMasterKey> read_key(const Field& field, SrtpSuite suite) {
  const auto text = field.text(128);
  if (!text) return std::nullopt;
  const auto bytes = base64_decode(*text);
  if (!bytes) {
    field.fail("must be standard base64 with padding");
    return std::nullopt;
  }
  if (bytes->size() != master_key_size(suite)) {
    field.fail("must be " + std::to_string(key_size(suite)) + " bytes of key and " + std::to_string(salt_size(suite)) +
               " of salt, not " + std::to_string(bytes->size()));
    return std::nullopt;
  }
  return SrtpMasterKey(*bytes);
}

void read_keys(Object& transport, room::KeyedJoin& join) {
  const auto suite_field = transport.required("suite");
  const auto receive_field = transport.required("receive_key");
  const auto send_field = transport.required("send_key");
  const auto name = suite_field ? suite_field->text(64) : std::nullopt;
  const auto suite = name ? srtp_suite_from_name(*name) : std::nullopt;
  if (name && !suite) {
    suite_field->fail("must be AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32");
  }
  if (!suite) return;
  join.suite = *suite;
  if (receive_field) join.receive_key = read_key(*receive_field, *suite).value_or(SrtpMasterKey());
  if (send_field) join.send_key = read_key(*send_field, *suite).value_or(SrtpMasterKey());
  if (!join.receive_key.empty() && join.receive_key == join.send_key) {
    // One key for both directions is a two-time pad as soon as an SSRC meets itself (RFC 3711 §9.1).
    send_field->fail("must differ from receive_key");
  }
}

std::optional<Endpoint> read_remote(const Field& field) {
  const auto text = field.text(64);
  if (!text) return std::nullopt;
  const auto remote = Endpoint::parse(*text);
  if (!remote || remote->port == 0 || remote->ip.is_unspecified() || remote->ip.is_multicast()) {
    field.fail("must be an address and port of one host, as 192.0.2.1:5000 or [2001:db8::1]:5000");
    return std::nullopt;
  }
  return remote;
}

// What one request has used up so far.
struct Uniqueness {
  std::set<uint32_t> ssrcs;
  std::set<std::string> names;
};

std::optional<Ssrc> read_ssrc(const Field& field, Uniqueness& unique) {
  const auto number = field.integer(1, UINT32_MAX);
  if (!number) return std::nullopt;
  if (!unique.ssrcs.insert(static_cast<uint32_t>(*number)).second) field.fail("stands twice in this request");
  return Ssrc(static_cast<uint32_t>(*number));
}

std::optional<PayloadType> read_payload_type(const Field& field) {
  const auto number = field.integer(0, 127);
  if (!number) return std::nullopt;
  if (*number >= 64 && *number <= 95) {
    field.fail("must not be 64 to 95, which are RTCP's");
    return std::nullopt;
  }
  return PayloadType(static_cast<uint8_t>(*number));
}

std::optional<MediaKind> read_media_kind(Object& entry) {
  const auto field = entry.required("kind");
  const auto name = field ? field->text(16) : std::nullopt;
  if (!name) return std::nullopt;
  if (*name == "audio") return MediaKind::kAudio;
  if (*name == "video") return MediaKind::kVideo;
  field->fail("must be \"audio\" or \"video\"");
  return std::nullopt;
}

// {"payload_type"} of Opus within RED.
void read_red(const Field& field, peer::CodecSpec& codec) {
  Object red(field);
  if (codec.codec != Codec::kOpus) field.fail("is for opus");
  if (const auto pt = red.required("payload_type")) {
    codec.red_payload_type = read_payload_type(*pt);
    if (codec.red_payload_type == codec.payload_type) pt->fail("must differ from the payload type of the media");
  }
  red.refuse_others();
}

// kind, codec, payload_type, channels, fmtp and red of an entry. Feedback is what every RTP/AVPF endpoint can bear: one that
// does not know it ignores it.
peer::CodecSpec read_codec(Object& entry, std::optional<MediaKind> kind, const rtp::ExtensionIds& extensions) {
  peer::CodecSpec spec;
  const auto codec_field = entry.required("codec");
  const auto name = codec_field ? codec_field->text(32) : std::nullopt;
  const auto codec = name ? codec_from_name(*name) : std::nullopt;
  if (name && !codec) codec_field->fail("is not a codec that this server knows");
  if (codec && kind && kind_of(*codec) != *kind)
    codec_field->fail("is no codec for " + std::string(to_string(*kind)));
  if (codec) {
    spec.codec = *codec;
    spec.clock_rate_hz = default_clock_rate_hz(*codec);
    spec.channels = *codec == Codec::kOpus ? 2 : 1;  // RFC 7587 §7: always opus/48000/2
  }
  if (const auto field = entry.required("payload_type"))
    spec.payload_type = read_payload_type(*field).value_or(PayloadType());
  if (const auto field = entry.optional("channels")) {
    spec.channels = static_cast<uint8_t>(field->integer(1, 2).value_or(spec.channels));
  }
  if (const auto field = entry.optional("fmtp")) spec.fmtp = field->text(512).value_or("");
  if (const auto field = entry.optional("red")) read_red(*field, spec);
  const bool video = kind == MediaKind::kVideo;
  spec.nack = video;
  spec.pli = video;
  spec.fir = video;
  spec.transport_cc = extensions.has(rtp::Extension::kTransportSequenceNumber);
  return spec;
}

// {"payload_type", "ssrc"} of a slot's FlexFEC.
void read_fec(const Field& field, peer::ReceiveSpec& slot, const peer::CodecSpec& codec, Uniqueness& unique) {
  Object fec(field);
  if (slot.kind != MediaKind::kVideo) field.fail("is for video");
  if (const auto pt = fec.required("payload_type")) {
    slot.fec_payload_type = read_payload_type(*pt);
    if (slot.fec_payload_type == codec.payload_type || slot.fec_payload_type == codec.rtx_payload_type)
      pt->fail("must differ from the payload types of the media and its retransmissions");
  }
  if (const auto f = fec.required("ssrc")) slot.fec_ssrc = read_ssrc(*f, unique);
  fec.refuse_others();
}

// {"payload_type", "ssrc"}. Gives the SSRC; it is required unless every layer has its own.
std::optional<Ssrc> read_rtx(const Field& field, bool with_ssrc, peer::CodecSpec& codec, Uniqueness& unique) {
  Object rtx(field);
  std::optional<Ssrc> ssrc;
  if (const auto pt = rtx.required("payload_type")) {
    codec.rtx_payload_type = read_payload_type(*pt);
    if (codec.rtx_payload_type == codec.payload_type) pt->fail("must differ from the payload type of the media");
  }
  if (with_ssrc) {
    if (const auto f = rtx.required("ssrc")) ssrc = read_ssrc(*f, unique);
  }
  rtx.refuse_others();
  codec.nack = true;
  return ssrc;
}

std::vector<peer::LayerSpec> read_layers(const Field& list, bool rtx, Uniqueness& unique) {
  std::vector<peer::LayerSpec> layers;
  std::set<std::string> rids;
  const auto items = list.items(kMaxLayers);
  if (items.empty() && list.value().is_array()) list.fail("must have 1 to 3 items, lowest first");
  for (const Field& item : items) {
    Object entry(item);
    peer::LayerSpec layer;
    if (const auto field = entry.required("rid")) {
      const auto text = field->id(false);
      const auto rid = text ? Rid::make(*text) : std::nullopt;
      if (text && !rid) field->fail("must have at most 16 characters");
      if (rid && !rids.insert(*text).second) field->fail("stands twice");
      if (rid) layer.rid = *rid;
    }
    if (const auto field = entry.required("ssrc")) layer.ssrc = read_ssrc(*field, unique);
    if (const auto field = entry.optional("rtx_ssrc")) {
      layer.rtx_ssrc = read_ssrc(*field, unique);
      if (!rtx) field->fail("is given with rtx.payload_type only");
    }
    entry.refuse_others();
    layers.push_back(layer);
  }
  return layers;
}

peer::PublishSpec read_published(const Field& item, const rtp::ExtensionIds& extensions, Uniqueness& unique) {
  Object entry(item);
  peer::PublishSpec spec;
  spec.extensions = extensions;
  if (const auto field = entry.required("id")) {
    const auto id = field->id();
    if (id && !unique.names.insert(*id).second) field->fail("stands twice");
    spec.name = id.value_or("");
  }
  const auto kind = read_media_kind(entry);
  spec.kind = kind.value_or(MediaKind::kAudio);
  if (const auto field = entry.optional("source")) spec.source = field->text(kMaxIdLength).value_or("");
  spec.codec = read_codec(entry, kind, extensions);
  const auto layers = entry.optional("layers");
  const auto ssrc = layers ? entry.optional("ssrc") : entry.required("ssrc");
  const auto rtx = entry.optional("rtx");
  if (layers) {
    if (rtx) read_rtx(*rtx, false, spec.codec, unique);
    spec.layers = read_layers(*layers, rtx.has_value(), unique);
    if (kind == MediaKind::kAudio) layers->fail("are for video");
    if (ssrc) ssrc->fail("stands in the layers");
  } else {
    peer::LayerSpec layer;
    if (ssrc) layer.ssrc = read_ssrc(*ssrc, unique);
    if (rtx) layer.rtx_ssrc = read_rtx(*rtx, true, spec.codec, unique);
    spec.layers.push_back(layer);
  }
  entry.refuse_others();
  return spec;
}

peer::ReceiveSpec read_received(const Field& item, size_t index, const rtp::ExtensionIds& extensions,
                                Uniqueness& unique, room::SubscriptionChange& change) {
  Object entry(item);
  peer::ReceiveSpec spec;
  spec.extensions = extensions;
  const auto slot_field = entry.optional("slot");
  const std::string slot = slot_field ? slot_field->id(false).value_or("") : std::to_string(index);
  spec.slot = SlotId(slot);
  const auto kind = read_media_kind(entry);
  spec.kind = kind.value_or(MediaKind::kAudio);
  peer::CodecSpec codec = read_codec(entry, kind, extensions);
  codec.nack = true;  // who sends one wants an answer; of sound too
  if (const auto field = entry.required("ssrc")) spec.ssrc = read_ssrc(*field, unique).value_or(Ssrc());
  if (const auto field = entry.optional("rtx")) spec.rtx_ssrc = read_rtx(*field, true, codec, unique);
  if (const auto field = entry.optional("fec")) read_fec(*field, spec, codec, unique);
  spec.codecs.push_back(std::move(codec));
  change.slot = spec.slot;
  read_subscription_fields(entry, change);
  entry.refuse_others();
  return spec;
}

bool asks_for_something(const room::SubscriptionChange& c) {
  return c.track || c.layout || c.max_height || c.rid || c.temporal || c.max_fps || c.priority || c.visible || c.paused;
}

}  // namespace

room::KeyedJoin read_keyed_transport(Object& transport, bool encrypted) {
  room::KeyedJoin join;
  join.encrypted = encrypted;
  if (encrypted) read_keys(transport, join);
  if (const auto field = transport.optional("remote")) join.remote = read_remote(*field);
  if (const auto field = transport.optional("timeout_s")) {
    const auto seconds = field->integer(1, kMaxTimeoutSeconds);
    if (seconds) join.timeout = TimeDelta::seconds(static_cast<int64_t>(*seconds));
  }
  return join;
}

rtp::ExtensionIds read_extensions(const Field& map) {
  rtp::ExtensionIds ids;
  Object object(map);
  for (const auto& [key, field] : object.members(rtp::kExtensionCount)) {
    unsigned id = 0;
    const bool digits = !key.empty() && key.size() <= 3 && key.find_first_not_of("0123456789") == std::string::npos;
    if (digits) id = static_cast<unsigned>(std::stoul(key));
    // RFC 8285 §4.2: 0 is padding and 15 is reserved in the one-byte form.
    if (id < 1 || id > 255 || id == 15 || key[0] == '0') {
      field.fail("must be named by its id, 1 to 255 but 15");
      continue;
    }
    const auto uri = field.text(128);
    const auto extension = uri ? rtp::extension_from_uri(*uri) : std::nullopt;
    if (uri && !extension) field.fail("is not a header extension that this server knows");
    if (!extension) continue;
    if (ids.has(*extension)) field.fail("has another id already");
    ids.set(*extension, static_cast<uint8_t>(id));
  }
  return ids;
}

void read_keyed_media(Object& body, const rtp::ExtensionIds& extensions, room::KeyedJoin& join,
                      std::vector<room::SubscriptionChange>& subscriptions) {
  Uniqueness unique;
  if (const auto field = body.optional("publish")) {
    for (const Field& item : field->items(kMaxPublish))
      join.publish.push_back(read_published(item, extensions, unique));
  }
  if (const auto field = body.optional("receive")) {
    std::set<std::string> slots;
    size_t index = 0;
    for (const Field& item : field->items(kMaxReceive)) {
      room::SubscriptionChange change;
      join.receive.push_back(read_received(item, index++, extensions, unique, change));
      if (!slots.insert(change.slot.str()).second) item.fail("has the slot of another entry");
      if (asks_for_something(change)) subscriptions.push_back(std::move(change));
    }
  }
}

}  // namespace tutti::api
