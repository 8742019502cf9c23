#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "broker/log/file_names.h"
#include "broker/log/meta_properties.h"
#include "broker/log/offset_checkpoint.h"
#include "broker/metadata/metadata_loader.h"
#include "tools/offline/check.h"

namespace ottla::tools {
namespace {

using broker::OffsetCheckpoint;

constexpr std::string_view kBootstrapCheckpoint = "bootstrap.checkpoint";

std::optional<broker::Offset> offset_in(const OffsetCheckpoint& checkpoint,
                                        const TopicPartition& partition) {
  const auto found = checkpoint.find(partition);
  if (found == checkpoint.end()) return {};
  return found->second;
}

class DirectoryCheck {
 public:
  explicit DirectoryCheck(std::shared_ptr<base::Directory> root) : root_(std::move(root)) {}

  Result<CheckReport> run() {
    std::unique_ptr<base::DirectoryLock> lock;
    if (root_->exists(broker::kLockFile)) {
      auto taken = root_->lock(broker::kLockFile);
      if (!taken && taken.error().code() == ErrorCode::already_in_use) {
        return Error(ErrorCode::already_in_use,
                     "a broker holds " + root_->path() + "; stop it first");
      }
      if (!taken) return taken.error();
      lock = std::move(*taken);
    }
    report_.clean = root_->exists(broker::kCleanShutdownFile);
    for (const auto step :
         {&DirectoryCheck::check_meta_properties, &DirectoryCheck::read_checkpoints,
          &DirectoryCheck::read_metadata, &DirectoryCheck::check_entries}) {
      if (auto done = (this->*step)(); !done) return done.error();
    }
    return std::move(report_);
  }

 private:
  std::string path(std::string_view name) const { return root_->path() + "/" + std::string(name); }

  void defect(std::string_view name, std::string what) {
    report_.add(path(name), -1, std::move(what));
  }

  Result<void> check_meta_properties() {
    if (!root_->exists(broker::kMetaProperties)) {
      defect(broker::kMetaProperties, "the file is missing");
      return {};
    }
    const auto text = root_->read_file(broker::kMetaProperties);
    if (!text) return text.error();
    const auto meta = broker::MetaProperties::parse(*text);
    if (meta) {
      directory_id_ = meta->directory_id;
    } else {
      report_.add(path(broker::kMetaProperties), meta.error());
    }
    return {};
  }

  Result<void> read_checkpoints() {
    for (auto& [name, checkpoint] : checkpoints_) {
      if (!root_->exists(name)) continue;
      const auto text = root_->read_file(name);
      if (!text) return text.error();
      // Apache Kafka makes it with the directory, and writes it when it has compacted something.
      if (text->empty() && name == broker::kCleanerCheckpoint) continue;
      auto parsed = broker::parse_offset_checkpoint(*text);
      if (parsed) {
        checkpoint = std::move(*parsed);
      } else {
        report_.add(path(name), parsed.error());
      }
    }
    return {};
  }

  Result<void> read_metadata() {
    if (!root_->exists(broker::kMetadataLogDirectory)) return {};
    const base::Logger silent([](LogLevel, std::string_view, std::string_view) {}, LogLevel::error,
                              "metadata");
    auto loaded = broker::load_metadata(*root_, silent);
    if (loaded) {
      image_ = loaded->image;
      return {};
    }
    if (loaded.error().code() == ErrorCode::io_error) return loaded.error();
    const auto& context = loaded.error().context();
    report_.add(context.file.empty() ? path(broker::kMetadataLogDirectory) : context.file, -1,
                loaded.error().message() +
                    (context.offset < 0 ? "" : " at offset " + std::to_string(context.offset)));
    return {};
  }

  Result<void> check_entries() {
    auto entries = root_->list();
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
      if (!entry.is_directory) {
        check_root_file(entry.name);
        continue;
      }
      const auto name = broker::parse_log_directory_name(entry.name);
      using Kind = broker::LogDirectoryName::Kind;
      if (name.kind == Kind::unknown) {
        defect(entry.name, "the name of a directory that is no log: Apache Kafka does not start");
      } else if (name.kind == Kind::future) {
        defect(entry.name, "left by a move between log directories");
      } else if (name.kind == Kind::log) {
        if (auto checked = check_log(entry.name, name.partition); !checked) return checked;
      }
    }
    return {};
  }

  void check_root_file(const std::string& name) {
    if (name.ends_with(broker::kTmpSuffix)) return defect(name, "left by a crash");
    const std::array known = {broker::kLockFile, broker::kMetaProperties,
                              broker::kCleanShutdownFile, kBootstrapCheckpoint};
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const auto checkpoint = std::find_if(checkpoints_.begin(), checkpoints_.end(),
                                         [&](const auto& each) { return each.first == name; });
    if (checkpoint == checkpoints_.end()) defect(name, "no file of a broker has such a name");
  }

  Result<void> check_log(const std::string& name, const TopicPartition& partition) {
    auto directory = root_->open_directory(name);
    if (!directory) return directory.error();
    LogFacts facts;
    facts.clean = report_.clean;
    facts.metadata = name == broker::kMetadataLogDirectory;
    if (facts.metadata) {
      facts.topic_id = broker::kMetadataTopicId;
      facts.may_have_gaps = false;
    } else {
      facts.recovery_point = offset_in(checkpoints_[0].second, partition);
      facts.log_start = offset_in(checkpoints_[1].second, partition);
      facts.high_watermark = offset_in(checkpoints_[2].second, partition);
      facts.cleaned_until = offset_in(checkpoints_[3].second, partition);
      add_metadata(name, partition, facts);
    }
    return check_log_directory(**directory, facts, report_);
  }

  // What the metadata says of a partition, where it is in this directory.
  void add_metadata(const std::string& name, const TopicPartition& partition, LogFacts& facts) {
    if (!image_) return;
    const auto* topic = image_->find_topic(std::string_view(partition.topic));
    const auto* found = topic == nullptr ? nullptr : topic->find(partition.partition);
    if (found == nullptr) {
      // After a crash it may be on its way out.
      if (facts.clean) defect(name, "the metadata knows no such partition");
      return;
    }
    const auto& in = found->directories;
    // Kafka's reserved ids (unassigned, lost, migrating) name no directory.
    const bool named =
        std::any_of(in.begin(), in.end(), [](const auto& id) { return id.high != 0; });
    if (named && !directory_id_.is_zero() &&
        std::find(in.begin(), in.end(), directory_id_) == in.end()) {
      defect(name, "by the metadata it is in another directory than " + directory_id_.to_string());
    }
    facts.topic_id = topic->id;
    facts.leader_epoch = found->leader_epoch;
    const auto& configs = image_->topic_configs(partition.topic);
    const auto policy = configs.find("cleanup.policy");
    facts.may_have_gaps =
        policy != configs.end() && policy->second.find("compact") != std::string::npos;
  }

  const std::shared_ptr<base::Directory> root_;
  CheckReport report_;
  std::array<std::pair<std::string_view, OffsetCheckpoint>, 4> checkpoints_{
      {{broker::kRecoveryPointCheckpoint, {}},
       {broker::kLogStartCheckpoint, {}},
       {broker::kHighWatermarkCheckpoint, {}},
       {broker::kCleanerCheckpoint, {}}}};
  protocol::Uuid directory_id_;                         // zero if it is not known
  std::shared_ptr<const broker::MetadataImage> image_;  // null if it is not here, or damaged
};

}  // namespace

std::string Defect::to_string() const {
  return file + ": " + (position < 0 ? "" : "byte " + std::to_string(position) + ": ") + what;
}

Result<CheckReport> check_data_directory(std::shared_ptr<base::Directory> root) {
  return DirectoryCheck(std::move(root)).run();
}

}  // namespace ottla::tools
