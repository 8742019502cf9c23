#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "client/admin/leaders.h"
#include "ottla/admin.h"

namespace ottla::client {

class DeleteRecordsCall final : public LeadersCall<Result<std::int64_t>> {
 public:
  DeleteRecordsCall(Promise<DeletedRecords> promise, std::map<TopicPartition, std::int64_t> before);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;

  const std::map<TopicPartition, std::int64_t> before_;
};

}  // namespace ottla::client
