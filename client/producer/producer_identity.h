#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "client/network/backoff.h"
#include "ottla/result.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/types.h"

namespace ottla::client {

// Gets the id under which an idempotent producer writes. A request manager. Loop thread.
class ProducerIdentity {
 public:
  ProducerIdentity(Backoff retry, std::uint64_t seed) : retry_(retry), random_(seed) {}

  struct Identity {
    protocol::ProducerId id = protocol::kNoProducerId;
    protocol::ProducerEpoch epoch = protocol::kNoProducerEpoch;
  };

  // None while there is none.
  const std::optional<Identity>& identity() const { return identity_; }

  // Why there never will be one.
  const std::optional<Error>& fatal_error() const { return fatal_error_; }

  // Some partition has used up the epochs of this id: the next `poll` asks for another.
  void renew(protocol::ProducerId used_up);

  struct Poll {
    bool request = false;  // ask now, without a transactional id
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now);

  void on_response(const Result<protocol::InitProducerIdResponse>& response, base::TimePoint now);

 private:
  const Backoff retry_;
  base::Random random_;
  std::optional<Identity> identity_;
  std::optional<Error> fatal_error_;
  bool in_flight_ = false;
  std::uint32_t failures_ = 0;
  base::TimePoint not_before_ = base::TimePoint::min();
};

}  // namespace ottla::client
