#include "client/consumer/fetch_session.h"

#include <limits>
#include <utility>

namespace ottla::client {
namespace {

std::int32_t next_epoch(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

}  // namespace

void FetchSession::prepare(FetchDraft& draft) {
  // Sessions know topics by ids or by names, never by both.
  if (with_ids_ != draft.knows_ids()) {
    begin_anew();
    with_ids_ = draft.knows_ids();
  }
  ++request_;
  draft.session_id = id_;
  draft.session_epoch = epoch_;
  for (auto& entry : draft.entries) note(entry, draft);
  forget_others(draft);
}

void FetchSession::note(FetchDraft::Entry& entry, FetchDraft& draft) {
  const auto [at, added] = known_.try_emplace(entry.id);
  auto& known = at->second;
  const bool replaced = !added && known.topic_id != entry.topic_id;
  if (replaced) draft.forgotten.push_back({entry.id, known.topic_id});
  entry.named = added || replaced || known.offset != entry.offset ||
                known.leader_epoch != entry.leader_epoch ||
                known.last_fetched_epoch != entry.last_fetched_epoch;
  known = {.topic_id = entry.topic_id,
           .offset = entry.offset,
           .leader_epoch = entry.leader_epoch,
           .last_fetched_epoch = entry.last_fetched_epoch,
           .request = request_};
}

void FetchSession::forget_others(FetchDraft& draft) {
  if (known_.size() == draft.entries.size()) return;
  for (auto at = known_.begin(); at != known_.end();) {
    if (at->second.request == request_) {
      ++at;
      continue;
    }
    draft.forgotten.push_back({at->first, at->second.topic_id});
    at = known_.erase(at);
  }
}

void FetchSession::on_answered(const FetchDraft& draft, std::int32_t session_id) {
  refused_ = false;
  const bool goes_on = draft.incremental() && session_id == draft.session_id;
  if (session_id == 0 || (draft.incremental() && !goes_on)) {
    id_ = 0;
    return begin_anew();
  }
  id_ = session_id;
  epoch_ = next_epoch(draft.session_epoch);
}

bool FetchSession::on_refused(ErrorCode error) {
  if (error == ErrorCode::fetch_session_id_not_found) id_ = 0;
  begin_anew();
  return !std::exchange(refused_, true);
}

void FetchSession::on_lost() {
  begin_anew();
}

// With the old id, if there is one, so that the broker need not keep that session.
void FetchSession::begin_anew() {
  epoch_ = 0;
  known_.clear();
}

}  // namespace ottla::client
