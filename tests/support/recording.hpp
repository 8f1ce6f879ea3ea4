// Recording: what one encoder sent, as RTP packets with the time of their arrival. The form of the files in
// tests/fixtures/encoders, whose README.md describes it; written by tests/tools/record_encoder.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/units.hpp"
#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/payload/leb128.hpp"

namespace tutti::test {

struct Recording {
  struct Packet {
    TimeDelta at;  // since the first
    std::vector<uint8_t> bytes;
  };

  std::string note;           // what was recorded, for people
  peer::PublishSpec publish;  // its one track; each layer with its SSRC
  // By URI, also those that the product does not know.
  std::vector<std::pair<uint8_t, std::string>> extensions;
  std::vector<Packet> packets;

  std::string to_bytes() const;
  // Throws std::runtime_error if it is not one.
  static Recording parse(const std::string& file);
};

namespace recording_detail {

constexpr const char* kFirstLine = "tutti recording 1";

inline void write_leb128(uint64_t value, std::string& out) {
  for (; value > 0x7F; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
inline uint32_t read_leb128(ByteReader& reader) {
  const auto value = payload::read_leb128(reader);
  if (!value) throw std::runtime_error("the recording is cut short");
  return *value;
}

}  // namespace recording_detail

inline std::string Recording::to_bytes() const {
  std::ostringstream head;
  head << recording_detail::kFirstLine << "\nnote " << note << "\ncodec " << to_string(publish.codec.codec)
       << "\npayload-type " << unsigned{publish.codec.payload_type.value()} << "\nfmtp " << publish.codec.fmtp << '\n';
  for (const peer::LayerSpec& layer : publish.layers)
    head << "layer " << (layer.ssrc ? layer.ssrc->value() : 0) << ' ' << layer.rid.view() << '\n';
  for (const auto& [id, uri] : extensions) head << "extension " << unsigned{id} << ' ' << uri << '\n';
  head << '\n';
  std::string out = head.str();
  TimeDelta last;
  for (const Packet& packet : packets) {
    recording_detail::write_leb128(static_cast<uint64_t>((packet.at - last).us()), out);
    recording_detail::write_leb128(packet.bytes.size(), out);
    out.append(packet.bytes.begin(), packet.bytes.end());
    last = packet.at;
  }
  return out;
}

inline Recording Recording::parse(const std::string& file) {
  Recording out;
  out.publish.name = "camera";
  out.publish.kind = MediaKind::kVideo;
  peer::CodecSpec& codec = out.publish.codec;
  codec.nack = codec.pli = true;
  std::istringstream head(file);
  std::string line;
  if (!std::getline(head, line) || line != recording_detail::kFirstLine)
    throw std::runtime_error("this is no recording");
  while (std::getline(head, line) && !line.empty()) {
    const size_t space = line.find(' ');
    const std::string key = line.substr(0, space);
    std::istringstream value(space == std::string::npos ? "" : line.substr(space + 1));
    uint32_t number = 0;
    std::string text;
    if (key == "note") {
      out.note = value.str();
    } else if (key == "codec") {
      const auto known = codec_from_name(value.str());
      if (!known) throw std::runtime_error("the recording has an unknown codec");
      codec.codec = *known;
      codec.clock_rate_hz = default_clock_rate_hz(*known);
    } else if (key == "payload-type") {
      value >> number;
      codec.payload_type = PayloadType(static_cast<uint8_t>(number));
    } else if (key == "fmtp") {
      codec.fmtp = value.str();
    } else if (key == "layer") {
      value >> number >> text;
      out.publish.layers.push_back({text.empty() ? Rid() : *Rid::make(text), Ssrc(number), std::nullopt});
    } else if (key == "extension") {
      value >> number >> text;
      const auto id = static_cast<uint8_t>(number);
      out.extensions.emplace_back(id, text);
      if (const auto known = rtp::extension_from_uri(text)) out.publish.extensions.set(*known, id);
    } else {
      throw std::runtime_error("the recording has an unknown line: " + line);
    }
  }
  if (!head) throw std::runtime_error("the recording has no packets");
  const size_t start = static_cast<size_t>(head.tellg());
  ByteReader reader({reinterpret_cast<const uint8_t*>(file.data()) + start, file.size() - start});
  TimeDelta at;
  while (!reader.at_end()) {
    at = at + TimeDelta::micros(recording_detail::read_leb128(reader));
    const uint32_t size = recording_detail::read_leb128(reader);
    const auto bytes = reader.bytes(size);
    if (!reader.ok()) throw std::runtime_error("the recording is cut short");
    out.packets.push_back({at, {bytes.begin(), bytes.end()}});
  }
  return out;
}

}  // namespace tutti::test
