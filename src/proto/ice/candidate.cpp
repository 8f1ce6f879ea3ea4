#include "tutti/proto/ice/candidate.hpp"

#include <algorithm>
#include <charconv>

#include "tutti/base/crypto.hpp"

namespace tutti::ice {
namespace {

constexpr size_t kMaxFoundationLength = 32;  // RFC 8839 §5.1
constexpr size_t kMaxHostNameLength = 253;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alnum(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// The next word of `line`, taken off it; empty at its end.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(static_cast<size_t>(std::find_if_not(line.begin(), line.end(), is_space) - line.begin()));
  const auto size = static_cast<size_t>(std::find_if(line.begin(), line.end(), is_space) - line.begin());
  const std::string_view word = line.substr(0, size);
  line.remove_prefix(size);
  return word;
}

void skip_prefix(std::string_view& text, std::string_view prefix) {
  if (text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix)) {
    text.remove_prefix(prefix.size());
  }
}

template <class T>
std::optional<T> number(std::string_view word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

bool is_foundation(std::string_view word) {
  const auto ice_char = [](char c) { return is_alnum(c) || c == '+' || c == '/'; };
  return !word.empty() && word.size() <= kMaxFoundationLength && std::all_of(word.begin(), word.end(), ice_char);
}

bool is_host_name(std::string_view word) {
  const auto host_char = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
  return !word.empty() && word.size() <= kMaxHostNameLength && std::all_of(word.begin(), word.end(), host_char);
}

std::optional<CandidateTransport> parse_transport(std::string_view word) {
  if (equal_ignoring_case(word, "udp")) return CandidateTransport::kUdp;
  if (equal_ignoring_case(word, "tcp")) return CandidateTransport::kTcp;
  return std::nullopt;
}

std::optional<CandidateType> parse_type(std::string_view word) {
  for (auto type : {CandidateType::kHost, CandidateType::kPeerReflexive, CandidateType::kServerReflexive,
                    CandidateType::kRelayed}) {
    if (equal_ignoring_case(word, to_string(type))) return type;
  }
  return std::nullopt;
}

uint32_t type_preference(CandidateType type) {
  switch (type) {
    case CandidateType::kHost:
      return 126;
    case CandidateType::kPeerReflexive:
      return 110;
    case CandidateType::kServerReflexive:
      return 100;
    case CandidateType::kRelayed:
      return 0;
  }
  return 0;
}

}  // namespace

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::kHost:
      return "host";
    case CandidateType::kPeerReflexive:
      return "prflx";
    case CandidateType::kServerReflexive:
      return "srflx";
    case CandidateType::kRelayed:
      return "relay";
  }
  return "host";
}

uint32_t candidate_priority(CandidateType type, uint16_t local_preference, uint16_t component) {
  return (type_preference(type) << 24) + (uint32_t{local_preference} << 8) + (256u - component);
}

std::string Candidate::to_sdp() const {
  return "candidate:" + foundation + ' ' + std::to_string(component) + " udp " + std::to_string(priority) + ' ' +
         endpoint.ip.str() + ' ' + std::to_string(endpoint.port) + " typ " + std::string(to_string(type));
}

Candidate make_host_candidate(const Endpoint& endpoint, uint16_t local_preference) {
  Candidate c;
  c.foundation = std::to_string(crc32({endpoint.ip.data(), endpoint.ip.size()}));
  c.priority = candidate_priority(CandidateType::kHost, local_preference);
  c.endpoint = endpoint;
  return c;
}

bool RemoteCandidate::is_mdns() const {
  const auto* host = std::get_if<HostName>(&address);
  constexpr std::string_view kSuffix = ".local";
  return host && host->name.size() > kSuffix.size() &&
         equal_ignoring_case(std::string_view(host->name).substr(host->name.size() - kSuffix.size()), kSuffix);
}

std::optional<RemoteCandidate> parse_candidate(std::string_view line) {
  // RFC 8839 §5.1: "candidate:" foundation SP component SP transport SP priority SP address SP port SP "typ" SP type
  // ...
  if (line.size() > kMaxCandidateLength) return std::nullopt;
  std::string_view foundation = take_word(line);
  skip_prefix(foundation, "a=");
  skip_prefix(foundation, "candidate:");
  const auto component = number<uint16_t>(take_word(line));
  const auto transport = parse_transport(take_word(line));
  const auto priority = number<uint32_t>(take_word(line));
  const std::string_view address = take_word(line);
  const auto port = number<uint16_t>(take_word(line));
  const bool has_type = equal_ignoring_case(take_word(line), "typ");
  const auto type = parse_type(take_word(line));
  if (!is_foundation(foundation) || !component || *component < 1 || *component > 256) return std::nullopt;
  if (!transport || !priority || !port || !has_type || !type) return std::nullopt;

  RemoteCandidate c;
  c.foundation = std::string(foundation);
  c.component = *component;
  c.transport = *transport;
  c.priority = *priority;
  c.type = *type;
  if (const auto ip = IpAddress::parse(address)) {
    c.address = Endpoint{*ip, *port};
  } else if (is_host_name(address)) {
    c.address = HostName{std::string(address), *port};
  } else {
    return std::nullopt;
  }
  return c;
}

}  // namespace tutti::ice
