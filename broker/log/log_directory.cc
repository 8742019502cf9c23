#include "broker/log/log_directory.h"

#include <charconv>
#include <string>
#include <utility>

#include "broker/log/file_names.h"

namespace ottla::broker {
namespace {

// An id that Kafka takes: no reserved one, and no text that begins with a dash.
protocol::Uuid random_id(base::Random& random) {
  for (;;) {
    const auto made = random.uuid();
    const protocol::Uuid id{made.high, made.low};
    if (made.high != 0 && id.to_string().front() != '-') return id;
  }
}

// The number behind "brokerEpoch": in the mark; older Kafkas leave it empty.
std::int64_t broker_epoch_in(BytesView text) {
  constexpr BytesView key = "\"brokerEpoch\":";
  auto at = text.find(key);
  if (at == BytesView::npos) return -1;
  at = text.find_first_not_of(' ', at + key.size());
  if (at == BytesView::npos) return -1;
  std::int64_t epoch = -1;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), epoch);
  return error == std::errc() ? epoch : -1;
}

}  // namespace

Result<std::unique_ptr<LogDirectory>> LogDirectory::open(std::shared_ptr<base::Directory> directory,
                                                         const Options& options,
                                                         base::Random& random) {
  auto lock = directory->lock(kLockFile);
  if (!lock) {
    const auto& error = lock.error();
    if (error.code() != ErrorCode::already_in_use) return error;
    return Error(error.code(),
                 "the data directory " + directory->path() +
                     " is in use by another broker; stop that one, or choose another log.dirs",
                 error.context());
  }
  std::unique_ptr<LogDirectory> made(new LogDirectory(std::move(directory), std::move(*lock)));
  if (auto done = made->read_or_write_meta(options, random); !done) return done.error();
  if (auto done = made->take_clean_mark(); !done) return done.error();
  return made;
}

Result<void> LogDirectory::read_or_write_meta(const Options& options, base::Random& random) {
  const auto where = directory_->path() + "/" + std::string(kMetaProperties);
  if (!directory_->exists(kMetaProperties)) {
    meta_.cluster_id =
        options.cluster_id.empty() ? random_id(random).to_string() : options.cluster_id;
    meta_.node_id = options.node_id;
    meta_.directory_id = random_id(random);
    return directory_->replace_file(kMetaProperties, meta_.to_text());
  }
  auto text = directory_->read_file(kMetaProperties, 64 << 10);
  if (!text) return text.error();
  auto parsed = MetaProperties::parse(*text);
  if (!parsed) return Error(parsed.error().code(), parsed.error().message(), {.file = where});
  if (parsed->node_id != options.node_id) {
    return Error(ErrorCode::invalid_config,
                 "the directory belongs to node.id " + std::to_string(parsed->node_id.value) +
                     ", not to " + std::to_string(options.node_id.value),
                 {.file = where});
  }
  if (!options.cluster_id.empty() && parsed->cluster_id != options.cluster_id) {
    return Error(
        ErrorCode::inconsistent_cluster_id,
        "the directory belongs to cluster " + parsed->cluster_id + ", not to " + options.cluster_id,
        {.file = where});
  }
  meta_ = std::move(*parsed);
  if (!meta_.directory_id.is_zero()) return {};
  meta_.directory_id = random_id(random);
  return directory_->replace_file(kMetaProperties, meta_.to_text());
}

Result<void> LogDirectory::take_clean_mark() {
  if (!directory_->exists(kCleanShutdownFile)) return {};
  auto text = directory_->read_file(kCleanShutdownFile, 64 << 10);
  if (!text) return text.error();
  was_clean_ = true;
  previous_broker_epoch_ = broker_epoch_in(*text);
  if (auto removed = directory_->remove(kCleanShutdownFile); !removed) return removed;
  return directory_->sync();
}

std::optional<OffsetCheckpoint> LogDirectory::read_checkpoint(std::string_view name,
                                                              const base::Logger& logger) {
  if (!directory_->exists(name)) return OffsetCheckpoint();
  auto text = directory_->read_file(name);
  auto parsed = text ? parse_offset_checkpoint(*text) : Result<OffsetCheckpoint>(text.error());
  if (parsed) return std::move(*parsed);
  logger.warn(directory_->path() + "/" + std::string(name) +
              " is not used: " + parsed.error().message());
  return {};
}

Result<void> LogDirectory::write_checkpoint(std::string_view name,
                                            const OffsetCheckpoint& checkpoint) {
  return directory_->replace_file(name, offset_checkpoint_text(checkpoint));
}

Result<void> LogDirectory::write_clean_mark(std::int64_t broker_epoch) {
  return directory_->replace_file(
      kCleanShutdownFile, "{\"version\":0,\"brokerEpoch\":" + std::to_string(broker_epoch) + "}");
}

}  // namespace ottla::broker
