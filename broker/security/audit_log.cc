#include "broker/security/audit_log.h"

#include <filesystem>
#include <optional>
#include <utility>

namespace ottla::broker {

Result<std::shared_ptr<AuditFile>> open_audit_file(const BrokerConfig& config) {
  if (config.ottla_audit_log.empty()) return std::shared_ptr<AuditFile>();
  const std::filesystem::path path = whole_path(config.ottla_audit_log);
  auto open = [&]() -> Result<std::shared_ptr<AuditFile>> {
    auto directory = base::open_posix_directory(path.parent_path().string());
    if (!directory) return directory.error();
    return AuditFile::open(
        *std::move(directory), path.filename().string(),
        {.max_bytes = static_cast<std::uint64_t>(config.ottla_audit_log_max_bytes),
         .files = config.ottla_audit_log_files});
  };
  auto opened = open();
  if (opened) return opened;
  const auto& why = opened.error();
  return Error(why.code(),
               "cannot write the audit log: " + why.message() +
                   "; set ottla.audit.log to a file that this broker alone may write",
               why.context());
}

void AuditLog::write(const AuditLine& line) {
  const auto text = line.to_string(loop_.wall_now());
  const auto most = line.is_refusal ? kMostRefusalBytes : kMostQueuedBytes;
  if (queue_.text.size() + text.size() > most) return drop(1);
  queue_.text += text;
  ++queue_.count;
  if (!writing_) write_next();
}

// Apart from each other: an event has no line feed, and what comes of a client has one in front.
std::string AuditLog::remembered_key(const std::string& key, const AuditLine& line) const {
  if (key.size() <= kMostKeyBytes) {
    auto whole = "\n" + line.event + '\n' + key;
    if (repeated_.size() < kMostRepeated || repeated_.contains(whole)) return whole;
  }
  auto of_host = line.event + '\n' + key.substr(0, key.find('\n'));
  if (repeated_.size() < 2 * kMostRepeated || repeated_.contains(of_host)) return of_host;
  return line.event;
}

void AuditLog::write_collapsed(const std::string& key, AuditLine line) {
  auto remembered = remembered_key(key, line);
  const auto found = repeated_.find(remembered);
  if (found != repeated_.end()) {
    found->second.last = std::move(line);
    ++found->second.count;
    return;
  }
  write(line);
  if (repeated_.empty()) {
    loop_.call_at(loop_.now() + kCollapsedFor, lifetime_.guard([this] { tell_repeated(); }));
  }
  repeated_.emplace(std::move(remembered), Repeated{.last = std::move(line)});
}

void AuditLog::tell_repeated() {
  for (auto& [key, repeated] : std::exchange(repeated_, {})) {
    if (repeated.count == 0) continue;
    repeated.last.members.add_number("repeated", repeated.count);
    write(repeated.last);
  }
}

void AuditLog::drop(std::uint64_t count) {
  lines_dropped_ += count;
  untold_ += count;
}

void AuditLog::write_next() {
  if (queue_.count == 0 && (untold_ == 0 || failing_)) {
    if (on_closed_) std::exchange(on_closed_, {})();
    return;
  }
  writing_ = true;
  auto lines = std::make_shared<Lines>(std::exchange(queue_, {}));
  const auto told = untold_;
  if (told > 0) {
    AuditMembers dropped;
    dropped.add("event", "dropped").add_number("count", static_cast<std::int64_t>(told));
    lines->text.insert(0, line_of(dropped, loop_.wall_now()));
  }
  auto outcome = std::make_shared<Result<void>>();
  loop_.offload(
      [file = file_, lines, outcome] { *outcome = file->append(lines->text); },
      lifetime_.guard([this, lines, told, outcome] { on_written(*lines, told, *outcome); }));
}

void AuditLog::on_written(const Lines& lines, std::uint64_t told, const Result<void>& outcome) {
  writing_ = false;
  if (outcome) {
    if (failing_) logger_.info("the audit log is written again");
    failing_ = false;
    untold_ -= told;
    lines_written_ += lines.count;
  } else {
    if (!failing_) {
      logger_.error("cannot write the audit log, lines are dropped: " +
                    outcome.error().to_string());
    }
    failing_ = true;
    drop(lines.count);
  }
  write_next();
}

void AuditLog::close(base::Task done) {
  tell_repeated();
  on_closed_ = std::move(done);
  if (!writing_) write_next();
}

}  // namespace ottla::broker
