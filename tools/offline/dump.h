#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/transaction/transaction_records.h"
#include "tools/offline/data_file.h"

// Prints files of a data directory, line for line as Apache Kafka's kafka-dump-log does those that
// it knows. What is wrong with a file is an Error that names it and the byte.
namespace ottla::tools {

// How keys and values are printed. None: not at all.
struct PrintedRecord {
  std::optional<std::string> key;
  std::optional<std::string> payload;
};
using RecordPrinter = std::function<PrintedRecord(const protocol::RecordView&)>;

PrintedRecord print_as_metadata(const protocol::RecordView& record);
// Records of __consumer_offsets, of the types that the classic protocol has.
PrintedRecord print_as_offsets(const protocol::RecordView& record);
// A value of __transaction_state as JSON, as Apache Kafka writes it.
std::string transaction_json(const protocol::TransactionLogValue& value);
// Records of __transaction_state.
PrintedRecord print_as_transactions(const protocol::RecordView& record);
// As "string" (what is not UTF-8 becomes U+FFFD), "integer" or "long".
std::string print_bytes_as(std::string_view decoder, BytesView bytes);

struct DumpOptions {
  bool deep = false;
  bool verify_index_only = false;
  bool index_sanity_check = false;
  bool skip_record_metadata = false;
  std::int32_t max_message_size = 5 << 20;
  std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
  RecordPrinter printer;  // may be empty
};

// Disagreements that do not end the printing of a file, by file.
struct DumpFaults {
  using Lines = std::map<std::string, std::vector<std::string>>;
  Lines index_mismatches;
  Lines timestamp_mismatches;
  Lines timestamps_out_of_order;
  std::vector<std::string> offsets_not_found;
  Lines offsets_not_consecutive;

  // As Kafka words them. Whether anything is wrong: offsets may be missing where compaction was.
  bool print(std::ostream& out) const;
};

struct Dump {
  DumpOptions options;
  std::ostream& out;
  DumpFaults faults;
};

// The kind follows from the name. not_found and invalid_argument, corrupt_data, corrupt_message.
Result<void> dump_file(Dump& dump, const std::string& path);

// By kind.
Result<void> dump_segment(Dump& dump, const DataFile& file);  // also snapshots of the metadata
Result<void> dump_offset_index(Dump& dump, const DataFile& file);
Result<void> dump_time_index(Dump& dump, const DataFile& file);
Result<void> dump_transaction_index(Dump& dump, const DataFile& file);
Result<void> dump_producer_snapshot(Dump& dump, const DataFile& file);
Result<void> dump_small_file(Dump& dump, const DataFile& file);
// Whether dump_small_file knows it.
bool is_small_file(std::string_view name);

}  // namespace ottla::tools
