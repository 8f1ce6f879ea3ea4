// LayerReader: reads once, for all receivers, where each packet of one SSRC stands in its stream's layers, and keeps
// what later packets refer to: the structure of a dependency descriptor, or VP9's scalability structure. Owned by an
// IngressLayer.
#pragma once

#include <cstdint>
#include <optional>

#include "tutti/peer/media_packet.hpp"
#include "tutti/wire/payload/dependency_descriptor.hpp"
#include "tutti/wire/payload/vp9.hpp"

namespace tutti::peer {

class LayerReader {
 public:
  // Fills what `out` has for layers, from its VP9 descriptor.
  void read(const payload::Vp9Descriptor& descriptor, MediaPacket& out);
  // The same from its dependency descriptor, if it has one.
  void read_dependency_descriptor(MediaPacket& out);

 private:
  void keep_structure(const payload::Vp9ScalabilityStructure& structure, const payload::Vp9Descriptor& descriptor);
  void add_references(const payload::Vp9Descriptor& descriptor, payload::LayerFrame& frame) const;

  // Of a dependency descriptor.
  std::optional<payload::FrameDependencyStructure> structure_;
  uint16_t structure_from_ = 0, active_from_ = 0;  // the frames that brought them
  uint32_t active_ = 0;

  // Of VP9. Without a structure nothing is described.
  uint8_t spatial_count_ = 0;
  uint16_t group_from_ = 0;  // picture id
  uint8_t group_size_ = 0;   // 0: no group
  std::array<payload::Vp9ScalabilityStructure::Picture, payload::Vp9ScalabilityStructure::kMaxPictures> group_{};
};

}  // namespace tutti::peer
