#pragma once

#include <string>
#include <vector>

#include "client/admin/admin_call.h"
#include "ottla/admin.h"
#include "protocol/messages/metadata.h"

namespace ottla::client {

// Makes no topics, where the version lets it say so.
protocol::MetadataRequest metadata_request_for(std::int16_t version);

// As users see it; empty if the broker is older than topic ids.
std::string id_text(const protocol::Uuid& id);

class ListTopicsCall final : public AdminCallFor<std::vector<TopicListing>> {
 public:
  ListTopicsCall(Promise<std::vector<TopicListing>> promise, bool list_internal)
      : AdminCallFor(std::move(promise)), list_internal_(list_internal) {}

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  void take(const protocol::MetadataResponse& response);

  const bool list_internal_;
};

// By DescribeCluster; by Metadata of brokers that do not serve that (older than Kafka 2.8), which
// know of no fenced brokers.
class DescribeClusterCall final : public AdminCallFor<ClusterDescription> {
 public:
  DescribeClusterCall(Promise<ClusterDescription> promise, bool include_fenced)
      : AdminCallFor(std::move(promise)), include_fenced_(include_fenced) {}

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  Request metadata_request(BrokerId broker);
  void on_refusal(const Error& error);

  const bool include_fenced_;
  bool by_metadata_ = false;
};

}  // namespace ottla::client
