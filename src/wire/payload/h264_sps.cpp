#include "wire/payload/h264_sps.hpp"

#include <algorithm>
#include <array>

#include "wire/payload/bit_reader.hpp"

namespace tutti::payload {

// The size stands in the first few dozen bytes, even behind twelve scaling lists.
constexpr size_t kMaxSps = 1024;
// Level 6.2 ends at 139264 macroblocks, of which at most sqrt(8 * 139264) in one direction (H.264 §A.3.1).
constexpr uint32_t kMaxMacroblocksPerSide = 1055;

// §7.4.1.1: within a NAL unit 0x000003 stands for 0x0000. Returns the bytes written to `out`.
static size_t remove_emulation_prevention(std::span<const uint8_t> in, std::span<uint8_t> out) noexcept {
  size_t size = 0;
  size_t zeros = 0;
  for (uint8_t byte : in) {
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    out[size++] = byte;
  }
  return size;
}

static void skip_scaling_list(BitReader& r, size_t size) noexcept {
  int32_t last = 8, next = 8;
  for (size_t i = 0; i < size && next != 0 && r.ok(); ++i) {
    const int32_t delta = r.signed_exp_golomb();
    // "The value of delta_scale shall be in the range of -128 to +127"
    if (delta < -128 || delta > 127) return r.fail();
    next = (last + delta + 256) % 256;
    if (next != 0) last = next;
  }
}

// The profiles that have chroma_format_idc and what follows it.
static bool has_chroma_format(uint32_t profile_idc) noexcept {
  constexpr std::array<uint8_t, 13> kProfiles = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::find(kProfiles.begin(), kProfiles.end(), profile_idc) != kProfiles.end();
}

struct ChromaFormat {
  uint32_t idc = 1;  // 4:2:0
  bool separate_planes = false;
};

static ChromaFormat read_chroma_format(BitReader& r) noexcept {
  ChromaFormat chroma;
  chroma.idc = r.exp_golomb();
  if (chroma.idc == 3) chroma.separate_planes = r.flag();
  (void)r.exp_golomb();  // bit_depth_luma_minus8
  (void)r.exp_golomb();  // bit_depth_chroma_minus8
  r.skip(1);             // qpprime_y_zero_transform_bypass_flag
  if (r.flag()) {        // seq_scaling_matrix_present_flag
    const size_t lists = chroma.idc == 3 ? 12 : 8;
    for (size_t i = 0; i < lists && r.ok(); ++i) {
      if (r.flag()) skip_scaling_list(r, i < 6 ? 16 : 64);
    }
  }
  return chroma;
}

static void skip_picture_order_count(BitReader& r) noexcept {
  const uint32_t type = r.exp_golomb();
  if (type == 0) (void)r.exp_golomb();  // log2_max_pic_order_cnt_lsb_minus4
  if (type != 1) return;
  r.skip(1);                    // delta_pic_order_always_zero_flag
  (void)r.signed_exp_golomb();  // offset_for_non_ref_pic
  (void)r.signed_exp_golomb();  // offset_for_top_to_bottom_field
  const uint32_t cycle = r.exp_golomb();
  for (uint32_t i = 0; i < cycle && r.ok(); ++i) (void)r.signed_exp_golomb();
}

// `blocks` * 16 less what is cropped at both ends, in units of `unit` samples.
static std::optional<uint32_t> cropped(uint32_t blocks, uint32_t before, uint32_t after, uint32_t unit) noexcept {
  const uint64_t size = uint64_t{blocks} * 16;
  const uint64_t cut = (uint64_t{before} + after) * unit;
  if (cut >= size) return std::nullopt;
  return static_cast<uint32_t>(size - cut);
}

std::optional<Dimensions> read_h264_sps_dimensions(std::span<const uint8_t> nal) noexcept {
  if (nal.size() < 4 || nal.size() > kMaxSps) return std::nullopt;
  std::array<uint8_t, kMaxSps> rbsp;
  BitReader r(std::span<const uint8_t>(rbsp.data(), remove_emulation_prevention(nal.subspan(1), rbsp)));

  const uint32_t profile_idc = r.bits(8);
  r.skip(16);            // constraint flags, level_idc
  (void)r.exp_golomb();  // seq_parameter_set_id
  const ChromaFormat chroma = has_chroma_format(profile_idc) ? read_chroma_format(r) : ChromaFormat{};
  (void)r.exp_golomb();  // log2_max_frame_num_minus4
  skip_picture_order_count(r);
  (void)r.exp_golomb();  // max_num_ref_frames
  r.skip(1);             // gaps_in_frame_num_value_allowed_flag
  const uint32_t width_minus1 = r.exp_golomb();
  const uint32_t map_height_minus1 = r.exp_golomb();
  const bool frames_only = r.flag();
  if (!frames_only) r.skip(1);  // mb_adaptive_frame_field_flag
  r.skip(1);                    // direct_8x8_inference_flag
  uint32_t left = 0, right = 0, top = 0, bottom = 0;
  if (r.flag()) {  // frame_cropping_flag
    left = r.exp_golomb();
    right = r.exp_golomb();
    top = r.exp_golomb();
    bottom = r.exp_golomb();
  }
  const uint32_t fields = frames_only ? 1 : 2;
  if (!r.ok() || chroma.idc > 3 || width_minus1 >= kMaxMacroblocksPerSide ||
      map_height_minus1 >= kMaxMacroblocksPerSide / fields) {
    return std::nullopt;
  }

  // Table 6-1 and equations 7-19 to 7-22: cropping is counted in chroma samples, where there are any.
  const bool has_chroma = chroma.idc != 0 && !chroma.separate_planes;
  const uint32_t unit_x = has_chroma && chroma.idc != 3 ? 2 : 1;
  const uint32_t unit_y = (has_chroma && chroma.idc == 1 ? 2 : 1) * fields;
  const auto width = cropped(width_minus1 + 1, left, right, unit_x);
  const auto height = cropped((map_height_minus1 + 1) * fields, top, bottom, unit_y);
  if (!width || !height) return std::nullopt;
  return Dimensions{*width, *height};
}

}  // namespace tutti::payload
