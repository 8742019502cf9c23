#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/loop.h"
#include "base/task.h"
#include "broker/config/broker_config.h"
#include "broker/security/audit_file.h"
#include "broker/security/audit_line.h"
#include "ottla/result.h"

namespace ottla::broker {

// What `ottla.audit.log` and its kin want; null if none is wanted. Errors say what to do. (sleeps)
Result<std::shared_ptr<AuditFile>> open_audit_file(const BrokerConfig& config);

// Who has logged in, was refused or has changed something, a line for each. Nobody waits for it:
// lines are queued, a worker writes them, and what finds no room or cannot be written is counted
// and told in the log itself as soon as there is a way. A crash loses what the queue has. Owned by
// the Broker, on its loop; there is none where none is wanted.
class AuditLog {
 public:
  static constexpr std::size_t kMostQueuedBytes = 1000 << 10;  // less than a file may hold
  // Of that for lines of refusals: who is not let in leaves room for what others have done.
  static constexpr std::size_t kMostRefusalBytes = kMostQueuedBytes / 4 * 3;
  static constexpr std::size_t kMostRepeated = 1000;  // keys that are remembered, and hosts as well
  static constexpr std::size_t kMostKeyBytes = 2 << 10;
  static constexpr auto kCollapsedFor = std::chrono::minutes(1);

  AuditLog(base::Loop& loop, std::shared_ptr<AuditFile> file, base::Logger logger)
      : loop_(loop), file_(std::move(file)), logger_(std::move(logger)) {}

  void write(const AuditLine& line);

  // The same, but of lines with one key only the first in a minute is written at once; the others
  // become one line at its end, the last with how many there were ("repeated"). A key begins with
  // the client's host and a line feed. Of keys that are long or too many all of one host and event
  // are taken for one, and beyond as many hosts all of one event.
  void write_collapsed(const std::string& key, AuditLine line);

  // Writes what is left, then answers. Once, last.
  void close(base::Task done);

  std::uint64_t lines_written() const { return lines_written_; }
  std::uint64_t lines_dropped() const { return lines_dropped_; }

 private:
  struct Lines {
    std::string text;
    std::uint64_t count = 0;
  };

  void write_next();
  void on_written(const Lines& lines, std::uint64_t told, const Result<void>& outcome);
  void drop(std::uint64_t count);
  void tell_repeated();
  std::string remembered_key(const std::string& key, const AuditLine& line) const;

  // Set at construction.
  base::Loop& loop_;
  const std::shared_ptr<AuditFile> file_;
  const base::Logger logger_;

  // Loop's thread only.
  struct Repeated {
    AuditLine last;
    std::int64_t count = 0;  // since the first
  };
  Lines queue_;
  bool writing_ = false;
  bool failing_ = false;
  std::uint64_t untold_ = 0;  // dropped, and the log does not say so yet
  std::uint64_t lines_written_ = 0;
  std::uint64_t lines_dropped_ = 0;
  std::map<std::string, Repeated, std::less<>> repeated_;  // by remembered_key()
  base::Task on_closed_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
