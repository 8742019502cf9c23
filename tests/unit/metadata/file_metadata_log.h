#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/loop.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/metadata_log.h"
#include "protocol/record/record_batch.h"

namespace ottla::broker {

// A metadata log of one segment file, durable when the test says so.
class FileMetadataLog final : public MetadataLog {
 public:
  FileMetadataLog(base::Loop& loop, std::shared_ptr<base::File> file, Offset end)
      : loop_(loop), file_(std::move(file)), position_(file_->size().value()), end_(end) {}

  Offset log_end_offset() const override { return end_; }

  Result<void> append(std::string batch, LeaderEpoch epoch) override {
    if (append_error) return *std::exchange(append_error, std::nullopt);
    protocol::stamp_offsets(batch.data(), end_, epoch);
    const auto view = protocol::RecordBatchView::parse(batch);
    if (!view) return view.error();
    if (auto written = file_->write_at(position_, batch); !written) return written;
    position_ += batch.size();
    end_ = view->next_offset();
    ++appends;
    return {};
  }

  void when_durable(Done done) override {
    waiting_.push_back(std::move(done));
    if (!hold) release();
  }

  // Everything appended is durable, or never will be.
  void release(Result<void> result = {}) {
    for (auto& done : std::exchange(waiting_, {})) {
      loop_.post([done = std::move(done), result]() mutable { done(result); });
    }
  }

  void close(Done done) override {
    closed = true;
    loop_.post([done = std::move(done)]() mutable { done({}); });
  }

  bool hold = false;
  bool closed = false;
  int appends = 0;
  std::optional<Error> append_error;

 private:
  base::Loop& loop_;
  std::shared_ptr<base::File> file_;
  std::uint64_t position_;
  Offset end_;
  std::deque<Done> waiting_;
};

}  // namespace ottla::broker
