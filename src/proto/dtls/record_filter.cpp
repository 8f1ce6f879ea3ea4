#include "proto/dtls/record_filter.hpp"

#include <algorithm>

#include "tutti/base/byte_reader.hpp"

namespace tutti::dtls {
namespace {

// RFC 6347 §4.1
//   ContentType type; ProtocolVersion version; uint16 epoch; uint48 sequence_number; uint16 length; opaque
//   fragment[length];
constexpr size_t kHeaderSize = 13;
constexpr size_t kLengthOffset = 11;

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;  // RFC 5246 §7.4
constexpr uint8_t kFatal = 2;        // RFC 5246 §7.2
constexpr size_t kAlertSize = 2;

bool begins_handshake(uint8_t type, ByteReader body) { return type == kHandshake && body.u8() == kClientHello; }

// A warning says nothing that a handshake needs, and close_notify is one: unauthenticated, it must not end anything.
bool carries_handshake(uint8_t type, ByteReader body) {
  if (type == kAlert) return body.remaining() == kAlertSize && body.u8() == kFatal;
  return type == kHandshake || type == kChangeCipherSpec;
}

}  // namespace

RecordFilter::Result RecordFilter::filter(std::span<const uint8_t> datagram, FilterStage stage, Buffer& buffer) {
  if (datagram.size() > buffer.size()) return {{}, DropReason::kTooLong};
  Result result;
  size_t size = 0;
  ByteReader reader(datagram);
  while (!reader.at_end()) {
    const auto rest = datagram.subspan(reader.position());
    reader.skip(kLengthOffset);
    reader.skip(reader.u16());
    if (!reader.ok()) {
      result.drop_reason = DropReason::kDtlsMalformed;
      break;
    }
    const auto record = rest.first(reader.position() - (datagram.size() - rest.size()));
    if (!admits(record, stage)) {
      result.drop_reason = DropReason::kDtlsIgnored;
      continue;
    }
    std::copy(record.begin(), record.end(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
    size += record.size();
  }
  result.admitted = std::span<const uint8_t>(buffer).first(size);
  return result;
}

bool RecordFilter::admits(std::span<const uint8_t> record, FilterStage stage) {
  ByteReader reader(record);
  const uint8_t type = reader.u8();
  reader.skip(2);
  const uint16_t epoch = reader.u16();
  const ByteReader body(record.subspan(kHeaderSize));
  switch (stage) {
    case FilterStage::kAwaitingClientHello:
      return epoch == 0 && begins_handshake(type, body);
    case FilterStage::kHandshake:
      if (epoch == 0) return carries_handshake(type, body);
      return epoch == 1 && early_records_++ < kMaxEarlyRecords;
    case FilterStage::kEstablished:
      return epoch == 1;
  }
  return false;
}

}  // namespace tutti::dtls
