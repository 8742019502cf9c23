#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/metadata_image.h"
#include "ottla/result.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// Turns batches, of a snapshot or of the log, into an image. One thread.
class MetadataReplay {
 public:
  MetadataReplay() : delta_(MetadataImage::empty({})) {}

  // Applies every record of the batch, whose CRC has been checked. Errors name `file` and the
  // offset: those of MetadataDelta::apply and of the parsers, corrupt_data for malformed records.
  Result<void> apply(const protocol::RecordBatchView& batch, const std::string& file);

  // The values of data records are kept as well.
  void keep_values() { keep_values_ = true; }
  std::vector<std::string> take_values() { return std::move(values_); }

  std::shared_ptr<const MetadataImage> image(Offset last_offset) {
    return delta_.image(last_offset, last_epoch_);
  }
  bool has_records() const { return has_records_; }
  bool open_transaction() const { return delta_.in_transaction(); }
  std::int32_t last_epoch() const { return last_epoch_; }
  std::int16_t kraft_version() const { return kraft_version_; }
  // The value of the last VotersRecord.
  const std::string& voters() const { return voters_; }
  bool saw_snapshot_footer() const { return saw_snapshot_footer_; }

 private:
  Result<void> apply_control(const protocol::RecordView& record);
  Result<void> apply_data(const protocol::RecordView& record);

  MetadataDelta delta_;
  std::vector<std::string> values_;
  std::int32_t last_epoch_ = 0;
  std::int16_t kraft_version_ = 0;
  std::string voters_;
  bool keep_values_ = false;
  bool has_records_ = false;
  bool saw_snapshot_footer_ = false;
};

}  // namespace ottla::broker
