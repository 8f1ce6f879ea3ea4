#include "proto/dtls/record_filter.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace tutti;
using namespace tutti::dtls;

namespace {

constexpr uint8_t kAlert = 21, kHandshake = 22, kApplicationData = 23;

std::vector<uint8_t> record(uint8_t type, uint8_t epoch, const std::vector<uint8_t>& body) {
  std::vector<uint8_t> out = {type, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(body.size())};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}
std::vector<uint8_t> operator+(std::vector<uint8_t> a, const std::vector<uint8_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
// A filter with room for what it admits.
class Filter {
 public:
  RecordFilter::Result filter(std::span<const uint8_t> datagram, FilterStage stage) {
    return filter_.filter(datagram, stage, buffer_);
  }

 private:
  RecordFilter filter_;
  RecordFilter::Buffer buffer_{};
};
std::vector<uint8_t> admitted(const RecordFilter::Result& r) { return {r.admitted.begin(), r.admitted.end()}; }

const std::vector<uint8_t> kClientHello = record(kHandshake, 0, {1, 2, 3});
const std::vector<uint8_t> kCertificate = record(kHandshake, 0, {11, 2, 3});
const std::vector<uint8_t> kCloseNotify = record(kAlert, 0, {1, 0});
const std::vector<uint8_t> kFatalAlert = record(kAlert, 0, {2, 40});
const std::vector<uint8_t> kEncrypted = record(kHandshake, 1, {9, 9, 9, 9});

}  // namespace

TEST_CASE("only a ClientHello begins a handshake", "[dtls][record_filter]") {
  Filter filter;
  const auto stage = FilterStage::kAwaitingClientHello;
  for (const auto& other : {kCertificate, kCloseNotify, kFatalAlert, kEncrypted}) {
    const auto result = filter.filter(other, stage);
    CHECK(result.admitted.empty());
    CHECK(result.drop_reason == DropReason::kDtlsIgnored);
  }
  CHECK(admitted(filter.filter(kClientHello, stage)) == kClientHello);
}

TEST_CASE("plaintext warnings and data are left out of a handshake, fatal alerts are not", "[dtls][record_filter]") {
  Filter filter;
  const auto stage = FilterStage::kHandshake;
  const auto result =
      filter.filter(kCloseNotify + kCertificate + record(kApplicationData, 0, {1}) + kFatalAlert, stage);
  CHECK(admitted(result) == kCertificate + kFatalAlert);
  CHECK(result.drop_reason == DropReason::kDtlsIgnored);
  CHECK(filter.filter(record(kAlert, 0, {2}), stage).admitted.empty());
}

TEST_CASE("records of the next epoch are bounded during a handshake", "[dtls][record_filter]") {
  Filter filter;
  for (size_t i = 0; i < RecordFilter::kMaxEarlyRecords; ++i) {
    REQUIRE(admitted(filter.filter(kEncrypted, FilterStage::kHandshake)) == kEncrypted);
  }
  CHECK(filter.filter(kEncrypted, FilterStage::kHandshake).admitted.empty());
  CHECK(filter.filter(record(kHandshake, 2, {9}), FilterStage::kHandshake).admitted.empty());
  CHECK(admitted(filter.filter(kEncrypted, FilterStage::kEstablished)) == kEncrypted);
}

TEST_CASE("an established association takes encrypted records only", "[dtls][record_filter]") {
  Filter filter;
  const auto result = filter.filter(kClientHello + kEncrypted + kFatalAlert, FilterStage::kEstablished);
  CHECK(admitted(result) == kEncrypted);
  CHECK(result.drop_reason == DropReason::kDtlsIgnored);
}

TEST_CASE("a record that is cut short ends the datagram", "[dtls][record_filter]") {
  Filter filter;
  auto cut = kClientHello + kCertificate;
  cut.pop_back();
  const auto result = filter.filter(cut, FilterStage::kHandshake);
  CHECK(admitted(result) == kClientHello);
  CHECK(result.drop_reason == DropReason::kDtlsMalformed);
  CHECK(filter.filter(std::vector<uint8_t>{22}, FilterStage::kHandshake).drop_reason == DropReason::kDtlsMalformed);
  CHECK_FALSE(filter.filter({}, FilterStage::kHandshake).drop_reason);
}

TEST_CASE("a record without a body is no handshake message", "[dtls][record_filter]") {
  Filter filter;
  CHECK(filter.filter(record(kHandshake, 0, {}), FilterStage::kAwaitingClientHello).admitted.empty());
}

TEST_CASE("a datagram that is larger than any link's is ignored", "[dtls][record_filter]") {
  Filter filter;
  const std::vector<uint8_t> large(kMaxDatagram + 1, 22);
  const auto result = filter.filter(large, FilterStage::kHandshake);
  CHECK(result.admitted.empty());
  CHECK(result.drop_reason == DropReason::kTooLong);
}
