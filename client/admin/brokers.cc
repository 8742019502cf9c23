#include "client/admin/brokers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/network/software.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/wire/api.h"

namespace ottla::client {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

// What brokers ask one another and their controllers, or asked in the days of ZooKeeper.
constexpr std::array kBetweenServers = {
    ApiKey::leader_and_isr,
    ApiKey::stop_replica,
    ApiKey::update_metadata,
    ApiKey::controlled_shutdown,
    ApiKey::vote,
    ApiKey::begin_quorum_epoch,
    ApiKey::end_quorum_epoch,
    ApiKey::alter_partition,
    ApiKey::envelope,
    ApiKey::fetch_snapshot,
    ApiKey::broker_registration,
    ApiKey::broker_heartbeat,
    ApiKey::allocate_producer_ids,
    ApiKey::controller_registration,
    ApiKey::assign_replicas_to_dirs,
    ApiKey::update_raft_voter,
};

bool for_clients(ApiKey key) {
  return std::find(kBetweenServers.begin(), kBetweenServers.end(), key) == kBetweenServers.end();
}

std::optional<std::int16_t> usable_version(const protocol::Api& api, const VersionRange& served) {
  const auto newest = std::min(api.max, served.newest);
  if (newest < std::max(api.min, served.oldest)) return std::nullopt;
  return newest;
}

std::vector<ApiSupport> support_in(const ApiVersionsResponse& response) {
  std::map<ApiKey, ApiSupport> apis;
  for (const auto& api : protocol::kApis) {
    if (for_clients(api.key)) apis[api.key] = {.key = api.key, .name = std::string(api.name)};
  }
  for (const auto& told : response.api_keys) {
    auto& support = apis[told.api_key];
    support.key = told.api_key;
    support.versions = VersionRange{told.min_version, told.max_version};
    if (const auto* api = protocol::find_api(told.api_key)) {
      support.name = api->name;
      support.usable = usable_version(*api, *support.versions);
    }
  }
  std::vector<ApiSupport> sorted;
  sorted.reserve(apis.size());
  for (auto& [key, support] : apis) sorted.push_back(std::move(support));
  return sorted;
}

std::optional<std::int64_t> unless_negative(std::int64_t bytes) {
  return bytes < 0 ? std::nullopt : std::optional(bytes);
}

LogDirDescription description_of(const DescribeLogDirsResponse::LogDir& told) {
  LogDirDescription description{.total_bytes = unless_negative(told.total_bytes),
                                .usable_bytes = unless_negative(told.usable_bytes),
                                .cordoned = told.is_cordoned};
  if (told.error_code != ErrorCode::none) description.error = Error(told.error_code);
  for (const auto& topic : told.topics) {
    for (const auto& each : topic.partitions) {
      description.replicas[{std::string(topic.name), each.partition_index}] = {
          .size = each.partition_size, .offset_lag = each.offset_lag, .future = each.is_future_key};
    }
  }
  return description;
}

}  // namespace

Request DescribeBrokerApisCall::ask(BrokerId broker) {
  auto make = [](std::int16_t) {
    return ApiVersionsRequest{.client_software_name = kSoftwareName,
                              .client_software_version = kSoftwareVersion};
  };
  auto done = [this](Result<Response<ApiVersionsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto code = response->message.error_code;
    if (code != ErrorCode::none) return on_broker_failure(Error(code));
    take_answer(support_in(response->message));
  };
  return make_request<ApiVersionsRequest>(broker, std::move(make), std::move(done));
}

Request DescribeLogDirsCall::ask(BrokerId broker) {
  auto make = [](std::int16_t) { return DescribeLogDirsRequest{}; };
  auto done = [this](Result<Response<DescribeLogDirsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto code = response->message.error_code;
    if (code != ErrorCode::none) return on_broker_failure(Error(code));
    std::map<std::string, LogDirDescription> described;
    for (const auto& told : response->message.results) {
      described[std::string(told.log_dir)] = description_of(told);
    }
    // Before version 3 this is how a broker says that it will not tell.
    if (described.empty()) {
      return on_broker_failure(Error(ErrorCode::cluster_authorization_failed));
    }
    take_answer(std::move(described));
  };
  return make_request<DescribeLogDirsRequest>(broker, std::move(make), std::move(done));
}

}  // namespace ottla::client
