// Which encodings of a published m-line we take: rids of a simulcast offer (RFC 8853, RFC 8851), or the one stream that
// a=ssrc names (RFC 5576). Pure. Private to peer.
#pragma once

#include <cstddef>
#include <vector>

#include "tutti/peer/media_spec.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

// Lowest first, at most `max_layers`; the highest are left out. Without simulcast, or when the rid extension was not
// agreed and so packets could not say which layer they are, it is one layer without a rid.
std::vector<LayerSpec> published_layers(const sdp::MediaSection& offer, const CodecSpec& codec, bool rid_extension,
                                        size_t max_layers);

}  // namespace tutti::peer
