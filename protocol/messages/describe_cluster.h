#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/wire/codec.h"

// DescribeCluster (key 60): the brokers, or the controllers, of the cluster (KIP-700).
// v1 endpoint type (KIP-919) · v2 fenced brokers (KIP-1073)
namespace ottla::protocol {

enum class EndpointType : std::int8_t { brokers = 1, controllers = 2 };

struct DescribeClusterResponse {
  static constexpr Api api = *find_api(ApiKey::describe_cluster);
  static constexpr Side side = Side::response;

  struct Broker {
    BrokerId broker_id;
    std::string_view host;
    std::int32_t port = 0;
    std::optional<std::string_view> rack;
    bool is_fenced = false;

    bool operator==(const Broker&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("brokerId", m.broker_id);
      w("host", m.host);
      w("port", m.port);
      w("rack", m.rack);
      w.require_since(2)("isFenced", m.is_fenced);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string_view> error_message;
  EndpointType endpoint_type = EndpointType::brokers;
  std::string_view cluster_id;
  BrokerId controller_id = kNoBroker;
  std::vector<Broker> brokers;
  std::int32_t cluster_authorized_operations = kNoAuthorizedOperations;

  bool operator==(const DescribeClusterResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("errorCode", m.error_code);
    w("errorMessage", m.error_message);
    w.require_since(1)("endpointType", m.endpoint_type);
    w("clusterId", m.cluster_id);
    w("controllerId", m.controller_id);
    w("brokers", m.brokers);
    w("clusterAuthorizedOperations", m.cluster_authorized_operations);
  }
};

struct DescribeClusterRequest {
  static constexpr Api api = *find_api(ApiKey::describe_cluster);
  static constexpr Side side = Side::request;
  using Response = DescribeClusterResponse;

  bool include_cluster_authorized_operations = false;
  EndpointType endpoint_type = EndpointType::brokers;
  bool include_fenced_brokers = false;

  bool operator==(const DescribeClusterRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("includeClusterAuthorizedOperations", m.include_cluster_authorized_operations);
    w.require_since(1)("endpointType", m.endpoint_type);
    w.require_since(2)("includeFencedBrokers", m.include_fenced_brokers);
  }
};

extern template struct Codec<DescribeClusterRequest>;
extern template struct Codec<DescribeClusterResponse>;

}  // namespace ottla::protocol
