#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/lifetime.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/metadata/metadata_delta.h"
#include "broker/metadata/metadata_image.h"
#include "broker/metadata/metadata_log.h"
#include "broker/metadata/metadata_record.h"
#include "ottla/result.h"

namespace ottla::broker {

// The pipeline between the Controller and its log: records are appended and applied to the working
// image at once, and become the committed image, in order, when they are durable. The controller's
// loop only.
class CommitLog {
 public:
  using OnDone = base::UniqueFunction<void(Result<void>)>;
  // A commit has become the committed image; before its own callback.
  using OnCommitted = std::function<void(const std::shared_ptr<const MetadataImage>& image,
                                         const MetadataChanges& changes)>;

  CommitLog(base::Loop& loop, std::unique_ptr<MetadataLog> log, std::int32_t epoch,
            std::shared_ptr<const MetadataImage> image, OnCommitted on_committed);

  // Where the first record of the next commit will stand.
  Offset log_end_offset() const { return log_->log_end_offset(); }

  // What was appended, and what of it is durable.
  const std::shared_ptr<const MetadataImage>& working() const { return working_; }
  const std::shared_ptr<const MetadataImage>& committed() const { return committed_; }
  const std::optional<Error>& failure() const { return failure_; }

  // All of the records or none, also across a crash. `done` comes later, unless an error is
  // returned: then nothing was appended and `done` is dropped.
  Result<void> commit(std::span<const MetadataRecord> records, OnDone done);

  // For what rests on the working image: calls back when all of that is the committed one, which
  // may be before this returns, or has failed.
  void when_committed(OnDone done);

  // A batch that changes no image.
  Result<void> append_raw(std::string batch);

  // A batch whose records are applied from `values`, as they were read from a bootstrap file.
  Result<void> commit_values(std::span<const std::string> values);

  // Called back when the log's files are finished.
  void close(OnDone done) { log_->close(std::move(done)); }

 private:
  struct Commit {
    std::shared_ptr<const MetadataImage> image;
    MetadataChanges changes;
    std::vector<OnDone> done;  // its own, and those of who rests on it

    void tell(const Result<void>& outcome) {
      for (auto& each : done) each(outcome);
    }
  };

  Result<void> append_all(std::vector<std::string> batches);
  void enqueue(MetadataDelta& delta, OnDone done);
  void on_durable(const Result<void>& durable);
  void fail(const Error& error);

  // Set at construction.
  base::Loop& loop_;
  std::unique_ptr<MetadataLog> log_;
  const std::int32_t epoch_;
  OnCommitted on_committed_;

  std::shared_ptr<const MetadataImage> working_;
  std::shared_ptr<const MetadataImage> committed_;
  std::deque<Commit> in_flight_;
  std::optional<Error> failure_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
