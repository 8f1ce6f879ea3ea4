// The common RTCP header and the reader of compound packets. RFC 3550 §6.1, §6.4.1, appendix A.2; reduced-size packets
// (RFC 5506) are accepted, so a compound may start with any type and hold a single packet. Views into the caller's
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tutti::rtcp {

constexpr size_t kHeaderSize = 4;

constexpr uint8_t kTypeSenderReport = 200;
constexpr uint8_t kTypeReceiverReport = 201;
constexpr uint8_t kTypeSdes = 202;
constexpr uint8_t kTypeBye = 203;
constexpr uint8_t kTypeApp = 204;
constexpr uint8_t kTypeRtpFeedback = 205;      // RFC 4585 §6.2; the format says which
constexpr uint8_t kTypePayloadFeedback = 206;  // RFC 4585 §6.3; the format says which
constexpr uint8_t kTypeExtendedReports = 207;  // RFC 3611

// Formats of kTypeRtpFeedback.
constexpr uint8_t kFormatNack = 1;
constexpr uint8_t kFormatCongestionFeedback = 11;  // RFC 8888
constexpr uint8_t kFormatTransportCc = 15;
// Formats of kTypePayloadFeedback. kFormatRemb is every application layer feedback: Remb::parse tells REMB by its name.
constexpr uint8_t kFormatPli = 1;
constexpr uint8_t kFormatFir = 4;
constexpr uint8_t kFormatRemb = 15;

// The five bits after the padding bit count report blocks, chunks or sources; all three counts end at 31.
constexpr size_t kMaxCount = 31;

// One packet of a compound. `format` is the count or the feedback format; `body` follows the header, padding removed.
struct PacketView {
  uint8_t format = 0;
  uint8_t type = 0;
  std::span<const uint8_t> body;
};

// Walks the packets of one datagram, in order:
//   if (auto reader = CompoundReader::open(bytes)) while (auto packet = reader->next()) ...
class CompoundReader {
 public:
  // Checks every header first, so that nobody acts on the first half of a broken compound. nullopt if empty, if a
  // version is not 2, if the lengths do not add up to the whole, or if a padding count is 0 or more than its packet
  // holds.
  //
  // RFC 3550 §6.4.1 wants padding in multiples of four and in the last packet alone. libwebrtc pads transport feedback
  // by one to three bytes, wherever in the compound it stands; so both are accepted, and the padding is cut off.
  static std::optional<CompoundReader> open(std::span<const uint8_t> bytes) noexcept;

  // nullopt at the end.
  std::optional<PacketView> next() noexcept;

 private:
  explicit CompoundReader(std::span<const uint8_t> bytes) : rest_(bytes) {}
  std::span<const uint8_t> rest_;
};

}  // namespace tutti::rtcp
