#include "broker/config/topic_config.h"

#include <algorithm>

namespace ottla::broker {
namespace {

// The value of the first broker synonym that is set, in the unit of the topic key.
std::optional<std::string> from_broker(const TopicKey& key, const BrokerConfig& config) {
  for (const auto& synonym : key.synonyms) {
    if (synonym.name.empty()) break;
    const auto set = config.explicit_values.find(synonym.name);
    if (set == config.explicit_values.end()) continue;
    if (synonym.multiplier == 1) return set->second;
    const auto number = parse_integer(synonym.name, set->second, {.type = ConfigType::int32});
    // -1 means "never" in every unit.
    if (number) return std::to_string(*number < 0 ? *number : *number * synonym.multiplier);
  }
  return std::nullopt;
}

// Reads the settings of one topic, falling back where an override cannot be read.
class Reader {
 public:
  Reader(const BrokerConfig& config, const TopicOverrides& overrides,
         std::vector<std::string>* problems)
      : config_(config), overrides_(overrides), problems_(problems) {}

  std::string text(std::string_view name) const {
    const TopicKey& key = *find_topic_key(name);
    const auto set = overrides_.find(name);
    if (set == overrides_.end()) return topic_default(key, config_);
    const auto checked = check_value(name, set->second, key.rule());
    if (checked) return std::string(trim(set->second));
    if (problems_ != nullptr) problems_->push_back(checked.error().message());
    return topic_default(key, config_);
  }

  std::int64_t integer(std::string_view name) const {
    const TopicKey& key = *find_topic_key(name);
    const auto read = parse_integer(name, text(name), key.rule());
    return read ? *read : *parse_integer(name, key.default_value, key.rule());
  }

  double number(std::string_view name) const {
    const TopicKey& key = *find_topic_key(name);
    const auto read = parse_float(name, text(name), key.rule());
    return read ? *read : *parse_float(name, key.default_value, key.rule());
  }

  bool boolean(std::string_view name) const { return parse_bool(name, text(name)).value_or(false); }

  bool is_set(std::string_view name) const { return overrides_.find(name) != overrides_.end(); }

 private:
  const BrokerConfig& config_;
  const TopicOverrides& overrides_;
  std::vector<std::string>* problems_;
};

std::optional<Compression> compression_of(std::string_view text) {
  if (text == "uncompressed") return Compression::none;
  if (text == "gzip") return Compression::gzip;
  if (text == "snappy") return Compression::snappy;
  if (text == "lz4") return Compression::lz4;
  if (text == "zstd") return Compression::zstd;
  return std::nullopt;
}

void read_compression(const Reader& read, LogConfig& log) {
  log.compression = compression_of(read.text("compression.type"));
  if (!log.compression) return;
  const auto level = [&](std::string_view key) { return static_cast<int>(read.integer(key)); };
  if (*log.compression == Compression::lz4) log.compression_level = level("compression.lz4.level");
  if (*log.compression == Compression::zstd) {
    log.compression_level = level("compression.zstd.level");
  }
  if (*log.compression == Compression::gzip && level("compression.gzip.level") > 0) {
    log.compression_level = level("compression.gzip.level");
  }
}

void read_cleanup(const Reader& read, LogConfig& log) {
  const auto policies = split_list(read.text("cleanup.policy"));
  const auto has = [&](std::string_view policy) {
    return std::find(policies.begin(), policies.end(), policy) != policies.end();
  };
  log.cleanup_compact = has("compact");
  log.cleanup_delete = has("delete");
  log.delete_retention_ms = read.integer("delete.retention.ms");
  log.min_cleanable_dirty_ratio = read.number("min.cleanable.dirty.ratio");
  log.min_compaction_lag_ms = read.integer("min.compaction.lag.ms");
  log.max_compaction_lag_ms = read.integer("max.compaction.lag.ms");
}

Durability durability_of(const BrokerConfig& config) {
  if (config.ottla_durability == "os") return Durability::os;
  if (config.ottla_durability == "memory") return Durability::memory;
  return Durability::fsync;
}

Result<void> check_one(std::string_view name, const std::string& value) {
  const TopicKey* key = find_topic_key(name);
  if (key != nullptr) {
    if (name == "compression.gzip.level" && trim(value) == "0") {
      return bad_value(name, value, "expected a whole number from 1 to 9, or -1");
    }
    return check_value(name, value, key->rule());
  }
  std::vector<std::string_view> names;
  for (const auto& row : topic_keys()) {
    if (!row.hidden) names.push_back(row.name);
  }
  return unknown_name("topic setting", name, names);
}

}  // namespace

const TopicKey* find_topic_key(std::string_view name) {
  const auto keys = topic_keys();
  const auto found =
      std::lower_bound(keys.begin(), keys.end(), name,
                       [](const TopicKey& key, std::string_view n) { return key.name < n; });
  return found != keys.end() && found->name == name ? &*found : nullptr;
}

std::pair<const TopicKey*, const TopicKeySynonym*> find_topic_key_by_synonym(
    std::string_view name) {
  for (const auto& key : topic_keys()) {
    for (const auto& synonym : key.synonyms) {
      if (!synonym.name.empty() && synonym.name == name) return {&key, &synonym};
    }
  }
  return {nullptr, nullptr};
}

std::string topic_default(const TopicKey& key, const BrokerConfig& config) {
  const auto set = from_broker(key, config);
  return set ? std::string(trim(*set)) : std::string(key.default_value);
}

Result<TopicOverrides> check_topic_overrides(
    std::span<const std::pair<std::string, std::optional<std::string>>> configs) {
  TopicOverrides overrides;
  for (const auto& [name, value] : configs) {
    if (auto checked = check_one(name, value.value_or(""));
        !checked && (value || !find_topic_key(name))) {
      return checked.error();
    }
    if (value) overrides.insert_or_assign(name, *value);
  }
  if (auto agree = check_topic_settings_agree(overrides); !agree) return agree.error();
  return overrides;
}

Result<void> check_topic_settings_agree(const TopicOverrides& overrides) {
  const BrokerConfig defaults;
  const Reader read(defaults, overrides, nullptr);
  if (read.integer("min.compaction.lag.ms") > read.integer("max.compaction.lag.ms")) {
    return bad_value(
        "min.compaction.lag.ms", read.text("min.compaction.lag.ms"),
        "expected at most max.compaction.lag.ms, which is " + read.text("max.compaction.lag.ms"));
  }
  if (read.boolean("remote.storage.enable")) {
    return bad_value("remote.storage.enable", "true", "this broker has no tiered storage");
  }
  return {};
}

TopicConfig derive_topic_config(const BrokerConfig& config, const TopicOverrides& overrides,
                                std::vector<std::string>* problems) {
  const Reader read(config, overrides, problems);
  TopicConfig topic;
  LogConfig& log = topic.log;
  log.durability = durability_of(config);
  log.segment_bytes = read.integer("segment.bytes");
  if (read.is_set("internal.segment.bytes")) {
    log.segment_bytes = read.integer("internal.segment.bytes");
  }
  log.segment_ms = read.integer("segment.ms");
  log.segment_index_bytes = read.integer("segment.index.bytes");
  log.index_interval_bytes = read.integer("index.interval.bytes");
  log.max_message_bytes = read.integer("max.message.bytes");
  log.retention_ms = read.integer("retention.ms");
  log.retention_bytes = read.integer("retention.bytes");
  if (read.is_set("flush.messages")) log.flush_messages = read.integer("flush.messages");
  if (read.is_set("flush.ms")) log.flush_ms = read.integer("flush.ms");
  log.file_delete_delay_ms = read.integer("file.delete.delay.ms");
  log.message_timestamp_before_max_ms = read.integer("message.timestamp.before.max.ms");
  log.message_timestamp_after_max_ms = read.integer("message.timestamp.after.max.ms");
  log.message_timestamp_type = read.text("message.timestamp.type") == "LogAppendTime"
                                   ? TimestampType::log_append_time
                                   : TimestampType::create_time;
  read_cleanup(read, log);
  read_compression(read, log);
  topic.min_insync_replicas = static_cast<std::int32_t>(read.integer("min.insync.replicas"));
  topic.unclean_leader_election_enable = read.boolean("unclean.leader.election.enable");
  return topic;
}

}  // namespace ottla::broker
