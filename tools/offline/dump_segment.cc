#include <algorithm>
#include <string>

#include "broker/log/batch_scan.h"
#include "broker/log/file_names.h"
#include "broker/metadata/control_records.h"
#include "broker/metadata/record_json.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"
#include "tools/offline/dump.h"

namespace ottla::tools {
namespace {

using broker::BatchHeader;
using broker::BatchScanner;
using broker::ReadMode;
using protocol::RecordBatchView;
using protocol::RecordView;

// What the records of one batch may take in memory.
constexpr std::size_t kMostRecordBytes = std::size_t{1} << 30;

std::string_view timestamp_name(const RecordBatchView& batch) {
  const bool append = batch.timestamp_type() == protocol::TimestampType::log_append_time;
  return append ? "LogAppendTime" : "CreateTime";
}

std::int64_t size_of(const std::optional<BytesView>& bytes) {
  return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
}

std::string optional_long(bool present, std::int64_t value) {
  return present ? "OptionalLong[" + std::to_string(value) + "]" : "OptionalLong.empty";
}

void print_batch(std::ostream& out, const RecordBatchView& batch, std::uint64_t position,
                 bool valid) {
  out << "baseOffset: " << batch.base_offset().value << " lastOffset: " << batch.last_offset().value
      << " count: " << batch.record_count() << " baseSequence: " << batch.base_sequence().value
      << " lastSequence: " << batch.last_sequence().value
      << " producerId: " << batch.producer_id().value
      << " producerEpoch: " << batch.producer_epoch().value
      << " partitionLeaderEpoch: " << batch.partition_leader_epoch().value << std::boolalpha
      << " isTransactional: " << batch.is_transactional() << " isControl: " << batch.is_control()
      << " deleteHorizonMs: " << optional_long(batch.has_delete_horizon(), batch.base_timestamp())
      << " position: " << position << ' ' << timestamp_name(batch) << ": " << batch.max_timestamp()
      << " size: " << batch.size_in_bytes() << " magic: " << static_cast<int>(batch.magic())
      << " compresscodec: " << batch.compression() << " crc: " << batch.crc()
      << " isvalid: " << valid << '\n';
}

std::string control_text(const RecordView& record) {
  const auto type = protocol::control_record_type(record);
  if (!type) return " " + type.error().message();
  if (*type == protocol::ControlRecordType::abort || *type == protocol::ControlRecordType::commit) {
    const auto marker = protocol::parse_end_transaction_marker(record);
    if (!marker) return " " + marker.error().message();
    return std::string(" endTxnMarker: ") + (marker->committed ? "COMMIT" : "ABORT") +
           " coordinatorEpoch: " + std::to_string(marker->coordinator_epoch);
  }
  const auto number = static_cast<int>(*type);
  const auto parsed = broker::parse_control_record(record);
  if (!parsed) return " controlType: UNKNOWN(" + std::to_string(number) + ")";
  constexpr std::string_view kNames[] = {" LeaderChange: ", " SnapshotHeader ", " SnapshotFooter ",
                                         " KRaftVersion ", " KRaftVoters "};
  return std::string(kNames[parsed->index()]) + broker::control_record_json(*parsed);
}

// The records of one file.
class SegmentDump {
 public:
  SegmentDump(Dump& dump, const DataFile& file) : dump_(dump), file_(file) {}

  Result<void> run() {
    auto opened = file_.open();
    if (!opened) return opened.error();
    const auto size = (*opened)->size();
    if (!size) return size.error();
    const auto most = static_cast<std::uint64_t>(dump_.options.max_bytes);
    const auto end = std::min(*size, most);
    BatchScanner batches(**opened, 0, end, ReadMode::may_sleep);
    Result<void> result;
    for (;;) {
      const auto position = batches.position();
      auto header = batches.next();
      if (!header) {
        if (end < *size) return result;  // cut by --max-bytes
        dump_.out << "Found " << end - position << " invalid bytes at the end of " << file_.name
                  << '\n';
        return header.error();
      }
      if (!*header) return result;
      // A batch that is damaged is told of; those behind it may be sound.
      auto printed = print(batches, **header);
      if (!printed && result) result = printed;
    }
  }

 private:
  Result<void> print(BatchScanner& batches, const BatchHeader& header) {
    const auto valid = batches.verify_crc(header);
    if (!valid && valid.error().code() != ErrorCode::corrupt_message) return valid;
    const auto batch = batches.load(header);
    if (!batch) return batch.error();
    print_batch(dump_.out, *batch, header.position, valid.has_value());
    if (!valid || !dump_.options.deep) return valid;
    return print_records(*batch, header.position);
  }

  Result<void> print_records(const RecordBatchView& batch, std::uint64_t position) {
    const auto located = [&](const Error& error) {
      return Error(error.code(),
                   error.message() + " in the batch at byte " + std::to_string(position),
                   {.file = file_.path, .offset = batch.base_offset().value});
    };
    const auto records = protocol::uncompressed_records(batch, kMostRecordBytes, buffer_);
    if (!records) return located(records.error());
    protocol::RecordReader reader(batch, *records);
    for (RecordView record; reader.next(record);) {
      note_offset(record.offset.value);
      print_record(batch, record);
    }
    if (auto status = reader.status(); !status) return located(status.error());
    return {};
  }

  void note_offset(std::int64_t offset) {
    if (last_offset_ != -1 && offset != last_offset_ + 1) {
      dump_.faults.offsets_not_consecutive[file_.path].push_back(
          "  " + std::to_string(last_offset_) + " is followed by " + std::to_string(offset));
    }
    last_offset_ = offset;
  }

  void print_record(const RecordBatchView& batch, const RecordView& record) {
    auto& out = dump_.out;
    const char* prefix = "| ";
    if (!dump_.options.skip_record_metadata) {
      print_metadata(batch, record);
      prefix = " ";
      if (batch.is_control()) out << control_text(record);
    }
    if (dump_.options.printer && !batch.is_control()) {
      const auto printed = dump_.options.printer(record);
      if (printed.key) {
        out << prefix << "key: " << *printed.key;
        prefix = " ";
      }
      if (printed.payload) out << prefix << "payload: " << *printed.payload;
    }
    out << '\n';
  }

  void print_metadata(const RecordBatchView& batch, const RecordView& record) {
    auto& out = dump_.out;
    const auto base = batch.base_sequence();
    const auto delta = static_cast<std::int32_t>(record.offset - batch.base_offset());
    out << "| offset: " << record.offset.value << ' ' << timestamp_name(batch) << ": "
        << record.timestamp << " keySize: " << size_of(record.key)
        << " valueSize: " << size_of(record.value)
        << " sequence: " << (base.value < 0 ? -1 : protocol::sequence_after(base, delta).value)
        << " headerKeys: [";
    const char* comma = "";
    for (const auto& header : record.headers) {
      out << comma << header.key;
      comma = ",";
    }
    out << ']';
  }

  Dump& dump_;
  const DataFile& file_;
  std::string buffer_;
  std::int64_t last_offset_ = -1;
};

}  // namespace

Result<void> dump_segment(Dump& dump, const DataFile& file) {
  if (const auto base = broker::parse_segment_file_name(file.name.substr(0, 20), "")) {
    if (file.name.size() > 20 && file.name[20] == '-') {
      dump.out << "Snapshot end offset: " << base->value
               << ", epoch: " << std::atol(file.name.c_str() + 21) << '\n';
    } else {
      dump.out << "Log starting offset: " << base->value << '\n';
    }
  } else if (file.name == "bootstrap.checkpoint") {
    dump.out << "KRaft bootstrap snapshot\n";
  } else {
    return Error(ErrorCode::invalid_argument, "the name does not begin with an offset",
                 {.file = file.path});
  }
  return SegmentDump(dump, file).run();
}

}  // namespace ottla::tools
