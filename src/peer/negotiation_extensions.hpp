// Which header extensions are answered, under the client's ids: RFC 8285 §7, with what BUNDLE adds to it (RFC 9143
// §12). Pure. Private to peer.
#pragma once

#include <map>
#include <vector>

#include "tutti/wire/rtp/extensions.hpp"
#include "tutti/wire/sdp/session.hpp"

namespace tutti::peer {

// Remembers what the m-lines before agreed. In a BUNDLE group one id has one meaning: the first m-line that uses an id
// decides, a later one that means something else by it is not answered. Mid and the rids are read before the m-line is
// known, so those need one id throughout as well.
class ExtensionAgreement {
 public:
  // What to answer to one m-line's a=extmap lines. `client`: its direction on this line; what only tells of a
  // publisher's layers is of no use where it does not send. `mixed`: the client takes both forms of extensions
  // (a=extmap-allow-mixed). Where it does not, ids that only the two-byte form has are not answered if we are to write
  // them.
  std::vector<sdp::ExtMap> agree(const std::vector<sdp::ExtMap>& offered, sdp::Direction client, bool mixed);
  // Mid, rid and repaired rid of the whole group.
  const rtp::ExtensionIds& of_bundle() const { return bundle_; }

 private:
  std::map<uint16_t, rtp::Extension> meaning_of_id_;
  rtp::ExtensionIds bundle_;
};

rtp::ExtensionIds ids_of(const std::vector<sdp::ExtMap>& answered);

}  // namespace tutti::peer
