#include "ottla/admin.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "c/admin.h"
#include "c/call.h"
#include "c/config.h"
#include "c/structs.h"

struct ottla_topics {
  std::vector<std::string> names;
};

struct ottla_topic {
  ottla::TopicDescription topic;
};

namespace ottla::c {
namespace {

Result<NewTopic> topic_of(const ottla_new_topic& given) {
  if (given.name == nullptr) return null_error("topic.name");
  if (given.configs == nullptr && given.config_count > 0) return null_error("topic.configs");
  if (given.replication_factor < -1 || given.replication_factor > 32767) {
    return Error(ErrorCode::invalid_argument, "topic.replication_factor is " +
                                                  std::to_string(given.replication_factor) +
                                                  "; it must be from 1 to 32767, or -1");
  }
  NewTopic topic{.name = given.name,
                 .partitions = given.partitions,
                 .replication_factor = static_cast<std::int16_t>(given.replication_factor)};
  for (std::size_t i = 0; i < given.config_count; ++i) {
    const auto& config = given.configs[i];
    if (config.key == nullptr) return null_error("the key of a setting");
    if (config.value == nullptr) return null_error("the value of " + std::string(config.key));
    topic.configs[config.key] = config.value;
  }
  return topic;
}

Result<ConfigChanges> changes_of(const char* topic, const ottla_property* configs,
                                 std::size_t count) {
  if (configs == nullptr && count > 0) return null_error("configs");
  std::vector<ConfigChange> changes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [key, value] = configs[i];
    if (key == nullptr) return null_error("the key of a setting");
    if (value == nullptr) {
      changes.push_back({.name = key, .op = ConfigOp::remove});
    } else {
      changes.push_back({.name = key, .value = value});
    }
  }
  return ConfigChanges{{ConfigResource::topic(topic), std::move(changes)}};
}

const PartitionInfo* find(const ottla_topic* topic, std::int32_t partition) {
  if (topic == nullptr) return nullptr;
  for (const auto& each : topic->topic.partitions) {
    if (each.partition == partition) return &each;
  }
  return nullptr;
}

std::size_t copy_ids(const std::vector<std::int32_t>& ids, std::int32_t* out,
                     std::size_t capacity) {
  if (out != nullptr) std::copy_n(ids.begin(), std::min(capacity, ids.size()), out);
  return ids.size();
}

}  // namespace
}  // namespace ottla::c

using ottla::Admin;
using ottla::Result;
namespace c = ottla::c;

ottla_error* ottla_admin_open(const ottla_config* config, ottla_admin** admin) {
  return c::call_for(admin, "admin", [&]() -> Result<ottla_admin*> {
    if (config == nullptr) return c::null_error("config");
    auto settings = ottla::AdminConfig::from_properties(config->properties);
    if (!settings) return settings.error();
    auto opened = Admin::open(c::with_the_rest(std::move(*settings), *config));
    if (!opened) return opened.error();
    return new ottla_admin{std::move(*opened)};
  });
}

ottla_error* ottla_admin_create_topic(ottla_admin* admin, const ottla_new_topic* topic) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    const auto read =
        c::read_sized<ottla_new_topic>(topic, OTTLA_NEW_TOPIC, "topic", sizeof(ottla_new_topic));
    if (!read) return read.error();
    auto made = c::topic_of(*read);
    if (!made) return made.error();
    const ottla::CreateTopicsOptions options{.validate_only = read->validate_only != 0};
    return c::outcome_of(admin->admin.create_topics({std::move(*made)}, options).get(), read->name);
  });
}

ottla_error* ottla_admin_delete_topic(ottla_admin* admin, const char* name) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    if (name == nullptr) return c::null_error("name");
    return c::outcome_of(admin->admin.delete_topics({name}).get(), name);
  });
}

ottla_error* ottla_admin_create_partitions(ottla_admin* admin, const char* topic, int32_t count) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    if (topic == nullptr) return c::null_error("topic");
    const ottla::NewPartitions more{.topic = topic, .count = count, .replica_assignment = {}};
    return c::outcome_of(admin->admin.create_partitions({more}).get(), more.topic);
  });
}

ottla_error* ottla_admin_set_topic_configs(ottla_admin* admin, const char* topic,
                                           const ottla_property* configs, size_t count) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    if (topic == nullptr) return c::null_error("topic");
    auto changes = c::changes_of(topic, configs, count);
    if (!changes) return changes.error();
    return c::outcome_of(admin->admin.incremental_alter_configs(std::move(*changes)).get(),
                         ottla::ConfigResource::topic(topic));
  });
}

ottla_error* ottla_admin_delete_records(ottla_admin* admin, const char* topic, int32_t partition,
                                        int64_t offset, int64_t* low_watermark) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    if (topic == nullptr) return c::null_error("topic");
    const ottla::TopicPartition place{topic, partition};
    const auto deleted = admin->admin.delete_records({{place, offset}}).get();
    if (!deleted) return deleted.error();
    const auto& start = deleted->at(place);
    if (!start) return start.error();
    if (low_watermark != nullptr) *low_watermark = *start;
    return {};
  });
}

ottla_error* ottla_admin_list_topics(ottla_admin* admin, ottla_topics** topics) {
  return c::call_for(topics, "topics", [&]() -> Result<ottla_topics*> {
    if (admin == nullptr) return c::null_error("admin");
    const auto listed = admin->admin.list_topics().get();
    if (!listed) return listed.error();
    std::vector<std::string> names;
    for (const auto& each : *listed) names.push_back(each.name);
    std::sort(names.begin(), names.end());
    return new ottla_topics{std::move(names)};
  });
}

size_t ottla_topics_count(const ottla_topics* topics) {
  return topics == nullptr ? 0 : topics->names.size();
}

const char* ottla_topics_name(const ottla_topics* topics, size_t index) {
  if (topics == nullptr || index >= topics->names.size()) return nullptr;
  return topics->names[index].c_str();
}

void ottla_topics_free(ottla_topics* topics) {
  delete topics;
}

ottla_error* ottla_admin_describe_topic(ottla_admin* admin, const char* name, ottla_topic** topic) {
  return c::call_for(topic, "topic", [&]() -> Result<ottla_topic*> {
    if (admin == nullptr) return c::null_error("admin");
    if (name == nullptr) return c::null_error("name");
    auto described = admin->admin.describe_topics({name}).get();
    if (!described) return described.error();
    auto& one = described->at(name);
    if (!one) return one.error();
    return new ottla_topic{std::move(*one)};
  });
}

const char* ottla_topic_name(const ottla_topic* topic) {
  return topic == nullptr ? "" : topic->topic.name.c_str();
}

const char* ottla_topic_id(const ottla_topic* topic) {
  return topic == nullptr ? "" : topic->topic.topic_id.c_str();
}

int32_t ottla_topic_partition_count(const ottla_topic* topic) {
  return topic == nullptr ? 0 : static_cast<int32_t>(topic->topic.partitions.size());
}

int32_t ottla_topic_leader(const ottla_topic* topic, int32_t partition) {
  const auto* found = c::find(topic, partition);
  return found == nullptr ? -1 : found->leader.value_or(-1);
}

size_t ottla_topic_replicas(const ottla_topic* topic, int32_t partition, int32_t* brokers,
                            size_t capacity) {
  const auto* found = c::find(topic, partition);
  return found == nullptr ? 0 : c::copy_ids(found->replicas, brokers, capacity);
}

size_t ottla_topic_in_sync_replicas(const ottla_topic* topic, int32_t partition, int32_t* brokers,
                                    size_t capacity) {
  const auto* found = c::find(topic, partition);
  return found == nullptr ? 0 : c::copy_ids(found->in_sync_replicas, brokers, capacity);
}

void ottla_topic_free(ottla_topic* topic) {
  delete topic;
}

ottla_error* ottla_admin_close(ottla_admin* admin) {
  return c::call([&]() -> Result<void> {
    if (admin == nullptr) return c::null_error("admin");
    return admin->admin.close();
  });
}

void ottla_admin_free(ottla_admin* admin) {
  delete admin;
}
