#pragma once

#include <string>

#include "base/task.h"
#include "ottla/result.h"
#include "protocol/types.h"

namespace ottla::broker {

// The log `__cluster_metadata-0` as its leader, the Controller, sees it. On the controller's loop.
class MetadataLog {
 public:
  virtual ~MetadataLog() = default;

  // Where the next batch begins.
  virtual protocol::Offset log_end_offset() const = 0;

  // Appends a whole, sealed batch, stamping log_end_offset() and `epoch` into it. An error means
  // that nothing was appended; whether it is durable, `when_durable` tells.
  virtual Result<void> append(std::string batch, protocol::LeaderEpoch epoch) = 0;

  // Calls back, later and in the order of the calls, once everything below log_end_offset() is on
  // stable storage (as far as the broker's durability promises), or with kafka_storage_error if
  // that failed: then nothing that was not yet durable ever will be. Not called if the log is
  // destroyed before.
  using Done = base::UniqueFunction<void(Result<void>)>;
  virtual void when_durable(Done done) = 0;

  // Finishes the files as a clean shutdown must; everything appended was durable before. The last
  // call.
  virtual void close(Done done) = 0;
};

}  // namespace ottla::broker
