#include <algorithm>
#include <map>
#include <utility>

#include "broker/config/topic_config.h"
#include "broker/metadata/cluster_requests.h"
#include "broker/metadata/features.h"

namespace ottla::broker {
namespace {

constexpr std::string_view kEligibleLeaders = "eligible.leader.replicas.version";
constexpr std::string_view kMinInSync = "min.insync.replicas";
// The level of metadata.version that has eligible leaders in partitions (4.0-IV1).
constexpr std::int16_t kKnowsEligibleLeaders = 23;

Error refused(const FeatureUpdate& update, const std::string& why) {
  return Error(ErrorCode::invalid_update_version, "level " + std::to_string(update.level) + " of " +
                                                      update.name + " cannot be had: " + why);
}

// Whether there are records, or fields of them, at `above` that are not there at `below`: Apache
// Kafka's versions 3.7-IV2, 4.0-IV1 and 4.3-IV0 brought some.
bool metadata_would_be_lost(std::int16_t above, std::int16_t below) {
  constexpr std::int16_t kChanges[] = {17, 23, 30};
  return std::any_of(std::begin(kChanges), std::end(kChanges),
                     [&](std::int16_t level) { return below < level && level <= above; });
}

class FeatureUpdates {
 public:
  FeatureUpdates(const MetadataImage& image, const BrokerConfig& config)
      : image_(image), config_(config) {}

  Decision<ClusterResult> decide(const std::vector<FeatureUpdate>& updates) {
    auto proposed = image_.features();
    for (const auto& update : updates) proposed[update.name] = update.level;
    for (const auto& update : updates) {
      if (auto checked = check(update, proposed); !checked) {
        decision_.records.clear();
        decision_.results.push_back({checked});
        return std::move(decision_);
      }
      if (update.level == image_.feature(update.name)) continue;
      // The level of a feature whose records nobody reads yet comes before them.
      decision_.records.push_back(
          FeatureLevelRecord{.name = update.name, .feature_level = update.level});
      if (update.name == kEligibleLeaders && update.level > 0) keep_min_in_sync();
    }
    decision_.results.push_back({{}});
    return std::move(decision_);
  }

 private:
  using Levels = std::map<std::string, std::int16_t, std::less<>>;

  Result<void> check(const FeatureUpdate& update, const Levels& proposed) const {
    const auto now = image_.feature(update.name);
    if (update.type < UpgradeType::upgrade || update.type > UpgradeType::unsafe_downgrade) {
      return refused(update, "this kind of change is not known");
    }
    if (update.level < 0) return refused(update, "a level is not below zero");
    const auto known = find_supported_feature(update.name);
    if (!known) return refused(update, "this broker does not know the feature");
    if (update.level != 0 && (update.level < known->min || update.level > known->max)) {
      return refused(update, "this broker knows " + std::to_string(known->min) + " to " +
                                 std::to_string(known->max));
    }
    if (update.level < now && update.type == UpgradeType::upgrade) {
      return refused(update, "it is " + std::to_string(now) +
                                 "; to go back must be asked for, as a safe or unsafe downgrade");
    }
    if (update.level > now && update.type != UpgradeType::upgrade) {
      return refused(update, "it is " + std::to_string(now) + ", so that this is no downgrade");
    }
    return check_rules(update, now, proposed);
  }

  static Result<void> check_rules(const FeatureUpdate& update, std::int16_t now,
                                  const Levels& proposed) {
    if (update.name == kMetadataVersion) {
      if (update.level == 0) return refused(update, "every cluster has one");
      if (update.level < now && metadata_would_be_lost(now, update.level)) {
        return refused(update, "metadata that it cannot hold would be lost");
      }
    }
    if (update.name == "kraft.version" && update.level != now) {
      return refused(update, "it stays what the directory was formatted with");
    }
    const auto version = proposed.find(kMetadataVersion);
    if (update.name == kEligibleLeaders && update.level > 0 &&
        (version == proposed.end() || version->second < kKnowsEligibleLeaders)) {
      return refused(update, "it needs metadata.version " + std::to_string(kKnowsEligibleLeaders));
    }
    return {};
  }

  // With eligible leaders the least number of replicas in sync is one thing for all brokers: a
  // setting of the cluster, and of no single broker (KIP-966).
  void keep_min_in_sync() {
    if (!image_.configs({ConfigResourceType::broker, ""}).contains(kMinInSync)) {
      const auto& value =
          decision_.made.emplace_back(topic_default(*find_topic_key(kMinInSync), config_));
      add_config("", value);
    }
    for (const auto& [resource, configs] : image_.state().other_configs) {
      const bool of_one = resource.type == ConfigResourceType::broker && !resource.name.empty();
      if (of_one && configs.contains(kMinInSync)) add_config(resource.name, std::nullopt);
    }
  }

  void add_config(std::string_view broker, std::optional<std::string_view> value) {
    ConfigRecord record;
    record.resource_type = static_cast<std::int8_t>(ConfigResourceType::broker);
    record.resource_name = broker;
    record.name = kMinInSync;
    record.value = value;
    decision_.records.push_back(record);
  }

  const MetadataImage& image_;
  const BrokerConfig& config_;
  Decision<ClusterResult> decision_;
};

}  // namespace

Decision<ClusterResult> decide_update_features(const std::vector<FeatureUpdate>& updates,
                                               const MetadataImage& image,
                                               const BrokerConfig& config) {
  return FeatureUpdates(image, config).decide(updates);
}

}  // namespace ottla::broker
