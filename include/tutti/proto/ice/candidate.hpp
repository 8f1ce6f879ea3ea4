// ICE candidates and their line in SDP: what we offer (host candidates over UDP) and what a client announces, of which
// we need little, because a lite agent learns addresses from checks. RFC 8445 §5.1, RFC 8839 §5.1, RFC 6544 §4.5 (TCP).
// Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tutti/base/endpoint.hpp"

namespace tutti::ice {

enum class CandidateType : uint8_t { kHost, kPeerReflexive, kServerReflexive, kRelayed };
enum class CandidateTransport : uint8_t { kUdp, kTcp };

// "host", "prflx", "srflx" or "relay".
std::string_view to_string(CandidateType type);

// RFC 8445 §5.1.2.1 with its recommended type preferences. `local_preference`: 65535 for the best of several addresses.
// `component`: 1 to 256.
uint32_t candidate_priority(CandidateType type, uint16_t local_preference = 65535, uint16_t component = 1);

// A candidate of ours.
struct Candidate {
  std::string foundation;
  uint16_t component = 1;
  uint32_t priority = 0;
  Endpoint endpoint;
  CandidateType type = CandidateType::kHost;

  // What stands after "a=": "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host".
  std::string to_sdp() const;
  bool operator==(const Candidate&) const = default;
};

// Candidates with equal address, whatever the port, share a foundation (RFC 8445 §5.1.1.3).
Candidate make_host_candidate(const Endpoint& endpoint, uint16_t local_preference = 65535);

// Where a client says that it can be reached. A browser that hides its addresses gives a name "<uuid>.local"
// (draft-ietf-mmusic-mdns-ice-candidates), which nobody here resolves.
struct HostName {
  std::string name;
  uint16_t port = 0;
  bool operator==(const HostName&) const = default;
};

struct RemoteCandidate {
  std::string foundation;
  uint16_t component = 1;
  CandidateTransport transport = CandidateTransport::kUdp;
  uint32_t priority = 0;
  std::variant<Endpoint, HostName> address;
  CandidateType type = CandidateType::kHost;

  // Nothing if the address is a name.
  const Endpoint* endpoint() const { return std::get_if<Endpoint>(&address); }
  bool is_mdns() const;
};

constexpr size_t kMaxCandidateLength = 512;

// Reads a line with or without "a=" and "candidate:" before it and white space around it; extensions are skipped.
// Nothing if it is longer than kMaxCandidateLength or anything up to the type is missing or wrong.
std::optional<RemoteCandidate> parse_candidate(std::string_view line);

}  // namespace tutti::ice
