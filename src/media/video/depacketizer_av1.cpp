// "RTP Payload Format For AV1" v1.0 §4: OBU elements, which may go on in the next packet, into a temporal unit in AV1's
// low overhead format (AV1 specification §5.2): each OBU with its size, a temporal delimiter at the front.
#include "media/video/depacketizer.hpp"
#include "tutti/base/byte_reader.hpp"
#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/av1_obu.hpp"
#include "tutti/wire/payload/leb128.hpp"

namespace tutti::video {
namespace {

using payload::Av1AggregationHeader;
using payload::Av1Obu;
using payload::read_leb128;

// AV1 specification §5.3.2: obu_forbidden_bit, obu_type (4 bits), obu_extension_flag, obu_has_size_field,
// obu_reserved_1bit.
constexpr uint8_t kForbidden = 0x80, kHasExtension = 0x04, kHasSize = 0x02;
constexpr uint8_t kTileList = 8;
uint8_t obu_type(uint8_t header) { return header >> 3 & 15; }

void append_leb128(size_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

// Walks the elements of one packet. §4.4: W counts them, and the last has no length before it; if W is 0, each has one.
class ElementReader {
 public:
  ElementReader(const Av1AggregationHeader& header, std::span<const uint8_t> payload)
      : reader_(payload.subspan(Av1AggregationHeader::kSize)), count_(header.obu_count) {}

  bool at_end() const { return reader_.at_end() && (count_ == 0 || read_ == count_); }
  // nullopt if it is cut short or there are more bytes than elements.
  std::optional<std::span<const uint8_t>> next() {
    ++read_;
    if (count_ != 0 && read_ > count_) return std::nullopt;
    if (count_ != 0 && read_ == count_) return reader_.rest();
    const auto length = read_leb128(reader_);
    if (!length) return std::nullopt;
    const auto element = reader_.bytes(*length);
    if (!reader_.ok()) return std::nullopt;
    return element;
  }

 private:
  ByteReader reader_;
  size_t count_, read_ = 0;
};

// Appends one OBU with its size; nothing if it is one that does not belong into the unit. False if it is none.
bool append_obu(std::span<const uint8_t> obu, std::vector<uint8_t>& out) {
  ByteReader r(obu);
  const uint8_t header = r.u8();
  const uint8_t extension = header & kHasExtension ? r.u8() : uint8_t{0};
  size_t size = r.remaining();
  if (header & kHasSize) {
    const auto told = read_leb128(r);
    if (!told || *told > r.remaining()) return false;
    size = *told;
  }
  if (!r.ok() || header & kForbidden) return false;
  // §5: receivers MUST ignore both.
  if (obu_type(header) == Av1Obu::kTemporalDelimiter || obu_type(header) == kTileList) return true;
  out.push_back(header | kHasSize);
  if (header & kHasExtension) out.push_back(extension);
  append_leb128(size, out);
  const auto content = r.bytes(size);
  out.insert(out.end(), content.begin(), content.end());
  return true;
}

class Av1Depacketizer final : public Depacketizer {
 public:
  std::optional<PacketRole> inspect(std::span<const uint8_t> payload) const override {
    const auto header = Av1AggregationHeader::parse(payload);
    if (!header) return std::nullopt;
    PacketRole role;
    role.begins_frame = header->new_coded_sequence;
    // Not every sender sets N; a sequence header goes with keyframes alone, too.
    role.keyframe = header->new_coded_sequence;
    ElementReader elements(*header, payload);
    bool whole_start = !header->continues_obu;
    while (!elements.at_end()) {
      const auto element = elements.next();
      if (!element) return std::nullopt;
      if (whole_start && !element->empty() && obu_type(element->front()) == Av1Obu::kSequenceHeader)
        role.keyframe = true;
      whole_start = true;
    }
    role.keyframe_candidate = role.keyframe;
    return role;
  }

  bool assemble(std::span<const std::span<const uint8_t>> payloads, std::vector<uint8_t>& out) override {
    out.push_back(Av1Obu::kTemporalDelimiter << 3 | kHasSize);
    out.push_back(0);
    const size_t empty_unit = out.size();
    fragments_.clear();
    bool continues = false;
    for (const auto payload : payloads) {
      const auto header = Av1AggregationHeader::parse(payload);
      if (!header || header->continues_obu != continues) return false;
      ElementReader elements(*header, payload);
      while (!elements.at_end()) {
        const auto element = elements.next();
        if (!element) return false;
        const bool goes_on = header->last_obu_continues && elements.at_end();
        if (!add_element(*element, continues, goes_on, out)) return false;
        continues = goes_on;
      }
    }
    return !continues && out.size() > empty_unit;
  }

 private:
  bool add_element(std::span<const uint8_t> element, bool continues, bool goes_on, std::vector<uint8_t>& out) {
    if (!continues && !goes_on) return element.empty() || append_obu(element, out);
    if (!continues) fragments_.clear();
    fragments_.insert(fragments_.end(), element.begin(), element.end());
    return goes_on || append_obu(fragments_, out);
  }

  std::vector<uint8_t> fragments_;  // of the OBU that goes on in the next packet
};

}  // namespace

std::unique_ptr<Depacketizer> make_av1_depacketizer() { return std::make_unique<Av1Depacketizer>(); }

}  // namespace tutti::video
