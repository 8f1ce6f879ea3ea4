// Which codecs of an m-line we answer, and with which parameters: RFC 3264 §6.1, RTX by RFC 4588 §8, feedback by RFC
// 4585 §4.2. Pure. Private to peer.
#pragma once

#include <string>
#include <vector>

#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

// Every offered codec that `admitted` names, in its order; of one codec the form that most receivers take first.
// Payload types are the client's; `fmtp` is as offered.
std::vector<CodecSpec> common_codecs(const sdp::MediaSection& offer, const std::vector<Codec>& admitted);

// What our answer says about a codec: the offered parameters, less those that describe the offerer's own stream.
std::string answer_fmtp(const CodecSpec& codec);

// Adds payload type, rtpmap, feedback and parameters of the codec and its RTX to a section of an answer.
void add_codec(const CodecSpec& codec, sdp::MediaSection& answer);

}  // namespace tutti::peer
