#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/update_features.h"

namespace ottla::broker {

// UpdateFeatures, v0 to v2: finalized levels, through the controller; all or none.
void handle_update_features(Services& services, Request<protocol::UpdateFeaturesRequest> request);

protocol::UpdateFeaturesResponse refusal(const protocol::UpdateFeaturesRequest& request,
                                         ErrorCode error);

}  // namespace ottla::broker
