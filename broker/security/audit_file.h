#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "ottla/result.h"

namespace ottla::broker {

// The files of the audit log: the one that is written to, and older ones, `<name>.1` the youngest.
// Together they never take more than `files` times `max_bytes`. Made so that their owner alone can
// read them. Every call sleeps; one thread at a time.
class AuditFile {
 public:
  struct Limits {
    std::uint64_t max_bytes = 100 << 20;
    std::int32_t files = 10;
  };

  // At the file's end, on a line of its own whatever a crash has left there. Errors: what the
  // directory says; already_in_use where another broker writes there.
  static Result<std::shared_ptr<AuditFile>> open(std::shared_ptr<base::Directory> directory,
                                                 std::string name, const Limits& limits);

  // Whole lines, together not larger than max_bytes: into one file, a new one if they find no room
  // in this. After an error none of them is there, and the next try may do.
  Result<void> append(std::string_view lines);

 private:
  AuditFile(std::shared_ptr<base::Directory> directory, std::string name, const Limits& limits,
            std::unique_ptr<base::DirectoryLock> lock)
      : directory_(std::move(directory)),
        name_(std::move(name)),
        limits_(limits),
        lock_(std::move(lock)) {}

  Result<void> open_newest();
  Result<void> rotate();
  std::string older(std::int32_t number) const { return name_ + "." + std::to_string(number); }

  const std::shared_ptr<base::Directory> directory_;
  const std::string name_;
  const Limits limits_;
  const std::unique_ptr<base::DirectoryLock> lock_;
  std::shared_ptr<base::File> file_;  // null after a rotation that failed half way
  std::uint64_t size_ = 0;
  bool torn_ = false;  // behind that there may be something of a write that failed
};

}  // namespace ottla::broker
