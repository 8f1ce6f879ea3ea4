// Reads and writes the report blocks that sender and receiver reports share. RFC 3550 §6.4.1.
#pragma once

#include <span>

#include "tutti/base/byte_reader.hpp"
#include "tutti/base/byte_writer.hpp"
#include "tutti/base/small_vector.hpp"
#include "tutti/wire/rtcp/header.hpp"
#include "tutti/wire/rtcp/report_block.hpp"

namespace tutti::rtcp {

// Empty, and the reader not ok(), if fewer than `count` blocks are left.
SmallVector<ReportBlock, kMaxCount> read_report_blocks(ByteReader& r, size_t count);
void write_report_blocks(ByteWriter& w, std::span<const ReportBlock> blocks);

}  // namespace tutti::rtcp
