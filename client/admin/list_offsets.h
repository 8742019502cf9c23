#pragma once

#include <map>

#include "client/admin/leaders.h"
#include "ottla/admin.h"

namespace ottla::client {

class ListOffsetsCall final : public LeadersCall<Result<ListedOffset>> {
 public:
  ListOffsetsCall(Promise<ListedOffsets> promise, std::map<TopicPartition, OffsetSpec> wanted,
                  IsolationLevel isolation_level);

 private:
  Request ask(BrokerId broker, std::int32_t timeout_ms) override;
  void on_failure(const Keys& asked, const Error& error);

  const std::map<TopicPartition, OffsetSpec> wanted_;
  const IsolationLevel isolation_level_;
};

}  // namespace ottla::client
