#include "broker/handlers/describe_cluster.h"

#include "broker/handlers/access.h"

namespace ottla::broker {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;
using protocol::EndpointType;

DescribeClusterResponse refusal(const DescribeClusterRequest& request, ErrorCode error) {
  DescribeClusterResponse response;
  response.error_code = error;
  response.endpoint_type = request.endpoint_type;
  return response;
}

void handle_describe_cluster(Services& services, Request<DescribeClusterRequest> request) {
  const auto& message = request.message;
  if (message.endpoint_type != EndpointType::brokers) {
    const auto error = message.endpoint_type == EndpointType::controllers
                           ? ErrorCode::mismatched_endpoint_type
                           : ErrorCode::unsupported_endpoint_type;
    return request.answer(refusal(message, error));
  }
  const auto own = services.advertised(request.context);
  DescribeClusterResponse response;
  response.cluster_id = services.image().cluster_id();
  response.controller_id = services.self();
  auto& broker = response.brokers.emplace_back();
  broker.broker_id = services.self();
  broker.host = own.host;
  broker.port = own.port;
  if (services.config.broker_rack) broker.rack = *services.config.broker_rack;
  if (message.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = Access(services, request.context).cluster_operations();
  }
  request.answer(response);
}

}  // namespace ottla::broker
