#pragma once

#include <algorithm>
#include <cstdint>

#include "broker/handlers/guards.h"
#include "broker/handlers/request.h"
#include "broker/metadata/partition_placement.h"

namespace ottla::broker {

// Charges the sender for the partitions that each part of a request makes or deletes. From
// `strict_since` on, what the quota of now does not allow is taken out of the request and answered
// throttling_quota_exceeded (KIP-599); before, it is carried out, and the client waits afterwards.
// What the controller refuses in any case (`partitions_of` gives 0, or too many) costs nothing.
template <class M, class PartsOf, class PartitionsOf>
void charge_mutations(Request<M>& request, std::int16_t strict_since, PartsOf parts_of,
                      PartitionsOf partitions_of) {
  auto& context = request.context;
  if (context.quotas == nullptr || !context.quotas->has(QuotaKind::mutation)) return;
  const bool strict = context.version() >= strict_since;
  const auto may_pass = [&](const auto& part) {
    const std::int64_t partitions = partitions_of(part);
    if (partitions <= 0 || partitions > kMaxPartitionsPerRequest) return true;
    const auto wait = context.quotas->charge_mutations(context.quota_client(),
                                                       static_cast<double>(partitions), strict);
    context.throttle = std::max(context.throttle, wait);
    return !strict || wait <= base::Duration::zero();
  };
  guards::refuse_parts(request, parts_of, may_pass, ErrorCode::throttling_quota_exceeded);
}

}  // namespace ottla::broker
