#include "client/admin/configs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace ottla {

std::string to_string(const ConfigResource& resource) {
  if (resource.type == ConfigResourceType::topic) return "topic " + resource.name;
  return resource.name.empty() ? "all brokers" : "broker " + resource.name;
}

}  // namespace ottla

namespace ottla::client {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

std::optional<std::int32_t> parse_id(const std::string& text) {
  std::int32_t id = -1;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = status == std::errc() && end == text.data() + text.size();
  return whole && id >= 0 ? std::optional(id) : std::nullopt;
}

protocol::ConfigResourceType to_wire(ConfigResourceType type) {
  return static_cast<protocol::ConfigResourceType>(type);
}

template <class Answer>
std::optional<ConfigResource> resource_of(const Answer& answer) {
  return ConfigResource{static_cast<ConfigResourceType>(answer.resource_type),
                        std::string(answer.resource_name)};
}

std::optional<std::string> text_of(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

ConfigSource source_of(protocol::ConfigSource source) {
  const auto known = static_cast<ConfigSource>(source);
  return known >= ConfigSource::unknown && known <= ConfigSource::defaults ? known
                                                                           : ConfigSource::unknown;
}

ConfigEntry entry_of(const DescribeConfigsResponse::Config& config) {
  ConfigEntry entry{.name = std::string(config.name),
                    .value = text_of(config.value),
                    .source = source_of(config.config_source),
                    .read_only = config.read_only,
                    .sensitive = config.is_sensitive,
                    .synonyms = {}};
  for (const auto& synonym : config.synonyms) {
    entry.synonyms.push_back(
        {std::string(synonym.name), text_of(synonym.value), source_of(synonym.source)});
  }
  return entry;
}

std::vector<ConfigEntry> entries_of(const DescribeConfigsResponse::Resource& resource) {
  std::vector<ConfigEntry> entries;
  entries.reserve(resource.configs.size());
  for (const auto& config : resource.configs) entries.push_back(entry_of(config));
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace

template <class Outcome>
void ConfigsCall<Outcome>::add(const ConfigResource& resource) {
  const bool is_topic = resource.type == ConfigResourceType::topic;
  if (is_topic && resource.name.empty()) {
    this->settle(resource, Error(ErrorCode::invalid_topic_exception, "the topic has no name"));
  } else if (!is_topic && !resource.name.empty() && !parse_id(resource.name)) {
    this->settle(resource, Error(ErrorCode::invalid_argument,
                                 "'" + resource.name + "' is not the id of a broker"));
  } else {
    this->add_pending(resource);
  }
}

template <class Outcome>
typename ConfigsCall<Outcome>::Resources ConfigsCall<Outcome>::next_resources() const {
  Resources resources;
  for (const auto& resource : this->pending()) {
    if (broker_of(resource) == next_broker()) resources.insert(resource);
  }
  return resources;
}

template <class Outcome>
BrokerId ConfigsCall<Outcome>::broker_of(const ConfigResource& resource) {
  if (resource.type != ConfigResourceType::broker) return kAnyBroker;
  const auto id = parse_id(resource.name);
  return id ? BrokerId(*id) : kAnyBroker;
}

template <class Outcome>
template <class Answer, class OutcomeOf>
void ConfigsCall<Outcome>::take_answers(const std::vector<Answer>& answers, OutcomeOf outcome_of) {
  const auto take = [&](const ConfigResource& resource,
                        const Answer& answer) -> std::optional<Error> {
    if (answer.error_code == ErrorCode::none) {
      this->settle(resource, outcome_of(answer));
      return std::nullopt;
    }
    auto error = about(
        resource, Error(answer.error_code, text_of(answer.error_message).value_or(std::string())));
    if (may_change(answer.error_code)) return error;
    this->settle(resource, std::move(error));
    return std::nullopt;
  };
  const auto asked = next_resources();
  if (this->take_each(asked, answers, resource_of<Answer>, take)) this->set_progress();
}

template <class Outcome>
Error ConfigsCall<Outcome>::about(const ConfigResource& resource, const Error& error) const {
  auto context = error.context();
  if (resource.type == ConfigResourceType::topic) context.topic = resource.name;
  return {error.code(), error.message(), std::move(context)};
}

DescribeConfigsCall::DescribeConfigsCall(Promise<ConfigDescriptions> promise,
                                         const std::vector<ConfigResource>& resources,
                                         bool include_synonyms)
    : ConfigsCall(std::move(promise)), include_synonyms_(include_synonyms) {
  for (const auto& resource : resources) add(resource);
  answer_if_settled();
}

Request DescribeConfigsCall::next_request(BrokerId, std::int32_t) {
  auto make = [this](std::int16_t) {
    DescribeConfigsRequest request;
    request.include_synonyms = include_synonyms_;
    for (const auto& resource : next_resources()) {
      // The name lives in the call.
      const auto& name = pending().find(resource)->name;
      request.resources.push_back({to_wire(resource.type), name, std::nullopt});
    }
    return request;
  };
  auto done = [this](Result<Response<DescribeConfigsResponse>> response) {
    if (!response) return on_failure(response.error());
    take_answers(response->message.results, [](const auto& answer) { return entries_of(answer); });
  };
  return make_request<DescribeConfigsRequest>(next_broker(), std::move(make), std::move(done));
}

AlterConfigsCall::AlterConfigsCall(Promise<ConfigOutcomes> promise, ConfigChanges changes,
                                   bool validate_only)
    : ConfigsCall(std::move(promise)), changes_(std::move(changes)), validate_only_(validate_only) {
  for (const auto& [resource, unused] : changes_) add(resource);
  answer_if_settled();
}

Request AlterConfigsCall::next_request(BrokerId, std::int32_t) {
  auto make = [this](std::int16_t) {
    IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only_;
    for (const auto& resource : next_resources()) {
      const auto& [known, changes] = *changes_.find(resource);
      auto& asked = request.resources.emplace_back();
      asked.resource_type = to_wire(known.type);
      asked.resource_name = known.name;
      for (const auto& change : changes) {
        auto& config = asked.configs.emplace_back();
        config.name = change.name;
        config.config_operation = static_cast<protocol::AlterConfigOp>(change.op);
        if (change.op != ConfigOp::remove) config.value = change.value;
      }
    }
    return request;
  };
  auto done = [this](Result<Response<IncrementalAlterConfigsResponse>> response) {
    if (!response) return on_failure(response.error());
    take_answers(response->message.responses, [](const auto&) { return std::nullopt; });
  };
  return make_request<IncrementalAlterConfigsRequest>(next_broker(), std::move(make),
                                                      std::move(done));
}

}  // namespace ottla::client
