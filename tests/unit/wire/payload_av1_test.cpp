// AV1: aggregation header and dependency descriptor, "RTP Payload Format For AV1" v1.0.
#include <array>
#include <catch2/catch.hpp>

#include "support/bit_writer.hpp"
#include "support/hex.hpp"
#include "tutti/wire/payload/av1.hpp"
#include "tutti/wire/payload/av1_obu.hpp"
#include "tutti/wire/payload/dependency_descriptor.hpp"
#include "tutti/wire/payload/leb128.hpp"

using namespace tutti;
using namespace tutti::payload;
using tutti::test::BitWriter;
using tutti::test::from_hex;

namespace {

// start and end of frame, template id, frame number.
BitWriter mandatory(uint32_t template_id, uint32_t frame_number) {
  return BitWriter().put(1, 1).put(1, 0).put(6, template_id).put(16, frame_number);
}

// Two spatial layers of two temporal layers each (L2T2), template ids from 62 on so that they wrap, four decode
// targets, two chains, with resolutions. A.8.3, in order.
BitWriter l2t2_keyframe() {
  BitWriter w = mandatory(62, 0x0102);
  w.put(5, 0b11000);                                    // structure and active decode targets present, nothing custom
  w.put(6, 62).put(5, 3);                               // template_id_offset, dt_cnt_minus_one
  w.put(2, 0).put(2, 1).put(2, 2).put(2, 1).put(2, 3);  // layers: s0t0, s0t0, s0t1, s1t0, s1t1
  w.repeat(5 * 4, 2, 2);                                // template_dtis
  w.put(1, 0);                                          // template_fdiffs: none,
  w.put(1, 1).put(4, 3).put(1, 0);                      // 4,
  w.put(1, 1).put(4, 1).put(1, 0);                      // 2,
  w.put(1, 1).put(4, 0).put(1, 1).put(4, 3).put(1, 0);  // 1 and 4,
  w.put(1, 0);                                          // none
  w.put(2, 2);                                          // chain_cnt = ns(5): 2 in two bits
  w.repeat(4, 1, 0);                                    // decode_target_protected_by: ns(2), one bit each
  w.repeat(5 * 2, 4, 1);                                // template_chain_fdiff
  w.put(1, 1);                                          // resolutions_present_flag
  w.put(16, 319).put(16, 179).put(16, 639).put(16, 359);
  w.put(4, 0b0011);  // active_decode_targets_bitmask
  return w;
}

FrameDependencyStructure l2t2() { return *DependencyDescriptor::parse(l2t2_keyframe().bytes(), nullptr)->structure; }

}  // namespace

TEST_CASE("AV1: the aggregation header tells where OBUs continue", "[wire][payload][av1]") {
  const auto first = Av1AggregationHeader::parse(from_hex("68 0a0b"));
  REQUIRE(first);
  CHECK_FALSE(first->continues_obu);
  CHECK(first->last_obu_continues);
  CHECK(first->obu_count == 2);
  CHECK(first->new_coded_sequence);
  CHECK(first->keyframe());
  const auto next = Av1AggregationHeader::parse(from_hex("90"));
  REQUIRE(next);
  CHECK(next->continues_obu);
  CHECK_FALSE(next->last_obu_continues);
  CHECK(next->obu_count == 1);
  CHECK_FALSE(next->keyframe());
}

TEST_CASE("AV1: a new sequence that continues an OBU is refused", "[wire][payload][av1]") {
  CHECK_FALSE(Av1AggregationHeader::parse(from_hex("88")));
  CHECK_FALSE(Av1AggregationHeader::parse({}));
}

TEST_CASE("leb128 ends within eight bytes and fits into 32 bits", "[wire][payload][av1]") {
  const auto read = [](const char* hex) {
    const auto bytes = from_hex(hex);
    ByteReader reader(bytes);
    return read_leb128(reader);
  };
  CHECK(read("00") == 0u);
  CHECK(read("7f") == 127u);
  CHECK(read("e58e26") == 624'485u);
  CHECK(read("ffffffff0f") == UINT32_MAX);
  // Bytes that add nothing are allowed.
  CHECK(read("8180808080808000") == 1u);
  CHECK_FALSE(read("818080808080808000"));
  CHECK_FALSE(read("8080808010"));
  CHECK_FALSE(read("e58e"));
  CHECK_FALSE(read(""));
}

TEST_CASE("AV1: an OBU whose size has no end is none", "[wire][payload][av1]") {
  const auto good = from_hex("2a80808080808080000a00"), bad = from_hex("2a80808080808080800a00");
  std::span<const uint8_t> stream(good);
  const auto obu = Av1Obu::take(stream);
  REQUIRE(obu);
  CHECK(obu->payload.empty());
  CHECK(stream.size() == 2);
  stream = bad;
  CHECK_FALSE(Av1Obu::take(stream));
}

TEST_CASE("a dependency descriptor of three bytes needs no structure", "[wire][payload][dd]") {
  const auto d = DependencyDescriptor::parse(from_hex("86 0173"), nullptr);
  REQUIRE(d);
  CHECK(d->start_of_frame);
  CHECK_FALSE(d->end_of_frame);
  CHECK(d->template_id == 6);
  CHECK(d->frame_number == 0x173);
  CHECK_FALSE(d->keyframe());
  CHECK_FALSE(d->frame);
  CHECK_FALSE(DependencyDescriptor::parse(from_hex("86 01"), nullptr));
  CHECK_FALSE(DependencyDescriptor::parse({}, nullptr));
}

TEST_CASE("a keyframe's dependency descriptor brings templates and resolutions", "[wire][payload][dd]") {
  const auto d = DependencyDescriptor::parse(l2t2_keyframe().bytes(), nullptr);
  REQUIRE(d);
  CHECK(d->keyframe());
  CHECK(d->frame_number == 0x0102);
  CHECK(d->active_decode_targets == 3u);
  REQUIRE(d->frame);
  CHECK(d->frame->layer == FrameDependencyStructure::Layer{0, 0});
  const auto& s = *d->structure;
  CHECK(s.template_id_offset == 62);
  CHECK(s.decode_target_count == 4);
  CHECK(s.chain_count == 2);
  CHECK(s.template_count == 5);
  CHECK(s.spatial_layer_count == 2);
  CHECK(s.has_resolutions);
  CHECK(s.resolutions[0] == Dimensions{320, 180});
  CHECK(s.resolutions[1] == Dimensions{640, 360});
  CHECK(s.protected_by[3] == 0);
  CHECK(s.templates[0].reference_count == 0);
  CHECK(s.templates[0].indications[3] == TargetIndication::kSwitch);
  CHECK(s.templates[0].indications[4] == TargetIndication::kNotPresent);
  CHECK(s.templates[1].references[0] == 4);
  CHECK(s.templates[3].reference_count == 2);
  CHECK(s.templates[3].references[0] == 1);
  CHECK(s.templates[3].references[1] == 4);
  CHECK(s.templates[4].chain_diffs[1] == 1);
}

TEST_CASE("a later packet finds its layer by template, over the wrap of the ids", "[wire][payload][dd]") {
  const auto structure = l2t2();
  const auto layer_of = [&](uint32_t template_id) {
    return DependencyDescriptor::parse(mandatory(template_id, 7).bytes(), &structure)->frame->layer;
  };
  CHECK(layer_of(62) == FrameDependencyStructure::Layer{0, 0});
  CHECK(layer_of(63) == FrameDependencyStructure::Layer{0, 0});
  CHECK(layer_of(0) == FrameDependencyStructure::Layer{0, 1});
  CHECK(layer_of(1) == FrameDependencyStructure::Layer{1, 0});
  CHECK(layer_of(2) == FrameDependencyStructure::Layer{1, 1});
}

TEST_CASE("a template that the structure does not have is refused", "[wire][payload][dd]") {
  const auto structure = l2t2();
  CHECK_FALSE(DependencyDescriptor::parse(mandatory(3, 7).bytes(), &structure));
  CHECK_FALSE(DependencyDescriptor::parse(mandatory(61, 7).bytes(), &structure));
}

TEST_CASE("custom dependencies replace the template's, and are checked for length", "[wire][payload][dd]") {
  const auto structure = l2t2();
  BitWriter w = mandatory(0, 9);
  w.put(5, 0b00111);                                         // custom dtis, fdiffs and chains
  w.repeat(4, 2, 1);                                         // frame_dtis
  w.put(2, 1).put(4, 1).put(2, 3).put(12, 0xABC).put(2, 0);  // frame_fdiffs of 4 and 12 bits
  w.put(8, 1).put(8, 2);                                     // frame_chains
  REQUIRE(w.bytes().size() == 10);
  const auto d = DependencyDescriptor::parse(w.bytes(), &structure);
  REQUIRE(d);
  CHECK(d->frame->layer == FrameDependencyStructure::Layer{0, 1});
  CHECK(d->frame->indications[3] == TargetIndication::kDiscardable);
  CHECK(d->frame->reference_count == 2);
  CHECK(d->frame->references[0] == 2);
  CHECK(d->frame->references[1] == 0xABD);
  CHECK(d->frame->chain_diffs[1] == 2);
  for (size_t n = 4; n < w.bytes().size(); ++n) {
    const std::vector<uint8_t> cut(w.bytes().begin(), w.bytes().begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    CHECK_FALSE(DependencyDescriptor::parse(cut, &structure));
    CHECK(DependencyDescriptor::parse(cut, nullptr));
  }
}

TEST_CASE("the active decode targets are as many as the structure has", "[wire][payload][dd]") {
  const auto structure = l2t2();
  const auto bytes = mandatory(62, 9).put(5, 0b01000).put(4, 0b1010).bytes();
  CHECK(DependencyDescriptor::parse(bytes, &structure)->active_decode_targets == 0b1010u);
  CHECK_FALSE(DependencyDescriptor::parse(bytes, nullptr)->active_decode_targets);
}

TEST_CASE("a truncated structure is refused", "[wire][payload][dd]") {
  const auto whole = l2t2_keyframe().bytes();
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    INFO("length " << n);
    // Three bytes are a whole descriptor without a structure.
    CHECK(DependencyDescriptor::parse(cut, nullptr).has_value() == (n == 3));
  }
}

TEST_CASE("a structure with more templates or layers than the limits is refused", "[wire][payload][dd]") {
  const auto structure_with = [](size_t more_templates, uint32_t step) {
    BitWriter w = mandatory(0, 1);
    w.put(5, 0b10000).put(6, 0).put(5, 0);
    w.repeat(more_templates, 2, step).put(2, 3);
    w.repeat(1 + more_templates, 2, 2);  // template_dtis for one decode target
    w.repeat(1 + more_templates, 1, 0);  // template_fdiffs
    w.put(1, 0).put(1, 0);               // no chains, no resolutions
    return DependencyDescriptor::parse(w.bytes(), nullptr);
  };
  REQUIRE(structure_with(63, 0));
  CHECK(structure_with(63, 0)->structure->template_count == 64);
  CHECK_FALSE(structure_with(64, 0));
  REQUIRE(structure_with(7, 1));
  CHECK(structure_with(7, 1)->structure->templates[7].layer.temporal_id == 7);
  CHECK_FALSE(structure_with(8, 1));
  REQUIRE(structure_with(3, 2));
  CHECK(structure_with(3, 2)->structure->spatial_layer_count == 4);
  CHECK_FALSE(structure_with(4, 2));
}

namespace {

// L1T2 of the specification's examples (A.10): T0 of a keyframe, T0 two frames after the last, T1 one after its T0. Two
// decode targets, one chain through T0.
BitWriter l1t2_keyframe() {
  BitWriter w = mandatory(0, 100);
  w.put(5, 0b10000).put(6, 0).put(5, 1);
  w.put(2, 0).put(2, 1).put(2, 3);                                // layers: T0, T0, T1
  w.put(2, 2).put(2, 2).put(2, 2).put(2, 2).put(2, 0).put(2, 1);  // SS SS -D
  w.put(1, 0).put(1, 1).put(4, 1).put(1, 0).put(1, 1).put(4, 0).put(1, 0);
  w.put(1, 1).put(1, 0);  // chain_cnt = ns(3): 1
  // One chain: ns(1) takes no bits.
  w.put(4, 0).put(4, 2).put(4, 1);
  w.put(1, 0);
  return w;
}

}  // namespace

TEST_CASE("a structure's targets are told with their layers, chains and what they contain", "[wire][payload][dd]") {
  const auto d = DependencyDescriptor::parse(l1t2_keyframe().bytes(), nullptr);
  REQUIRE(d);
  REQUIRE(d->structure->is_describable());
  CHECK(d->structure->chain_count == 1);
  const LayerStructure layers = d->structure->layers();
  CHECK(layers.target_count == 2);
  CHECK(layers.targets[0] == LayerStructure::Target{0, 0, 0});
  CHECK(layers.targets[1] == LayerStructure::Target{0, 1, 0});
  CHECK(layers.contained[0] == 0b01);
  CHECK(layers.contained[1] == 0b11);
  CHECK(d->structure->sizes().count == 0);
}

TEST_CASE("a packet's descriptor becomes a frame of the common form", "[wire][payload][dd]") {
  const auto structure = *DependencyDescriptor::parse(l1t2_keyframe().bytes(), nullptr)->structure;
  const auto frame_of = [&](uint32_t template_id) {
    return DependencyDescriptor::parse(mandatory(template_id, 0xFFFF).bytes(), &structure)
        ->layer_frame(structure, 0b11);
  };
  const LayerFrame t0 = frame_of(1), t1 = frame_of(2);
  CHECK(t0.described);
  CHECK(t0.start_of_frame);
  CHECK(t0.number == 0xFFFF);
  CHECK(t0.present == 0b11);
  CHECK(t0.switches == 0b11);
  CHECK(t0.reference_count == 1);
  CHECK(t0.references[0] == 2);
  CHECK(t0.chain_diffs[0] == 2);
  CHECK(t1.temporal_id == 1);
  CHECK(t1.present == 0b10);
  CHECK(t1.switches == 0);
  CHECK(t1.references[0] == 1);
  CHECK_FALSE(t1.has_active);
}

TEST_CASE("a structure of more targets or chains than is usual is not described", "[wire][payload][dd]") {
  FrameDependencyStructure s;
  s.decode_target_count = 16;
  s.chain_count = 4;
  CHECK(s.is_describable());
  s.decode_target_count = 17;
  CHECK_FALSE(s.is_describable());
  s.decode_target_count = 2;
  s.chain_count = 5;
  CHECK_FALSE(s.is_describable());
}

TEST_CASE("a descriptor is written anew with another number and another mask", "[wire][payload][dd]") {
  const auto structure = l2t2();
  const auto check = [&](const BitWriter& w, uint32_t mask) {
    const auto& bytes = w.bytes();
    const auto before = DependencyDescriptor::parse(bytes, &structure);
    std::array<uint8_t, 300> out;
    const size_t size = rewrite_dependency_descriptor(bytes, 0xBEEF, mask, 4, out);
    REQUIRE(size >= bytes.size());
    const auto after = DependencyDescriptor::parse(std::span(out).first(size), &structure);
    REQUIRE(after);
    CHECK(after->frame_number == 0xBEEF);
    CHECK(after->template_id == before->template_id);
    CHECK(after->start_of_frame == before->start_of_frame);
    CHECK(after->frame == before->frame);
    CHECK(after->structure.has_value() == before->structure.has_value());
    CHECK(after->active_decode_targets == (mask != 0 ? std::optional(mask) : before->active_decode_targets));
  };
  for (const uint32_t mask : {0b0000u, 0b0001u, 0b0111u}) {
    check(l2t2_keyframe(), mask);
    check(mandatory(62, 9), mask);
    check(mandatory(62, 9).put(5, 0b01000).put(4, 0b1010), mask);
    check(mandatory(0, 9).put(5, 0b00111).repeat(4, 2, 1).put(2, 1).put(4, 1).put(2, 0).put(8, 1).put(8, 2), mask);
  }
  std::array<uint8_t, 3> small;
  CHECK(rewrite_dependency_descriptor(mandatory(62, 9).bytes(), 1, 1, 4, small) == 0);
  CHECK(rewrite_dependency_descriptor(mandatory(62, 9).bytes(), 1, 0, 4, small) == 3);
}
