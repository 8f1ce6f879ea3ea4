// What an m-line offers to mend losses beside retransmission: Opus in RED (RFC 2198) and FlexFEC
// (draft-ietf-payload-flexible-fec-scheme-03, the one that browsers speak). Pure. Private to peer.
#pragma once

#include <array>
#include <optional>

#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

// The RED payload type that carries each payload type of the section, and that one only. Indexed by what is carried.
std::array<std::optional<PayloadType>, 128> redundancies(const sdp::MediaSection& offer);
// The payload type of FlexFEC over packets with a clock of 90 kHz; nothing if it is not offered.
std::optional<PayloadType> flexfec_type(const sdp::MediaSection& offer);

// Adds the codec's RED to a section of an answer: behind the codec, or before it where the client has it so. The first
// one of the answer is what a browser sends.
void add_red(const CodecSpec& codec, const sdp::MediaSection& offer, sdp::MediaSection& answer);
// Adds the slot's FlexFEC to a section of an answer.
void add_flexfec(const ReceiveSpec& slot, const sdp::MediaSection& offer, sdp::MediaSection& answer);

}  // namespace tutti::peer
