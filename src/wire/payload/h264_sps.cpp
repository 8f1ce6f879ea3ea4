#include "tutti/wire/payload/h264_sps.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "wire/payload/bit_reader.hpp"

namespace tutti::payload {

// The size stands in the first few dozen bytes, even behind twelve scaling lists.
constexpr size_t kMaxSps = 1024;

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

// True if the three planes are coded apart, each as if it were monochrome.
static bool read_chroma_format(BitReader& r, H264Sps& sps) noexcept {
  sps.chroma_format_idc = r.exp_golomb();
  const bool separate_planes = sps.chroma_format_idc == 3 && r.flag();
  sps.bit_depth_luma = std::min(r.exp_golomb(), 255u) + 8;
  sps.bit_depth_chroma = std::min(r.exp_golomb(), 255u) + 8;
  r.skip(1);       // qpprime_y_zero_transform_bypass_flag
  if (r.flag()) {  // seq_scaling_matrix_present_flag
    const size_t lists = sps.chroma_format_idc == 3 ? 12 : 8;
    for (size_t i = 0; i < lists && r.ok(); ++i) {
      if (r.flag()) skip_scaling_list(r, i < 6 ? 16 : 64);
    }
  }
  return separate_planes;
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

static uint32_t saturated(uint64_t size) noexcept {
  return static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max()));
}

std::optional<H264Sps> H264Sps::parse(std::span<const uint8_t> nal) noexcept {
  if (nal.size() < 4 || nal.size() > kMaxSps) return std::nullopt;
  std::array<uint8_t, kMaxSps> rbsp;
  BitReader r(std::span<const uint8_t>(rbsp.data(), remove_emulation_prevention(nal.subspan(1), rbsp)));

  H264Sps sps;
  sps.profile_idc = static_cast<uint8_t>(r.bits(8));
  r.skip(16);            // constraint flags, level_idc
  (void)r.exp_golomb();  // seq_parameter_set_id
  const bool separate_planes = has_chroma_format(sps.profile_idc) && read_chroma_format(r, sps);
  (void)r.exp_golomb();  // log2_max_frame_num_minus4
  skip_picture_order_count(r);
  (void)r.exp_golomb();                                        // max_num_ref_frames
  r.skip(1);                                                   // gaps_in_frame_num_value_allowed_flag
  const uint64_t width = (uint64_t{r.exp_golomb()} + 1) * 16;  // pic_width_in_mbs_minus1
  const uint64_t map_height = (uint64_t{r.exp_golomb()} + 1) * 16;
  sps.frames_only = r.flag();
  if (!sps.frames_only) r.skip(1);  // mb_adaptive_frame_field_flag
  r.skip(1);                        // direct_8x8_inference_flag
  uint64_t left = 0, right = 0, top = 0, bottom = 0;
  if (r.flag()) {  // frame_cropping_flag
    left = r.exp_golomb();
    right = r.exp_golomb();
    top = r.exp_golomb();
    bottom = r.exp_golomb();
  }
  if (!r.ok() || sps.chroma_format_idc > 3) return std::nullopt;

  // Table 6-1 and equations 7-19 to 7-22: cropping is counted in chroma samples, where there are any.
  const uint64_t fields = sps.frames_only ? 1 : 2;
  const bool has_chroma = sps.chroma_format_idc != 0 && !separate_planes;
  const uint64_t unit_x = has_chroma && sps.chroma_format_idc != 3 ? 2 : 1;
  const uint64_t unit_y = (has_chroma && sps.chroma_format_idc == 1 ? 2 : 1) * fields;
  const uint64_t height = map_height * fields;
  const uint64_t cut_x = (left + right) * unit_x, cut_y = (top + bottom) * unit_y;
  if (cut_x >= width || cut_y >= height) return std::nullopt;
  sps.coded = {saturated(width), saturated(height)};
  sps.shown = {saturated(width - cut_x), saturated(height - cut_y)};
  return sps;
}

}  // namespace tutti::payload
