// Any text: what parses is written and read again to the same values, and negotiation either answers with something
// that parses, has a section for each of the offer's, and is accepted as its own re-offer, or says why not.
#include <cstdlib>
#include <string_view>

#include "tutti/peer/negotiation.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

tutti::peer::LocalTransport local_transport() {
  tutti::peer::LocalTransport local;
  local.ice_ufrag = "server";
  local.ice_pwd = "0123456789012345678901";
  local.fingerprint_sha256 = "AB";
  for (int i = 1; i < 32; ++i) local.fingerprint_sha256 += ":AB";
  local.candidates = {*tutti::Endpoint::parse("127.0.0.1:40000"), *tutti::Endpoint::parse("[::1]:40000")};
  local.cname = "fuzz";
  return local;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tutti;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto session = sdp::parse(text);
  if (!session) {
    require(!session.error().detail.empty());
    return 0;
  }
  const auto again =
      sdp::parse(sdp::serialise(*session), {.max_bytes = SIZE_MAX, .max_lines = SIZE_MAX, .max_line_length = 8192});
  require(again && *again == *session);

  SeededRandom random(1);
  const auto local = local_transport();
  const auto first = peer::negotiate(text, {}, {}, local, nullptr, random);
  if (!first) return 0;
  const auto answer =
      sdp::parse(first->answer, {.max_bytes = SIZE_MAX, .max_lines = SIZE_MAX, .max_line_length = 8192});
  require(answer && answer->media.size() == session->media.size());
  const auto second = peer::negotiate(text, {}, {}, local, &first->session, random);
  require(second && !second->ice_restart && second->session.receive.size() == first->session.receive.size());
  for (size_t i = 0; i < first->session.receive.size(); ++i) {
    require(second->session.receive[i].ssrc == first->session.receive[i].ssrc);
  }
  return 0;
}
