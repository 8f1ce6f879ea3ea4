#include "peer/negotiation_slots.hpp"

namespace tutti::peer {

SlotNumbers::SlotNumbers(const sdp::Session& offer, const Session* previous, Random& random) : random_(random) {
  for (const sdp::MediaSection& section : offer.media) {
    for (const sdp::SsrcAttribute& s : section.ssrcs) ssrcs_.insert(s.ssrc);
    for (const sdp::SsrcGroup& g : section.ssrc_groups) ssrcs_.insert(g.ssrcs.begin(), g.ssrcs.end());
  }
  if (!previous) return;
  for (const ReceiveSpec& slot : previous->receive) {
    ssrcs_.insert(slot.ssrc);
    if (slot.rtx_ssrc) ssrcs_.insert(*slot.rtx_ssrc);
    if (slot.fec_ssrc) ssrcs_.insert(*slot.fec_ssrc);
    pairs(slot.kind).insert(slot.pair);
  }
}

Ssrc SlotNumbers::fresh_ssrc() {
  while (true) {
    const Ssrc ssrc(random_.u32());
    if (ssrc.value() != 0 && ssrcs_.insert(ssrc).second) return ssrc;
  }
}

uint32_t SlotNumbers::fresh_pair(MediaKind kind) {
  uint32_t pair = 0;
  while (!pairs(kind).insert(pair).second) ++pair;
  return pair;
}

}  // namespace tutti::peer
