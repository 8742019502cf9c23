#pragma once

#include <cstdint>
#include <unordered_map>

#include "client/consumer/fetch_draft.h"
#include "ottla/error_code.h"

namespace ottla::client {

// What one broker remembers of what this client fetches (KIP-227), so that a request names only
// what is new or has changed, and an answer only what is new. A broker that keeps no sessions is
// told all, each time. Loop thread.
class FetchSession {
 public:
  // Fills in what the draft, which is about to leave, says of the session.
  void prepare(FetchDraft& draft);

  // The draft was answered without an error, with this session.
  void on_answered(const FetchDraft& draft, std::int32_t session_id);

  // The broker has refused it for its session. True if it is to be sent again at once, with all it
  // wants; not for ever.
  bool on_refused(ErrorCode error);

  // Nobody knows whether it arrived.
  void on_lost();

  static bool is_session_error(ErrorCode error) {
    return error == ErrorCode::fetch_session_id_not_found ||
           error == ErrorCode::invalid_fetch_session_epoch ||
           error == ErrorCode::fetch_session_topic_id_error;
  }

 private:
  // What the broker was told last of a partition.
  struct Known {
    protocol::Uuid topic_id;
    protocol::Offset offset;
    protocol::LeaderEpoch leader_epoch;
    protocol::LeaderEpoch last_fetched_epoch;
    std::uint64_t request = 0;  // the last that wanted it
  };
  void note(FetchDraft::Entry& entry, FetchDraft& draft);
  void forget_others(FetchDraft& draft);
  void begin_anew();

  std::int32_t id_ = 0;     // 0: none
  std::int32_t epoch_ = 0;  // of the next request; 0: it tells all and asks for a session
  bool with_ids_ = false;
  bool refused_ = false;  // the last one was
  std::uint64_t request_ = 0;
  std::unordered_map<TopicPartition, Known> known_;
};

}  // namespace ottla::client
