#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/logger.h"
#include "base/random.h"
#include "broker/log/log_types.h"
#include "broker/log/meta_properties.h"
#include "broker/log/offset_checkpoint.h"
#include "ottla/result.h"
#include "ottla/types.h"

namespace ottla::broker {

// A log directory as a whole: who it belongs to, that nobody else uses it, and the files at its
// root. It knows nothing of the logs in it. Every call but the accessors sleeps; any thread, one at
// a time.
class LogDirectory {
 public:
  struct Options {
    protocol::BrokerId node_id{1};
    std::string cluster_id;  // empty: whatever the directory says, a random one if it is new
  };

  // Takes the lock, reads meta.properties or writes it into a new directory, and takes the mark of
  // a clean shutdown away, durably: from here on a crash is a crash. Errors: already_in_use (the
  // directory's name in the message), inconsistent_cluster_id, invalid_config (it belongs to
  // another node), corrupt_data, io_error.
  static Result<std::unique_ptr<LogDirectory>> open(std::shared_ptr<base::Directory> directory,
                                                    const Options& options, base::Random& random);

  const MetaProperties& meta() const { return meta_; }
  const std::shared_ptr<base::Directory>& directory() const { return directory_; }

  // What was found when it was opened.
  bool was_clean() const { return was_clean_; }
  // The broker epoch of the run that shut down cleanly; -1 if not known.
  std::int64_t previous_broker_epoch() const { return previous_broker_epoch_; }

  // A file that is missing is empty; none (and logged) if it cannot be read as a checkpoint.
  // Nothing that it says is needed, it only saves work. Written ones replace the old file whole.
  std::optional<OffsetCheckpoint> read_checkpoint(std::string_view name,
                                                  const base::Logger& logger);
  Result<void> write_checkpoint(std::string_view name, const OffsetCheckpoint& checkpoint);

  // The last act of a clean shutdown, when everything else is on stable storage.
  Result<void> write_clean_mark(std::int64_t broker_epoch);

  // Gives the lock back; the last call.
  void release() { lock_.reset(); }

 private:
  LogDirectory(std::shared_ptr<base::Directory> directory,
               std::unique_ptr<base::DirectoryLock> lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  Result<void> read_or_write_meta(const Options& options, base::Random& random);
  Result<void> take_clean_mark();

  std::shared_ptr<base::Directory> directory_;
  std::unique_ptr<base::DirectoryLock> lock_;
  MetaProperties meta_;
  bool was_clean_ = false;
  std::int64_t previous_broker_epoch_ = -1;
};

}  // namespace ottla::broker
