#include <string>

#include "broker/metadata/cluster_requests.h"

namespace ottla::broker {

Decision<ClusterResult> decide_unregister_broker(BrokerId broker, const MetadataImage& image,
                                                 BrokerId self) {
  Decision<ClusterResult> decision;
  const auto* registered = image.find_broker(broker);
  const auto id = std::to_string(broker.value);
  if (registered == nullptr) {
    decision.results.push_back(
        {Error(ErrorCode::broker_id_not_registered, "there is no broker " + id)});
  } else if (broker == self) {
    decision.results.push_back(
        {Error(ErrorCode::invalid_request, "broker " + id + " is the one that serves")});
  } else {
    decision.records.push_back(
        UnregisterBrokerRecord{.broker_id = broker, .broker_epoch = registered->epoch});
    decision.results.push_back({{}});
  }
  return decision;
}

}  // namespace ottla::broker
