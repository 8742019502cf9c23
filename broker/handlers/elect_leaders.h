#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/elect_leaders.h"

namespace ottla::broker {

// ElectLeaders, v0 to v2, through the controller. Where this broker is alone, only partitions that
// have no leader can get one.
void handle_elect_leaders(Services& services, Request<protocol::ElectLeadersRequest> request);

protocol::ElectLeadersResponse refusal(const protocol::ElectLeadersRequest& request,
                                       ErrorCode error);

}  // namespace ottla::broker
