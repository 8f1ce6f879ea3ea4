// The sessions of the ipsec-mb backend. What RFC 3711 calls the cryptographic context, the counters of each source and
// the order in which a packet is checked, stands here once; what it calls the transform is a derived class for each
// family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "proto/srtp/retired_sources.hpp"
#include "proto/srtp/source_table.hpp"
#include "tutti/proto/srtp/session.hpp"

namespace tutti::srtp {

class IpsecSession : public Session {
 public:
  OpenResult open_rtp(std::span<uint8_t> packet) final;
  OpenResult open_rtcp(std::span<uint8_t> packet) final;
  size_t seal_rtcp(std::span<uint8_t> buffer, size_t size) final;
  void retire(Ssrc ssrc) final {
    received_.erase(ssrc);
    retired_.add(ssrc);
  }

  SrtpSuite suite() const { return suite_; }
  // The index under which a packet with this number is sealed, nothing if it is too far behind to be sealed again.
  std::optional<uint64_t> index_to_send(Ssrc ssrc, uint16_t sequence);

 protected:
  explicit IpsecSession(SrtpSuite suite) : suite_(suite) {}

 private:
  // Authenticate and decrypt in place; false, and undefined bytes, if the tag is wrong. The packet has room for its
  // tag.
  virtual bool open_rtp_text(std::span<uint8_t> packet, size_t header_size, Ssrc ssrc, uint64_t index) = 0;
  virtual bool open_rtcp_text(std::span<uint8_t> packet, Ssrc ssrc, uint32_t index_word) = 0;
  // Encrypts the `size` bytes at the front of `buffer`, which has room for the rest, and appends tag and index word.
  virtual void seal_rtcp_text(std::span<uint8_t> buffer, size_t size, Ssrc ssrc, uint32_t index_word) = 0;

  SrtpSuite suite_;
  SourceTable<SentSource> sent_;
  SourceTable<ReceivedSource> received_;
  RetiredSources retired_;
};

}  // namespace tutti::srtp
