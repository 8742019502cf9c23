#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "protocol/messages/fetch.h"

namespace ottla::simulation {

// A partition that a client wants, and what it was told of it last.
struct WantedPartition {
  std::string topic;
  protocol::Uuid topic_id;
  protocol::FetchRequest::Partition asked;
  protocol::Offset told_high_watermark = protocol::kNoOffset;
  protocol::Offset told_log_start_offset = protocol::kNoOffset;
};

struct FetchSession {
  std::int32_t id = 0;  // 0: no session, everything is asked and told each time
  std::int32_t next_epoch = 1;
  std::vector<WantedPartition> partitions;

  // Told about in full; later answers hold only what is new.
  bool told_in_full = false;
};

// The fetch session of one connection (KIP-227): a client names what changed in what it wants, a
// broker tells what changed in what it has.
class FetchSessions {
 public:
  struct Opened {
    ErrorCode error = ErrorCode::none;
    std::shared_ptr<FetchSession> session;
  };
  // What the request wants, sessions included. Without `sessions` each request stands alone.
  Opened open(const protocol::FetchRequest& request, bool sessions, base::Random& random);

 private:
  std::shared_ptr<FetchSession> current_;
};

}  // namespace ottla::simulation
