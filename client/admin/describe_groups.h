#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/admin/coordinators.h"
#include "ottla/admin.h"

namespace ottla::client {

// Groups of either protocol. A coordinator answers for each by another request, and its answer to
// that for classic ones tells which are not: those are asked for by the other one then.
class DescribeGroupsCall final : public CoordinatorsCall<Result<GroupDescription>> {
 public:
  DescribeGroupsCall(Promise<GroupDescriptions> promise, const std::vector<std::string>& groups);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;
  Request ask_classic(BrokerId broker, const Keys& asked);
  Request ask_others(BrokerId broker, const Keys& asked);
  void settle_others(const Keys& asked);

  // Those that are not there as classic ones, and what was said of them.
  std::map<std::string, Error> others_;
};

}  // namespace ottla::client
