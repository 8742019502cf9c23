#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "base/transport.h"
#include "ottla/error.h"

namespace ottla::broker {

// Takes the answer of one request of a connection; the connection sends answers in request order.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;

  // `response` is a whole frame with its size prefix; empty if the request asked for no answer.
  virtual void on_reply(std::uint64_t request, std::vector<base::Segment> response) = 0;

  // The same, and the connection ends when it has left.
  virtual void on_last_reply(std::uint64_t request, std::vector<base::Segment> response,
                             const Error& reason) = 0;

  // The connection must end: the request can have no answer.
  virtual void on_refusal(std::uint64_t request, const Error& reason) = 0;

  // When the answer has left, no further request is taken from the client for so long.
  virtual void on_mute(std::uint64_t request, base::Duration duration) = 0;

  // The answer waits for something; `abandon` is to be called if the one who asked goes first.
  virtual void on_wait(std::uint64_t request, base::Task abandon) = 0;
};

// The right and the duty to answer one request, once. It can outlive the connection: then the
// answer goes nowhere. Loop's thread only.
class Reply {
 public:
  Reply(std::weak_ptr<ReplyTarget> target, std::uint64_t request)
      : target_(std::move(target)), request_(request), open_(true) {}
  // To a target that lives as long as this.
  explicit Reply(std::shared_ptr<ReplyTarget> target)
      : owned_(std::move(target)), target_(owned_), request_(0), open_(true) {}
  Reply(Reply&& other) noexcept
      : owned_(std::move(other.owned_)),
        target_(std::move(other.target_)),
        request_(other.request_),
        open_(std::exchange(other.open_, false)) {}
  Reply& operator=(Reply&&) = delete;

  // A handler that lets go of a request without an answer would hang its client: the connection
  // is closed instead.
  ~Reply() {
    if (open_) refuse(Error(ErrorCode::unknown_server_error, "the request was dropped"));
  }

  void send(std::vector<base::Segment> response) {
    if (!std::exchange(open_, false)) return;
    if (auto target = target_.lock()) target->on_reply(request_, std::move(response));
  }

  // An answer with which the connection ends, for `reason`.
  void send_last(std::vector<base::Segment> response, const Error& reason) {
    if (!std::exchange(open_, false)) return;
    if (auto target = target_.lock()) target->on_last_reply(request_, std::move(response), reason);
  }

  // The answer waits: `abandon` is called, once, if the connection ends before it is given, and
  // ends the waiting.
  void abandon_with(base::Task abandon) const {
    if (!open_) return;
    if (auto target = target_.lock()) target->on_wait(request_, std::move(abandon));
  }

  // Before the answer: no further request is taken from the client for so long after it (KIP-219).
  void mute(base::Duration duration) const {
    if (!open_ || duration <= base::Duration::zero()) return;
    if (auto target = target_.lock()) target->on_mute(request_, duration);
  }

  // For acks=0: the request is done, and nothing is said.
  void send_nothing() { send({}); }

  void refuse(const Error& reason) {
    if (!std::exchange(open_, false)) return;
    if (auto target = target_.lock()) target->on_refusal(request_, reason);
  }

 private:
  std::shared_ptr<ReplyTarget> owned_;
  std::weak_ptr<ReplyTarget> target_;
  std::uint64_t request_;
  bool open_;
};

}  // namespace ottla::broker
