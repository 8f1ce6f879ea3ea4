// The identifiers of the domain: what RTP and SDP call things (Ssrc, PayloadType, Mid, Rid), and what the REST interface
// does (RoomId, ParticipantId, TrackId, SlotId). Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tutti/base/strong.hpp"

namespace tutti {

using Ssrc = Strong<struct SsrcTag, uint32_t>;               // RFC 3550 §3
using PayloadType = Strong<struct PayloadTypeTag, uint8_t>;  // 7 bits
using Mid = InlineString<struct MidTag, 32>;                 // RFC 5888; RFC 8843 §15 wants it short
using Rid = InlineString<struct RidTag, 16>;                 // RFC 8851 §10 restricts it to alphanumeric, '-' and '_'

// Text ids of the REST interface: [A-Za-z0-9_-]{1,64}. `is_valid_id` is the check; the types do not repeat it.
template <class Tag>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const TextId&) const = default;

 private:
  std::string text_;
};
using RoomId = TextId<struct RoomIdTag>;
using ParticipantId = TextId<struct ParticipantIdTag>;
using SlotId = TextId<struct SlotIdTag>;  // the mid of a receiving m-line; of a keyed participant `receive[].slot`

// Names a published track: `participant/name`.
struct TrackId {
  ParticipantId participant;
  std::string name;
  auto operator<=>(const TrackId&) const = default;
  std::string str() const { return participant.str() + "/" + name; }
};

constexpr size_t kMaxIdLength = 64;
constexpr bool is_valid_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdLength) return false;
  for (char c : text) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!ok) return false;
  }
  return true;
}
// `mix` and `auto` mean something in a subscription, so nobody may be called so.
constexpr bool is_reserved_id(std::string_view text) { return text == "mix" || text == "auto"; }

enum class MediaKind : uint8_t { kAudio, kVideo };
constexpr std::string_view to_string(MediaKind k) { return k == MediaKind::kAudio ? "audio" : "video"; }

}  // namespace tutti

template <class Tag>
struct std::hash<tutti::TextId<Tag>> {
  size_t operator()(const tutti::TextId<Tag>& v) const noexcept { return std::hash<std::string>{}(v.str()); }
};
template <>
struct std::hash<tutti::TrackId> {
  size_t operator()(const tutti::TrackId& v) const noexcept {
    return std::hash<std::string>{}(v.participant.str()) * 31 + std::hash<std::string>{}(v.name);
  }
};
