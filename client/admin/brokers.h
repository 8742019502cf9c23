#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/admin/brokers_call.h"
#include "ottla/admin.h"

namespace ottla::client {

// By ApiVersions, which a connection has begun with already: brokers may change under it.
class DescribeBrokerApisCall final : public BrokersCall<Result<std::vector<ApiSupport>>> {
 public:
  using BrokersCall::BrokersCall;

 private:
  Request ask(BrokerId broker) override;
};

class DescribeLogDirsCall final
    : public BrokersCall<Result<std::map<std::string, LogDirDescription>>> {
 public:
  DescribeLogDirsCall(Promise<DescribedLogDirs> promise, const std::vector<std::int32_t>& brokers)
      : BrokersCall(std::move(promise)) {
    ask_only(brokers);
  }

 private:
  Request ask(BrokerId broker) override;
};

}  // namespace ottla::client
