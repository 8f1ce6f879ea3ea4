// What a participant publishes and receives, as values: the common outcome of an SDP negotiation and of a keyed join.
// The peer builds its streams from these, the room its tracks and slots. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tutti/base/codec.hpp"
#include "tutti/base/ids.hpp"
#include "tutti/wire/rtp/extensions.hpp"

namespace tutti::peer {

// One payload type of one m-line, with its retransmission payload type and the feedback that was agreed for it.
struct CodecSpec {
  Codec codec = Codec::kOpus;
  PayloadType payload_type;
  uint32_t clock_rate_hz = 0;
  uint8_t channels = 1;
  std::string fmtp;  // as in SDP, without the payload type
  std::optional<PayloadType> rtx_payload_type;
  std::optional<PayloadType> red_payload_type;  // RFC 2198, with blocks of this codec only
  bool nack = false;
  bool pli = false;
  bool fir = false;
  bool transport_cc = false;
  bool stream_cc = false;  // RFC 8888, where transport-cc is not agreed
  bool remb = false;
  bool operator==(const CodecSpec&) const = default;
};

// True if media encoded for `from` can be decoded by who announced `to`: same codec, and where parameters select a
// bitstream (H.264 packetization-mode and profile, VP9 profile-id, AV1 profile) the same of those or one that includes
// it. Levels are not compared: senders do not keep to them, and decoders exceed them.
bool can_forward(const CodecSpec& from, const CodecSpec& to);

// The entry of `to` to send `from` with: one with the very same parameters if there is one, else the first that can
// take it; null if there is none.
const CodecSpec* find_forwardable(const CodecSpec& from, const std::vector<CodecSpec>& to);

// One encoding of a published track. Without simulcast there is one, with an empty rid. SSRCs that are not known yet
// are learned from the mid and rid header extensions.
struct LayerSpec {
  Rid rid;
  std::optional<Ssrc> ssrc;
  std::optional<Ssrc> rtx_ssrc;
};

// A published m-line: a track to be.
struct PublishSpec {
  std::string name;  // unique among the participant's tracks; the mid if the client gave none
  Mid mid;           // empty for keyed participants
  MediaKind kind = MediaKind::kAudio;
  std::string source;  // "microphone", "camera", "screen" or empty
  CodecSpec codec;
  std::vector<LayerSpec> layers;  // lowest first
  rtp::ExtensionIds extensions;
  bool active = true;  // false once the m-line was set inactive; it keeps its place
};

// A receiving m-line: a slot.
struct ReceiveSpec {
  SlotId slot;
  Mid mid;
  MediaKind kind = MediaKind::kAudio;
  uint32_t pair =
      0;  // the audio and the video slot with the same number share an msid, so browsers keep them in lip-sync
  std::vector<CodecSpec> codecs;  // what may be sent, preferred first
  Ssrc ssrc;
  std::optional<Ssrc> rtx_ssrc;
  // FlexFEC, an SSRC of its own beside the slot's; both or neither.
  std::optional<PayloadType> fec_payload_type;
  std::optional<Ssrc> fec_ssrc;
  rtp::ExtensionIds extensions;
  bool active = true;
  bool operator==(const ReceiveSpec&) const = default;
};

}  // namespace tutti::peer
