#include "tools/offline/dump.h"

#include "base/endian.h"
#include "broker/log/file_names.h"
#include "broker/metadata/record_json.h"

namespace ottla::tools {
namespace {

using Dumper = Result<void> (*)(Dump& dump, const DataFile& file);

// A file that is on its way out or in is of the kind that it was or will be.
std::string_view without_state(std::string_view name) {
  for (const auto suffix : {broker::kDeletedSuffix, broker::kCleanedSuffix, broker::kSwapSuffix}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

Dumper dumper_of(std::string_view full_name) {
  const auto name = without_state(full_name);
  if (is_small_file(name)) return dump_small_file;
  if (name.ends_with(broker::kLogSuffix) || name.ends_with(".checkpoint")) return dump_segment;
  if (name.ends_with(broker::kIndexSuffix)) return dump_offset_index;
  if (name.ends_with(broker::kTimeIndexSuffix)) return dump_time_index;
  if (name.ends_with(broker::kTxnIndexSuffix)) return dump_transaction_index;
  if (name.ends_with(broker::kSnapshotSuffix)) return dump_producer_snapshot;
  return nullptr;
}

void print_lines(std::ostream& out, const std::string& title, const DumpFaults::Lines& lines) {
  for (const auto& [file, faults] : lines) {
    out << title << file << '\n';
    for (const auto& fault : faults) out << fault << '\n';
  }
}

// How many bytes of a character `text` begins with; 0, and how many bytes are wrong, if none.
struct Character {
  std::size_t size = 0;
  std::size_t wrong = 0;
};

Character first_character(BytesView text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, 0};
  if (lead < 0xc2 || lead > 0xf4) return {0, 1};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  for (std::size_t i = 1; i < size; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {0, i};
    low = 0x80;
    high = 0xbf;
  }
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  if (surrogate) return {0, size};
  return {size, 0};
}

// As Java reads UTF-8: what is none becomes U+FFFD.
std::string as_text(BytesView bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto [size, wrong] = first_character(bytes);
    text += size > 0 ? bytes.substr(0, size) : BytesView("\xef\xbf\xbd");
    bytes.remove_prefix(size > 0 ? size : wrong);
  }
  return text;
}

}  // namespace

bool DumpFaults::print(std::ostream& out) const {
  print_lines(out, "Mismatches in :", index_mismatches);
  print_lines(out, "Found timestamp mismatch in :", timestamp_mismatches);
  print_lines(out, "Found out of order timestamp in :", timestamps_out_of_order);
  if (!offsets_not_found.empty()) {
    out << "The following indexed offsets are not found in the log.\n";
    for (const auto& line : offsets_not_found) out << line << '\n';
  }
  print_lines(out, "Non-consecutive offsets in ", offsets_not_consecutive);
  return !index_mismatches.empty() || !timestamp_mismatches.empty() ||
         !timestamps_out_of_order.empty() || !offsets_not_found.empty();
}

PrintedRecord print_as_metadata(const protocol::RecordView& record) {
  auto json = broker::metadata_record_json(record.value.value_or(BytesView()));
  if (json) return {std::nullopt, std::move(*json)};
  return {std::nullopt, "Error at " + std::to_string(record.offset.value) + ", skipping. " +
                            json.error().message()};
}

std::string print_bytes_as(std::string_view decoder, BytesView bytes) {
  if (decoder == "string") return as_text(bytes);
  if (decoder == "integer" && bytes.size() == 4) {
    return std::to_string(base::load_be<std::int32_t>(bytes.data()));
  }
  if (decoder == "long" && bytes.size() == 8) {
    return std::to_string(base::load_be<std::int64_t>(bytes.data()));
  }
  return "(" + std::to_string(bytes.size()) + " bytes, which are no " + std::string(decoder) + ")";
}

Result<void> dump_file(Dump& dump, const std::string& path) {
  const auto file = find_data_file(path);
  if (!file) return file.error();
  const auto dumper = dumper_of(file->name);
  if (dumper == nullptr) {
    return Error(ErrorCode::invalid_argument, "Ignoring unknown file " + path);
  }
  dump.out << "Dumping " << path << '\n';
  return dumper(dump, *file);
}

}  // namespace ottla::tools
